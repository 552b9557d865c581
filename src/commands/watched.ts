import type { RoutingFlags } from '../flags/routing-flags.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import { type Key, type KubeObject, nameKey, refOf } from '../model/objects.ts';
import type { Snapshot } from '../model/snapshot.ts';
import type { Pinned } from '../sources/kube-namespaces.ts';
import { type LabelSelector, parseLabelSelector } from '../sources/kube-selector.ts';
import type { Store } from '../sources/store.ts';

/** What manifests say, as far as it is to be served. */
export interface Facts {
  readonly snapshot: Snapshot;
  readonly diagnostics: readonly Diagnostic[];
}

/** The objects that flags about routing name: they are followed whatever namespaces are watched. */
export function pinnedObjects(flags: Partial<RoutingFlags>): readonly Pinned[] {
  const { defaultBackendService, defaultSslCertificate, configmap, tcpServicesConfigmap, udpServicesConfigmap } = flags;
  const configMaps = [configmap, tcpServicesConfigmap, udpServicesConfigmap].filter((one) => one !== undefined);
  return [
    ...(defaultBackendService ? [{ kind: 'Service' as const, ...defaultBackendService }] : []),
    ...(defaultSslCertificate ? [{ kind: 'Secret' as const, ...defaultSslCertificate }] : []),
    ...configMaps.map((one) => ({ kind: 'ConfigMap' as const, ...one })),
  ];
}

/** Reads `--watch-namespace-selector`. Throws with a sentence for people when it cannot be read. */
export function namespaceSelector({ watchNamespaceSelector: selector }: Partial<RoutingFlags>): LabelSelector | undefined {
  const parsed = selector === undefined ? undefined : parseLabelSelector(selector);
  if (parsed && !parsed.ok) throw new Error(`--watch-namespace-selector: ${parsed.message}`);
  return parsed?.matches;
}

/** Reads a store of manifests, without what lies in namespaces that are not watched. Throws as `namespaceSelector` does. */
export function createFacts(options: Partial<RoutingFlags>): (store: Store) => Facts {
  const { watchNamespace } = options;
  const selector = namespaceSelector(options);
  const pinned = new Set(pinnedObjects(options).map((one) => `${one.kind} ${nameKey(one.namespace, one.name)}`));
  return (store) => {
    const [snapshot, diagnostics] = [store.snapshot(), store.diagnostics()];
    if (watchNamespace === undefined && !selector) return { snapshot, diagnostics };
    const isWatched = (namespace: string) =>
      namespace === '' || namespace === watchNamespace || selector?.(namespaceLabels(snapshot, namespace)) === true;
    const isPinned = (kind: string, namespace: string, name: string) => pinned.has(`${kind} ${nameKey(namespace, name)}`);
    return {
      snapshot: watchedSnapshot(snapshot, (object) => {
        const { kind, namespace, name } = object.kind === 'EndpointSet' ? serviceOf(object) : refOf(object);
        return isWatched(namespace) || isPinned(kind, namespace, name);
      }),
      diagnostics: diagnostics.filter(({ object }) => isWatched(object.namespace) || isPinned(object.kind, object.namespace, object.name)),
    };
  };
}

/** A Service that is followed brings its endpoints along. */
function serviceOf({ metadata, serviceName }: Extract<KubeObject, { readonly kind: 'EndpointSet' }>) {
  return { kind: 'Service', namespace: metadata.namespace, name: serviceName };
}

/** A cluster labels each namespace with its name (Kubernetes: "Well-Known Labels"), and a namespace need not be among the manifests. */
function namespaceLabels({ namespaces }: Snapshot, name: string): Readonly<Record<string, string>> {
  return { ...namespaces.get(nameKey('', name))?.metadata.labels, 'kubernetes.io/metadata.name': name };
}

function watchedSnapshot(snapshot: Snapshot, isWatched: (object: KubeObject) => boolean): Snapshot {
  const watched = <T extends KubeObject>(objects: ReadonlyMap<Key, T>): ReadonlyMap<Key, T> =>
    new Map([...objects].filter(([, object]) => isWatched(object)));
  return {
    ...snapshot,
    ingresses: watched(snapshot.ingresses),
    services: watched(snapshot.services),
    endpoints: watched(snapshot.endpoints),
    secrets: watched(snapshot.secrets),
    configMaps: watched(snapshot.configMaps),
  };
}
