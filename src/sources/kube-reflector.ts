import type { Key } from '../model/objects.ts';
import { createBackoff, type Timing } from '../model/timing.ts';
import type { KubeApi } from './kube-api.ts';
import { listAll } from './kube-list.ts';
import type { RawObject } from './kube-raw.ts';
import { collectionPath, type Resource } from './kube-resources.ts';
import { type Change, type WatchEnd, watchOnce } from './kube-watch.ts';

/** Takes what a reflector reads. */
export interface RawHandler {
  /** `list`: of kinds that are kept only when referenced, nothing but `metadata` is there. */
  readonly seen: (object: RawObject, from: 'list' | 'watch') => void;
  readonly gone: (key: Key) => void;
  /** A whole list has been seen: what is not among these keys exists no more. */
  readonly listed: (keys: ReadonlySet<Key>) => void;
}

/** Which objects of a kind are followed. */
export interface Scope {
  readonly resource: Resource;
  /** Absent: all namespaces. */
  readonly namespace?: string;
  /** Only the object of this name. */
  readonly name?: string;
}

export interface ReflectorOptions {
  readonly api: KubeApi;
  readonly scope: Scope;
  readonly handler: RawHandler;
  readonly timing: Timing;
  /** The first list is complete, or the kind is optional and may not be read. Called once. */
  readonly onSynced: () => void;
  /** Told when requests begin to fail, and when they succeed again (`message` is absent). */
  readonly onTrouble: (trouble: Trouble) => void;
}

export interface Trouble {
  readonly scope: Scope;
  /** Absent: all is well again. */
  readonly message?: string;
  /** 0 when there was no answer at all. */
  readonly status?: number;
}

/** How one reflector is doing. */
export interface ReflectorHealth {
  readonly synced: boolean;
  /** What fails at the moment. */
  readonly trouble?: string;
}

export interface Reflector {
  readonly health: () => ReflectorHealth;
  /** Resolves when the last request is over. */
  readonly stop: () => Promise<void>;
}

interface State extends ReflectorOptions {
  readonly signal: AbortSignal;
  /** Undefined: the collection has to be listed. */
  version: string | undefined;
  /** Refused watches in a row. */
  refusals: number;
  synced: boolean;
  trouble: string | undefined;
}

/** What a step could not do. */
interface Failure {
  readonly message: string;
  readonly status: number;
}

const forbidden = 403;
/** A watch that ends sooner and has delivered nothing counts as a failure, so that a broken proxy is not asked in a tight loop. */
const shortWatchMs = 1_000;
/** After so many refused watches in a row the version itself is suspected (an etcd that was restored from a backup). */
const refusalsBeforeList = 2;

/**
 * Keeps a handler up to date with one collection for as long as the process lives: list, watch, go on where a watch was cut, list
 * again when the server has forgotten the version. While the server is away nothing is taken back.
 */
export function startReflector(options: ReflectorOptions): Reflector {
  const stop = new AbortController();
  const state: State = { ...options, signal: stop.signal, version: undefined, refusals: 0, synced: false, trouble: undefined };
  const ended = run(state);
  return {
    health: () => ({ synced: state.synced, ...(state.trouble === undefined ? {} : { trouble: state.trouble }) }),
    stop: () => {
      stop.abort();
      return ended;
    },
  };
}

async function run(state: State): Promise<void> {
  const backoff = createBackoff(state.timing);
  while (!state.signal.aborted) {
    const failure = state.version === undefined ? await list(state) : await watch(state, state.version);
    if (state.signal.aborted) return;
    if (failure === undefined) backoff.reset();
    else {
      complain(state, failure);
      await state.timing.wait(backoff.next(), state.signal);
    }
  }
}

async function list(state: State): Promise<Failure | undefined> {
  const { scope, handler } = state;
  const keys = new Set<Key>();
  const request = {
    api: state.api,
    path: pathOf(scope),
    query: queryOf(scope),
    metadataOnly: scope.resource.onlyReferenced,
    signal: state.signal,
    onObject: (object: RawObject) => {
      keys.add(object.key);
      handler.seen(object, 'list');
    },
  };
  const listed = await listAll(request).catch((error: Error) => ({ ok: false, status: 0, message: error.message }) as const);
  if (!listed.ok) {
    if (listed.status === forbidden && scope.resource.optional) sync(state);
    return listed;
  }
  handler.listed(keys);
  state.version = listed.resourceVersion;
  state.refusals = 0;
  sync(state);
  recover(state);
  return undefined;
}

async function watch(state: State, version: string): Promise<Failure | undefined> {
  const { scope, timing } = state;
  const opened = timing.now();
  let progressed = false;
  const end = await watchOnce(
    {
      api: state.api,
      path: pathOf(scope),
      query: queryOf(scope),
      signal: state.signal,
      // As client-go does: some minutes, different for each, so that not all watches end together.
      timeoutSeconds: Math.round(300 * (1 + timing.random())),
      onOpen: () => recover(state),
      onChange: (change) => {
        progressed = true;
        take(state, change);
      },
    },
    version,
  );
  if (end.kind === 'cut' && (progressed || timing.now() - opened >= shortWatchMs)) {
    state.refusals = 0;
    return undefined;
  }
  return failureOf(state, end);
}

function failureOf(state: State, end: WatchEnd): Failure | undefined {
  if (end.kind === 'cut') return { message: end.message, status: 0 };
  if (end.kind === 'expired') {
    state.version = undefined;
    return undefined;
  }
  state.refusals += 1;
  if (state.refusals >= refusalsBeforeList) state.version = undefined;
  return end;
}

function take(state: State, change: Change): void {
  if (change.type === 'bookmark') {
    state.version = change.resourceVersion;
    return;
  }
  if (change.type === 'seen') state.handler.seen(change.object, 'watch');
  else state.handler.gone(change.object.key);
  state.version = change.object.resourceVersion;
}

function sync(state: State): void {
  if (state.synced) return;
  state.synced = true;
  state.onSynced();
}

/** Says once that something fails, and again only when it fails in another way. */
function complain(state: State, { message, status }: Failure): void {
  if (state.trouble === message) return;
  state.trouble = message;
  state.onTrouble({ scope: state.scope, message, status });
}

function recover(state: State): void {
  if (state.trouble === undefined) return;
  state.trouble = undefined;
  state.onTrouble({ scope: state.scope });
}

function pathOf(scope: Scope): string {
  return collectionPath(scope.resource, scope.namespace);
}

function queryOf(scope: Scope): Record<string, string> {
  const selectors = [scope.resource.fieldSelector, scope.name === undefined ? undefined : `metadata.name=${scope.name}`];
  const fieldSelector = selectors.filter((selector) => selector !== undefined).join(',');
  return fieldSelector === '' ? {} : { fieldSelector };
}
