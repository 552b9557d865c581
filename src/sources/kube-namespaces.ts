import type { ObjectEvent, Sink } from '../model/events.ts';
import { type Key, type Kind, keyOf, nameKey } from '../model/objects.ts';
import type { LabelSelector } from './kube-selector.ts';

/** An object that is followed whatever its namespace: one that a flag names. */
export interface Pinned {
  readonly kind: Kind;
  readonly namespace: string;
  readonly name: string;
}

/** What the sink was told, or will be told when the namespace is selected: the latest event of each object, the latest complaint of each part. */
type Held = Map<string, ObjectEvent>;

/**
 * Passes on only the objects of namespaces whose labels match. All others are remembered, so that a namespace that is relabelled
 * brings or takes its objects at once; ingress-nginx notices only when one of them changes. No kind counts as synced before
 * the namespaces are known.
 */
export function createNamespaceFilter(matches: LabelSelector, pinned: readonly Pinned[], sink: Sink): Sink {
  const selected = new Set<string>();
  const held = new Map<string, Held>();
  const always = new Set(pinned.map((one) => `${one.kind} ${nameKey(one.namespace, one.name)}`));
  const onSynced = syncedAfterNamespaces(sink);
  const onNamespace = (name: string, isSelected: boolean): void => {
    if (isSelected === selected.has(name)) return;
    if (isSelected) selected.add(name);
    else selected.delete(name);
    for (const event of held.get(name)?.values() ?? []) if (!always.has(nameOf(event))) sink(isSelected ? event : opposite(event));
  };
  return (event) => {
    if (event.type === 'synced') return onSynced(event.kind);
    if (event.type === 'upsert' && event.object.kind === 'Namespace')
      onNamespace(event.object.metadata.name, matches(event.object.metadata.labels));
    if (event.type === 'delete' && event.kind === 'Namespace') onNamespace(event.ref.name, false);
    const namespace = namespaceOf(event);
    if (namespace === '') return sink(event);
    remember(held, namespace, event);
    if (selected.has(namespace) || always.has(nameOf(event))) sink(event);
  };
}

/** Passes `synced` on, but not before that of Namespace. */
function syncedAfterNamespaces(sink: Sink): (kind: Kind) => void {
  let waiting: Kind[] | undefined = [];
  return (kind) => {
    if (kind !== 'Namespace' && waiting) {
      waiting.push(kind);
      return;
    }
    sink({ type: 'synced', kind });
    if (kind !== 'Namespace') return;
    for (const one of waiting ?? []) sink({ type: 'synced', kind: one });
    waiting = undefined;
  };
}

/** `Service shop/web`, for an event that is about one object. */
function nameOf(event: ObjectEvent): string {
  if (event.type === 'upsert') return `${event.object.kind} ${nameKey(event.object.metadata.namespace, event.object.metadata.name)}`;
  if (event.type === 'delete') return `${event.kind} ${nameKey(event.ref.namespace, event.ref.name)}`;
  return event.type === 'diagnostics' ? event.part : '';
}

/** The namespace an event is about; empty for objects of the cluster. */
function namespaceOf(event: ObjectEvent): string {
  switch (event.type) {
    case 'upsert':
      return event.object.metadata.namespace;
    case 'delete':
      return event.ref.namespace;
    case 'diagnostics':
      return /^\S+ ([^/]+)\//.exec(event.part)?.[1] ?? '';
    case 'synced':
      return '';
  }
}

function remember(held: Map<string, Held>, namespace: string, event: ObjectEvent): void {
  const objects = held.get(namespace) ?? new Map<Key, ObjectEvent>();
  const key = heldKey(event);
  if (event.type === 'delete' || (event.type === 'diagnostics' && event.diagnostics.length === 0)) objects.delete(key);
  else objects.set(key, event);
  if (objects.size > 0) held.set(namespace, objects);
  else held.delete(namespace);
}

function heldKey(event: ObjectEvent): string {
  if (event.type === 'upsert') return `${event.object.kind} ${keyOf(event.object)}`;
  if (event.type === 'diagnostics') return `complaint ${event.part}`;
  if (event.type === 'synced') return '';
  const key = nameKey(event.ref.namespace, event.ref.name);
  return `${event.kind} ${event.kind === 'EndpointSet' ? `${event.ref.kind}/${key}` : key}`;
}

function opposite(event: ObjectEvent): ObjectEvent {
  if (event.type === 'diagnostics') return { ...event, diagnostics: [] };
  if (event.type !== 'upsert') return event;
  const { object } = event;
  const kind = object.kind === 'EndpointSet' ? object.apiKind : object.kind;
  return { type: 'delete', kind: object.kind, ref: { kind, namespace: object.metadata.namespace, name: object.metadata.name } };
}
