/** Any JSON object. */
export type Json = Readonly<Record<string, unknown>>;

export interface StoredEvent {
  readonly version: number;
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly object: Json;
}

/** The objects and the history of an API server in a test. Collections are named by the plural of their kind. */
export interface TestbedStore {
  /** Creates or replaces an object; gives back its resource version. */
  put(plural: string, object: Json): number;
  remove(plural: string, namespace: string, name: string): void;
  at(plural: string, namespace: string, name: string): Json | undefined;
  all(plural: string): readonly Json[];
  version(): number;
  /** Forgets the history, as compaction does. */
  compact(): void;
  /** What happened after a version; undefined when that is forgotten. */
  since(plural: string, version: number): readonly StoredEvent[] | undefined;
  onEvent(listener: (plural: string, event: StoredEvent) => void): void;
  /** POST, PUT, PATCH (merge) or DELETE as an API server does it; a number is the status of a refusal. */
  write(
    method: string,
    target: { readonly plural: string; readonly namespace: string; readonly name: string; readonly subresource?: string | undefined },
    body: Json,
  ): Json | number;
}

type Listener = (plural: string, event: StoredEvent) => void;

/** Makes an empty one. */
export function createTestbedStore(): TestbedStore {
  const collections = new Map<string, Map<string, Json>>();
  const history = createHistory();
  const collection = (plural: string): Map<string, Json> => {
    const found = collections.get(plural) ?? new Map<string, Json>();
    collections.set(plural, found);
    return found;
  };
  const save = (plural: string, object: Json): Json => {
    const key = keyOf(object);
    const stored = history.record(plural, collection(plural).has(key) ? 'MODIFIED' : 'ADDED', object);
    collection(plural).set(key, stored);
    return stored;
  };
  const at = (plural: string, namespace: string, name: string): Json | undefined => collection(plural).get(`${namespace}/${name}`);
  const remove = (plural: string, namespace: string, name: string): void => {
    const object = at(plural, namespace, name);
    if (object && collection(plural).delete(`${namespace}/${name}`)) history.record(plural, 'DELETED', object);
  };
  return {
    put(plural, object) {
      save(plural, object);
      return history.version();
    },
    remove,
    at,
    all: (plural) => [...collection(plural).values()],
    version: history.version,
    compact: history.compact,
    since: history.since,
    onEvent: history.onEvent,
    write: (method, target, body) => write({ at, save, remove }, method, target, body),
  };
}

function createHistory() {
  const entries: { plural: string; event: StoredEvent }[] = [];
  const listeners: Listener[] = [];
  let version = 100;
  let forgotten = 0;
  return {
    record(plural: string, type: StoredEvent['type'], object: Json): Json {
      version += 1;
      const stored = { ...object, metadata: { ...(object['metadata'] as Json), resourceVersion: String(version) } };
      const event = { version, type, object: stored };
      entries.push({ plural, event });
      for (const listener of listeners) listener(plural, event);
      return stored;
    },
    version: () => version,
    compact() {
      forgotten = version;
      entries.length = 0;
    },
    since(plural: string, from: number) {
      if (from < forgotten) return undefined;
      return entries.filter((entry) => entry.plural === plural && entry.event.version > from).map((entry) => entry.event);
    },
    onEvent: (listener: Listener) => void listeners.push(listener),
  };
}

interface Writer extends Pick<TestbedStore, 'at' | 'remove'> {
  readonly save: (plural: string, object: Json) => Json;
}

function write(writer: Writer, method: string, target: Parameters<TestbedStore['write']>[1], body: Json): Json | number {
  const { plural, namespace, name, subresource } = target;
  if (method === 'POST') {
    const named = { ...body, metadata: { ...(body['metadata'] as Json), namespace } };
    const taken = writer.at(plural, namespace, String((body['metadata'] as Json)['name']));
    return taken ? 409 : writer.save(plural, named);
  }
  const before = writer.at(plural, namespace, name);
  if (!before) return 404;
  if (method === 'DELETE') {
    writer.remove(plural, namespace, name);
    return before;
  }
  if (isConflict(before, body)) return 409;
  if (subresource !== undefined) return writer.save(plural, { ...before, [subresource]: body[subresource] });
  return writer.save(plural, method === 'PUT' ? body : (merge(before, body) as Json));
}

function isConflict(before: Json, body: Json): boolean {
  const wanted = (body['metadata'] as Json | undefined)?.['resourceVersion'];
  return wanted !== undefined && wanted !== (before['metadata'] as Json)['resourceVersion'];
}

function keyOf(object: Json): string {
  const { namespace = '', name } = object['metadata'] as Json;
  return `${namespace}/${name}`;
}

/** RFC 7396. */
function merge(target: unknown, patch: unknown): unknown {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch;
  const result: Record<string, unknown> = { ...(typeof target === 'object' && target !== null ? target : {}) };
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else result[key] = merge(result[key], value);
  }
  return result;
}
