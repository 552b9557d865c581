import { type Api, type ApiAnswer, apiMessage } from '../model/api.ts';
import type { Timing } from '../model/timing.ts';
import { changedLease, type Lease, type LeaseName, type LeaseSpec, leasePath, microTime, newLease, readLease } from './leader-lease.ts';

export interface LeaderOptions {
  /** Should not be the client that lists and watches: a renewal must not wait behind those. */
  readonly api: Api;
  readonly lease: LeaseName;
  /** The name of this replica, different for each: that of its Pod. */
  readonly identity: string;
  /** How long a Lease holds after its last renewal; 30 s unless given. Renewals are given up after 1/2 of it and tried every 1/4. */
  readonly ttlMs?: number;
  readonly timing: Timing;
  /** Told of each change. */
  readonly onChange: (isLeader: boolean) => void;
  /** Told once when the Lease cannot be read or written. */
  readonly onTrouble?: (message: string) => void;
}

/** One replica's part in the election of the one that writes to the cluster. */
export interface Leader {
  isLeader(): boolean;
  start(): void;
  /** Gives the Lease back, so that another replica can take it at once. */
  stop(): Promise<void>;
}

interface State extends LeaderOptions {
  readonly ttlMs: number;
  readonly signal: AbortSignal;
  leading: boolean;
  /** Until when this replica may call itself the leader, whatever hangs. */
  until: number;
  /** What was read last, and when by our own clock it was first seen like this: the clocks of replicas need not agree. */
  observed: { readonly lease: Lease; readonly since: number } | undefined;
  trouble: string | undefined;
}

const jitter = 1.2;

/**
 * Takes part in an election as Kubernetes' own clients do (client-go, `tools/leaderelection`): whoever finds the Lease free or not
 * renewed for its duration writes his name into it, guarded by its resource version; the holder renews it. A replica that cannot
 * renew in time steps down before the others may take over, and stands again.
 */
export function createLeader(options: LeaderOptions): Leader {
  const stop = new AbortController();
  const ttlMs = options.ttlMs ?? 30_000;
  const state: State = { ...options, ttlMs, signal: stop.signal, leading: false, until: 0, observed: undefined, trouble: undefined };
  let running: Promise<void> | undefined;
  return {
    isLeader: () => state.leading && state.timing.now() < state.until,
    start() {
      running ??= run(state);
    },
    async stop() {
      stop.abort();
      await running;
      if (state.leading) await release(state);
      setLeading(state, false);
    },
  };
}

async function run(state: State): Promise<void> {
  const retryMs = state.ttlMs / 4;
  while (!state.signal.aborted) {
    const sent = state.timing.now();
    if (await acquireOrRenew(state)) {
      // Counted from before the request: the other replicas' time begins when they see the renewal, which is later.
      state.until = sent + state.ttlMs * 0.75;
      setLeading(state, true);
    } else if (state.timing.now() >= state.until) setLeading(state, false);
    const left = state.leading
      ? Math.min(retryMs, Math.max(0, state.until - state.timing.now()))
      : retryMs * (1 + state.timing.random() * jitter);
    await state.timing.wait(left, state.signal);
    if (state.leading && state.timing.now() >= state.until) setLeading(state, false);
  }
}

function setLeading(state: State, leading: boolean): void {
  if (state.leading === leading) return;
  state.leading = leading;
  state.onChange(leading);
}

/** Whether this replica holds the Lease now. */
async function acquireOrRenew(state: State): Promise<boolean> {
  try {
    const answer = await ask(state, 'GET', leasePath(state.lease, state.lease.name));
    if (answer.status === 404)
      return took(state, await ask(state, 'POST', leasePath(state.lease), newLease(state.lease, firstSpec(state))));
    if (answer.status !== 200) return fail(state, apiMessage(answer));
    const lease = observe(state, readLease(answer));
    if (lease.holder !== state.identity && isHeld(state)) {
      recover(state);
      // Somebody else's name in a Lease that we thought was ours: it was taken, there is nothing left to wait for.
      state.until = 0;
      return false;
    }
    return took(state, await put(state, changedLease(lease, nextSpec(state, lease))));
  } catch (error) {
    return fail(state, error instanceof Error ? error.message : String(error));
  }
}

function took(state: State, answer: ApiAnswer): boolean {
  if (answer.status === 409) return false;
  if (answer.status !== 200 && answer.status !== 201) return fail(state, apiMessage(answer));
  observe(state, readLease(answer));
  recover(state);
  return true;
}

function observe(state: State, lease: Lease): Lease {
  const before = state.observed?.lease;
  const isSame = before !== undefined && before.holder === lease.holder && before.renewTime === lease.renewTime;
  state.observed = { lease, since: isSame && state.observed ? state.observed.since : state.timing.now() };
  return lease;
}

function isHeld({ observed, timing }: State): boolean {
  return observed !== undefined && observed.lease.holder !== '' && timing.now() < observed.since + observed.lease.durationMs;
}

function firstSpec(state: State): LeaseSpec {
  const now = microTime(state.timing.epoch());
  const leaseDurationSeconds = Math.max(1, Math.round(state.ttlMs / 1000));
  return { holderIdentity: state.identity, leaseDurationSeconds, acquireTime: now, renewTime: now, leaseTransitions: 0 };
}

function nextSpec(state: State, lease: Lease): LeaseSpec {
  const first = firstSpec(state);
  return lease.holder === state.identity
    ? { ...first, acquireTime: lease.acquireTime === '' ? first.acquireTime : lease.acquireTime, leaseTransitions: lease.transitions }
    : { ...first, leaseTransitions: lease.transitions + 1 };
}

/** An empty holder, and a duration of a second, as the API allows no shorter one. A renewal that crossed our way makes it try again. */
async function release(state: State): Promise<void> {
  for (let attempt = 0; attempt < 3; attempt += 1) {
    try {
      const answer = await ask(state, 'GET', leasePath(state.lease, state.lease.name));
      const lease = readLease(answer);
      if (answer.status !== 200 || lease.holder !== state.identity) return;
      const spec = { ...firstSpec(state), holderIdentity: '', leaseDurationSeconds: 1, leaseTransitions: lease.transitions };
      if ((await put(state, changedLease(lease, spec))).status !== 409) return;
    } catch {
      return;
    }
  }
}

function put(state: State, body: unknown): Promise<ApiAnswer> {
  return ask(state, 'PUT', leasePath(state.lease, state.lease.name), body);
}

/** As client-go: no request may take so long that there is no time for a second one before the deadline. */
function ask(state: State, method: 'GET' | 'POST' | 'PUT', path: string, body?: unknown): Promise<ApiAnswer> {
  return state.api.request({ method, path, limitMs: Math.max(1_000, state.ttlMs / 4), ...(body === undefined ? {} : { body }) });
}

function fail(state: State, message: string): false {
  if (state.trouble !== message) state.onTrouble?.(`the Lease ${state.lease.namespace}/${state.lease.name} cannot be used: ${message}`);
  state.trouble = message;
  return false;
}

function recover(state: State): void {
  state.trouble = undefined;
}
