import { isDeepStrictEqual } from 'node:util';
import type { Diagnostic } from '../model/diagnostic.ts';
import type { ObjectEvent } from '../model/events.ts';
import {
  type ConfigMap,
  type EndpointSet,
  type Ingress,
  type IngressClass,
  type Key,
  type Kind,
  type KubeObject,
  keyOf,
  type Namespace,
  nameKey,
  type ObjectRef,
  refText,
  type Secret,
  type Service,
} from '../model/objects.ts';
import type { Snapshot } from '../model/snapshot.ts';

/** Holds all facts: what the sources said last. */
export interface Store {
  /** Takes one event in. False when it says nothing new; an object that is equal to the one before leaves that one in place. */
  readonly apply: (event: ObjectEvent) => boolean;
  /** All facts of this moment. Cheap: what did not change is shared with the snapshot before. */
  readonly snapshot: () => Snapshot;
  /** Whether every kind has been delivered once. */
  readonly isSynced: () => boolean;
  /** Counts the events that said something new. */
  readonly revision: number;
  /** What the sources complain about, sorted by place and object. */
  readonly diagnostics: () => readonly Diagnostic[];
}

interface StoreOptions {
  /** The kinds that have to be delivered before the store counts as synced. */
  readonly kinds: readonly Kind[];
  /** The clock, in milliseconds since 1970. */
  readonly now: () => number;
}

/** Makes an empty store. */
export function createStore(options: StoreOptions): Store {
  const tables = createTables();
  const complaints = new Map<string, readonly Diagnostic[]>();
  const missing = new Set(options.kinds);
  let revision = 0;
  const applyDiagnostics = (part: string, list: readonly Diagnostic[]): boolean => {
    if (isDeepStrictEqual(complaints.get(part) ?? [], list)) return false;
    if (list.length === 0) complaints.delete(part);
    else complaints.set(part, list);
    return true;
  };
  const change = (event: ObjectEvent): boolean => {
    switch (event.type) {
      case 'upsert':
        return tables.upsert(event.object);
      case 'delete':
        return tables.remove(event.kind, keyOfRef(event.kind, event.ref));
      case 'diagnostics':
        return applyDiagnostics(event.part, event.diagnostics);
      case 'synced':
        return missing.delete(event.kind);
    }
  };
  return {
    apply: (event) => {
      const changed = change(event);
      if (changed) revision += 1;
      return changed;
    },
    snapshot: () => ({ revision, now: options.now(), ...tables.share() }),
    isSynced: () => missing.size === 0,
    get revision() {
      return revision;
    },
    diagnostics: () => [...complaints.values()].flat().sort(compareDiagnostics),
  };
}

function keyOfRef(kind: Kind, ref: ObjectRef): Key {
  const key = nameKey(ref.namespace, ref.name);
  return kind === 'EndpointSet' ? `${ref.kind}/${key}` : key;
}

/** One map for each kind. A map that was handed out is copied before its next change. */
function createTables() {
  const tables = {
    Ingress: createTable<Ingress>(),
    IngressClass: createTable<IngressClass>(),
    Service: createTable<Service>(),
    EndpointSet: createTable<EndpointSet>(),
    Secret: createTable<Secret>(),
    ConfigMap: createTable<ConfigMap>(),
    Namespace: createTable<Namespace>(),
  } as const satisfies Record<Kind, unknown>;
  return {
    upsert: (object: KubeObject): boolean => {
      // The table of a kind holds objects of that kind, which TypeScript cannot follow through the index.
      const table = tables[object.kind] as Table<KubeObject>;
      return table.upsert(keyOf(object), object);
    },
    remove: (kind: Kind, key: Key): boolean => tables[kind].remove(key),
    share: () => ({
      ingresses: tables.Ingress.share(),
      ingressClasses: tables.IngressClass.share(),
      services: tables.Service.share(),
      endpoints: tables.EndpointSet.share(),
      secrets: tables.Secret.share(),
      configMaps: tables.ConfigMap.share(),
      namespaces: tables.Namespace.share(),
    }),
  };
}

interface Table<T> {
  readonly upsert: (key: Key, object: T) => boolean;
  readonly remove: (key: Key) => boolean;
  readonly share: () => ReadonlyMap<Key, T>;
}

function createTable<T>(): Table<T> {
  let map = new Map<Key, T>();
  let shared = false;
  const own = (): Map<Key, T> => {
    if (shared) map = new Map(map);
    shared = false;
    return map;
  };
  return {
    upsert: (key, object) => {
      const before = map.get(key);
      if (before !== undefined && isDeepStrictEqual(before, object)) return false;
      own().set(key, object);
      return true;
    },
    remove: (key) => map.has(key) && own().delete(key),
    share: () => {
      shared = true;
      return map;
    },
  };
}

/** The order in which complaints are shown: by place, those without place last, then by object and field. */
export function compareDiagnostics(a: Diagnostic, b: Diagnostic): number {
  return (
    Number(a.at === undefined) - Number(b.at === undefined) ||
    compareText(a.at?.file ?? '', b.at?.file ?? '') ||
    (a.at?.line ?? 0) - (b.at?.line ?? 0) ||
    (a.at?.column ?? 0) - (b.at?.column ?? 0) ||
    compareText(refText(a.object), refText(b.object)) ||
    compareText(a.field, b.field) ||
    compareText(a.code, b.code) ||
    compareText(a.message, b.message)
  );
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
