import type { Sink } from '../model/events.ts';
import type { Key, Kind } from '../model/objects.ts';
import type { Timing } from '../model/timing.ts';
import type { KubeApi } from './kube-api.ts';
import { createNamespaceFilter, type Pinned } from './kube-namespaces.ts';
import { createWholeKind } from './kube-objects.ts';
import { createReferencedKind, type ReferencedKind } from './kube-referenced.ts';
import { type Reflector, type Scope, startReflector, type Trouble } from './kube-reflector.ts';
import { type Resource, resources } from './kube-resources.ts';
import type { LabelSelector } from './kube-selector.ts';
import { realTiming } from './kube-timing.ts';

export interface KubeOptions {
  readonly api: KubeApi;
  readonly sink: Sink;
  /** Only objects of this namespace are read. Namespaces themselves are not, as the right to do so is the cluster's to give. */
  readonly watchNamespace?: string;
  /** Only objects of namespaces with these labels are passed on; not together with `watchNamespace`. */
  readonly namespaceSelector?: LabelSelector;
  /** Objects that are followed wherever they are, such as the Service whose address is published. */
  readonly pinned?: readonly Pinned[];
  /** Told when a kind cannot be read, and when it can again: once for each change. */
  readonly onTrouble?: (trouble: Trouble) => void;
  readonly timing?: Timing;
}

/** Keys of the Secrets and ConfigMaps that the present facts refer to. */
export interface References {
  readonly secrets: ReadonlySet<Key>;
  readonly configMaps: ReadonlySet<Key>;
}

/** How the connection to the cluster is doing, by kind (`Ingress`, `EndpointSlice`, …). */
export type KubeHealth = Readonly<Record<string, { readonly synced: boolean; readonly trouble?: string }>>;

/** Objects of a cluster on their way into a sink. */
export interface Kube {
  /**
   * Says which Secrets and ConfigMaps are wanted; all others are not delivered. To be called before each build: it resolves when
   * those that are new have been delivered, so that no build complains about what is only on its way. It never rejects.
   */
  readonly setReferenced: (references: References) => Promise<void>;
  readonly health: () => KubeHealth;
  readonly stop: () => Promise<void>;
}

/** Follows all kinds that Gatehouse reads. Never gives up and never throws: what goes wrong is told through `onTrouble`. */
export function startKube(options: KubeOptions): Kube {
  const { namespaceSelector, pinned = [] } = options;
  const sink = namespaceSelector ? createNamespaceFilter(namespaceSelector, pinned, options.sink) : options.sink;
  const parts = scopesOf(options);
  const pending = new Map<Kind, number>();
  for (const { resource } of parts) pending.set(resource.kind, (pending.get(resource.kind) ?? 0) + 1);
  const onSynced = (kind: Kind): void => {
    const left = (pending.get(kind) ?? 0) - 1;
    pending.set(kind, left);
    if (left === 0) sink({ type: 'synced', kind });
  };
  const started = parts.map((scope) => startPart(options, scope, sink, onSynced));
  if (!pending.has('Namespace')) sink({ type: 'synced', kind: 'Namespace' });
  return {
    setReferenced: async (references) => {
      const keysOf = (kind: Kind) => (kind === 'Secret' ? references.secrets : references.configMaps);
      await Promise.all(started.map((part) => part.referenced?.setReferenced(keysOf(part.resource.kind))));
    },
    health: () => healthOf(started),
    stop: async () => {
      for (const part of started) part.referenced?.stop();
      await Promise.all(started.map((part) => part.reflector.stop()));
    },
  };
}

interface Part {
  readonly resource: Resource;
  readonly reflector: Reflector;
  readonly referenced?: ReferencedKind;
}

function startPart(options: KubeOptions, scope: Scope, sink: Sink, onSynced: (kind: Kind) => void): Part {
  const { api, timing = realTiming } = options;
  const { resource } = scope;
  const referenced = resource.onlyReferenced ? createReferencedKind({ api, scope, sink, timing }) : undefined;
  const reflector = startReflector({
    api,
    scope,
    timing,
    handler: referenced ?? createWholeKind(resource, sink),
    onSynced: () => onSynced(resource.kind),
    onTrouble: options.onTrouble ?? (() => undefined),
  });
  return { resource, reflector, ...(referenced ? { referenced } : {}) };
}

/** One reflector for each kind, and one for each pinned object that those do not reach. */
function scopesOf({ watchNamespace, pinned = [] }: KubeOptions): readonly Scope[] {
  if (watchNamespace === undefined) return resources.map((resource) => ({ resource }));
  const inside = resources
    .filter((resource) => resource.kind !== 'Namespace')
    .map((resource) => ({ resource, ...(resource.namespaced ? { namespace: watchNamespace } : {}) }));
  const outside = pinned
    .filter((one) => one.namespace !== watchNamespace)
    .flatMap(({ kind, namespace, name }) =>
      resources.filter((resource) => resource.kind === kind).map((resource) => ({ resource, namespace, name })),
    );
  return [...inside, ...outside];
}

function healthOf(parts: readonly Part[]): KubeHealth {
  const health: Record<string, { synced: boolean; trouble?: string }> = {};
  for (const { resource, reflector } of parts) {
    const one = reflector.health();
    const before = health[resource.apiKind];
    health[resource.apiKind] = { ...before, ...one, synced: one.synced && (before?.synced ?? true) };
  }
  return health;
}
