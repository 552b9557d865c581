import type { Sink } from '../model/events.ts';
import type { Key } from '../model/objects.ts';
import { createBackoff, type Timing } from '../model/timing.ts';
import type { KubeApi } from './kube-api.ts';
import { listAll } from './kube-list.ts';
import { createDelivery, type Delivery } from './kube-objects.ts';
import { isOlder, type RawObject, readRaw } from './kube-raw.ts';
import type { RawHandler, Scope } from './kube-reflector.ts';
import { collectionPath, objectPath } from './kube-resources.ts';

export interface ReferencedOptions {
  readonly api: KubeApi;
  readonly scope: Scope;
  readonly sink: Sink;
  readonly timing: Timing;
}

/** Handles a kind of which only the objects that something refers to are kept. */
export interface ReferencedKind extends RawHandler {
  /**
   * Says which objects are wanted from now on. Resolves when each that exists has been delivered, or the first try to read it
   * has failed; it is then tried again, and arrives as an event.
   */
  readonly setReferenced: (keys: ReadonlySet<Key>) => Promise<void>;
  readonly stop: () => void;
}

interface State extends ReferencedOptions {
  readonly delivery: Delivery;
  /** Every object that exists, with the version that was heard of last. */
  readonly versions: Map<Key, string>;
  /** What was delivered, with its version. */
  readonly held: Map<Key, string>;
  /** Reads on their way. */
  readonly reading: Map<Key, Promise<void>>;
  readonly signal: AbortSignal;
  wanted: ReadonlySet<Key>;
}

/** From so many missing objects on, the whole collection is read instead of each of them: one request for 500. */
const manyMissing = 32;
const notFound = 404;

/**
 * Lists bring names and versions only, so that the data of unrelated Secrets never reaches this process; watches bring whole
 * objects, of which the wanted ones are delivered at once; what is wanted and was not yet seen is read.
 */
export function createReferencedKind(options: ReferencedOptions): ReferencedKind {
  const stop = new AbortController();
  const delivery = createDelivery(options.scope.resource, options.sink);
  const state: State = {
    ...options,
    delivery,
    versions: new Map(),
    held: new Map(),
    reading: new Map(),
    signal: stop.signal,
    wanted: new Set(),
  };
  /** Found while a list arrives, read when it is complete. */
  let stale: Key[] = [];
  return {
    seen(object, from) {
      state.versions.set(object.key, object.resourceVersion);
      if (!state.wanted.has(object.key)) return;
      if (from === 'watch') take(state, object);
      else if (state.held.get(object.key) !== object.resourceVersion) stale.push(object.key);
    },
    gone: (key) => forget(state, key),
    listed(keys) {
      for (const key of state.versions.keys()) if (!keys.has(key)) forget(state, key);
      void read(state, stale);
      stale = [];
    },
    setReferenced(keys) {
      state.wanted = keys;
      for (const key of state.held.keys()) if (!keys.has(key)) drop(state, key);
      const missing = [...keys].filter((key) => state.versions.has(key) && !state.held.has(key));
      return read(state, missing);
    },
    stop: () => stop.abort(),
  };
}

/** Delivers an object, unless it is no longer wanted, is gone, or a newer version is here already. */
function take(state: State, object: RawObject): void {
  const { key, resourceVersion } = object;
  const held = state.held.get(key);
  if (!state.wanted.has(key) || !state.versions.has(key) || (held !== undefined && isOlder(resourceVersion, held))) return;
  state.held.set(key, resourceVersion);
  state.delivery.deliver(object);
}

function drop(state: State, key: Key): void {
  state.held.delete(key);
  state.delivery.withdraw(key);
}

function forget(state: State, key: Key): void {
  state.versions.delete(key);
  drop(state, key);
}

/** Reads objects that nobody reads yet, and waits for those that somebody does. */
async function read(state: State, keys: readonly Key[]): Promise<void> {
  const fresh = keys.filter((key) => !state.reading.has(key));
  const first = attempt(state, fresh).then((failed) => {
    for (const key of fresh) state.reading.delete(key);
    if (failed.length > 0) void retry(state, failed);
  });
  for (const key of fresh) state.reading.set(key, first);
  await Promise.all(new Set(keys.map((key) => state.reading.get(key))));
}

async function retry(state: State, failed: readonly Key[]): Promise<void> {
  const backoff = createBackoff(state.timing);
  for (let left = failed; left.length > 0; left = await attempt(state, left)) {
    await state.timing.wait(backoff.next(), state.signal);
    left = left.filter((key) => isMissing(state, key));
  }
}

/** Gives back the keys that could not be read. */
async function attempt(state: State, keys: readonly Key[]): Promise<readonly Key[]> {
  if (keys.length >= manyMissing) return (await readAll(state)) ? [] : keys;
  const done = await Promise.all(keys.map((key) => readOne(state, key)));
  return keys.filter((_key, index) => !done[index]);
}

/** Whether what is held of a wanted object is not what was heard of last. */
function isMissing(state: State, key: Key): boolean {
  const version = state.versions.get(key);
  return !state.signal.aborted && state.wanted.has(key) && version !== undefined && state.held.get(key) !== version;
}

async function readOne(state: State, key: Key): Promise<boolean> {
  const [namespace = '', name = ''] = key.split('/');
  const path = objectPath(state.scope.resource, namespace, name);
  try {
    const answer = await state.api.request({ method: 'GET', path, limitMs: 5_000, signal: state.signal });
    const object = answer.status === 200 ? readRaw(answer.body) : undefined;
    if (object) take(state, object);
    return object !== undefined || answer.status === notFound;
  } catch {
    return false;
  }
}

async function readAll(state: State): Promise<boolean> {
  const { resource, namespace } = state.scope;
  const query = resource.fieldSelector === undefined ? {} : { fieldSelector: resource.fieldSelector };
  const request = { api: state.api, path: collectionPath(resource, namespace), query, signal: state.signal };
  try {
    return (await listAll({ ...request, onObject: (object) => take(state, object) })).ok;
  } catch {
    return false;
  }
}
