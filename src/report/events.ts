import { createHash } from 'node:crypto';
import { type Api, apiMessage } from '../model/api.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import type { Metadata } from '../model/objects.ts';
import type { Snapshot } from '../model/snapshot.ts';
import { type Backoff, createBackoff, createPace, type Timing } from '../model/timing.ts';
import { canCarryEvents, complaintId, eventNamespace, eventOf, metadataOf } from './events-object.ts';

export interface EventsOptions {
  readonly api: Api;
  readonly isLeader: () => boolean;
  /** The name of the Pod. */
  readonly instance: string;
  readonly timing: Timing;
  /** In the long run; 10 unless given. */
  readonly perSecond?: number;
  /** Told once for each reason why events cannot be written. */
  readonly onTrouble?: (message: string) => void;
}

/** Tells the owners of objects what is wrong with them. */
export interface Events {
  /** Takes everything that is wrong at the moment. Returns at once, and never throws. */
  report(now: { readonly snapshot: Snapshot; readonly diagnostics: readonly Diagnostic[] }): void;
  /** This replica has become the leader: what its predecessor had no time for is written. */
  onLeadership(): void;
  /** Resolves when nothing is left to write. */
  idle(): Promise<void>;
  stop(): Promise<void>;
}

interface Complaint {
  readonly diagnostic: Diagnostic;
  readonly metadata: Metadata | undefined;
  /** Part of the event's name. */
  readonly name: string;
}

interface State extends EventsOptions {
  readonly signal: AbortSignal;
  readonly pace: (signal: AbortSignal) => Promise<void>;
  readonly backoff: Backoff;
  /** What is wrong at the moment, by id. */
  current: ReadonlyMap<string, Complaint>;
  /** Those of `current` that nobody was told yet. */
  readonly pending: Map<string, Complaint>;
  /** How often each complaint has begun; the oldest are forgotten. */
  readonly beginnings: Map<string, number>;
  readonly troubles: Set<string>;
}

const remembered = 10_000;
const burst = 25;
const alreadyExists = 409;

/**
 * One event each time a complaint begins; none while it stays, none when it ends (ingress-nginx's `Sync` on every change
 * buries the warnings). The name of an event is made from the complaint, so that after a change of leaders the API server itself
 * says which ones have been told.
 */
export function createEvents(options: EventsOptions): Events {
  const stop = new AbortController();
  const state: State = {
    ...options,
    signal: stop.signal,
    pace: createPace(options.timing, options.perSecond ?? 10, burst),
    backoff: createBackoff(options.timing),
    current: new Map(),
    pending: new Map(),
    beginnings: new Map(),
    troubles: new Set(),
  };
  let running: Promise<void> | undefined;
  let again = false;
  const loop = async (): Promise<void> => {
    while (again) {
      again = false;
      await writeAll(state);
    }
    running = undefined;
  };
  const start = (): void => {
    again = true;
    running ??= loop();
  };
  return {
    report({ snapshot, diagnostics }) {
      update(state, snapshot, diagnostics);
      start();
    },
    onLeadership: start,
    idle: async () => {
      while (running) await running;
    },
    async stop() {
      stop.abort();
      await running;
    },
  };
}

function update(state: State, snapshot: Snapshot, diagnostics: readonly Diagnostic[]): void {
  const next = new Map<string, Complaint>();
  for (const diagnostic of diagnostics) {
    if (!canCarryEvents(diagnostic.object)) continue;
    const metadata = metadataOf(snapshot, diagnostic.object);
    const id = complaintId(diagnostic, metadata?.uid);
    const known = state.current.get(id);
    const complaint = known ?? { diagnostic, metadata, name: begin(state, id) };
    next.set(id, complaint);
    if (!known) state.pending.set(id, complaint);
  }
  for (const id of state.pending.keys()) if (!next.has(id)) state.pending.delete(id);
  state.current = next;
}

/** The first time gives the same name in every replica and after every restart; each further time another. */
function begin({ beginnings }: State, id: string): string {
  const count = (beginnings.get(id) ?? 0) + 1;
  beginnings.delete(id);
  beginnings.set(id, count);
  for (const oldest of beginnings.keys()) {
    if (beginnings.size <= remembered) break;
    beginnings.delete(oldest);
  }
  return count === 1 ? id : createHash('sha256').update(`${id} ${count}`).digest('hex').slice(0, 16);
}

async function writeAll(state: State): Promise<void> {
  for (;;) {
    const [first] = state.pending;
    if (!first || !state.isLeader() || state.signal.aborted) return;
    await state.pace(state.signal);
    if (!state.isLeader() || state.signal.aborted) return;
    const [id, complaint] = first;
    if (!state.pending.has(id)) continue;
    if (await isSettled(state, complaint)) {
      state.pending.delete(id);
      state.backoff.reset();
    } else await state.timing.wait(state.backoff.next(), state.signal);
  }
}

/** False when it has to be tried again. What the API server refuses, for want of the right or of the namespace, it will refuse again. */
async function isSettled(state: State, { diagnostic, metadata, name }: Complaint): Promise<boolean> {
  const body = eventOf(diagnostic, metadata, name, { instance: state.instance, epoch: state.timing.epoch() });
  const path = `/api/v1/namespaces/${eventNamespace(diagnostic.object)}/events`;
  try {
    const answer = await state.api.request({ method: 'POST', path, body });
    if (answer.status < 300 || answer.status === alreadyExists) return true;
    complain(state, apiMessage(answer));
    return answer.status < 500 && answer.status !== 429;
  } catch (error) {
    complain(state, error instanceof Error ? error.message : String(error));
    return false;
  }
}

function complain(state: State, message: string): void {
  if (state.troubles.has(message) || state.troubles.size >= 100) return;
  state.troubles.add(message);
  state.onTrouble?.(`an event cannot be written: ${message}`);
}
