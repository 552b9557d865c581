import { setTimeout as pause } from 'node:timers/promises';
import type { NginxLine } from './nginx-log.ts';
import { findMaster, killFamily, type Master, type MasterEnd, readPid, retireOrphans, spawnMaster, watchMaster } from './nginx-master.ts';

/** NGINX ended although nobody asked it to. */
export interface UnexpectedExit extends MasterEnd {
  /** How often that has happened, with this time. */
  readonly restarts: number;
}

export interface SupervisionOptions {
  readonly program: string;
  /** Prepared by `openRunDirectory`. */
  readonly runDirectory: string;
  /** Takes each line that a child writes to its error log; an attached master's go elsewhere. */
  readonly log: (line: NginxLine) => void;
  readonly onExit?: (exit: UnexpectedExit) => void;
  /** NGINX answers again after an unexpected exit, or, in the mode `attach`, its container has started it again. */
  readonly onReady?: (master: { readonly pid: number }) => void;
  /** `child`: we start NGINX and start it again when it ends. `attach`: another container does; we only send it signals. */
  readonly mode: 'child' | 'attach';
  /** How long NGINX may take to answer after its start, or to appear, in milliseconds. */
  readonly startLimitMs: number;
}

/** The one master that we know of, and how it came to be. Changed only by the functions of this file. */
export interface Supervision {
  readonly options: SupervisionOptions;
  readonly stop: AbortController;
  /** Masters that have ended and may have left workers behind. */
  readonly former: Set<number>;
  master: Master | undefined;
  launching: Promise<void> | undefined;
  /** What the master has written at level `emerg` since the last reload. */
  refusal: string | undefined;
  /** The master has begun the last reload that it was asked for. */
  isReloading: boolean;
  /** The workers that the last reload is to replace. */
  oldWorkers: readonly number[];
  restarts: number;
  /** Failed starts and early ends since NGINX last ran well. */
  failures: number;
}

const pausesMs = [0, 500, 1_000, 2_000, 5_000] as const;
/** A master that ran for so long before it ended counts as one that ran well. */
const healthyMs = 10_000;
const attachPollMs = 200;

/** Begins with no master. */
export function createSupervision(options: SupervisionOptions): Supervision {
  const fresh = {
    master: undefined,
    launching: undefined,
    refusal: undefined,
    isReloading: false,
    oldWorkers: [],
    restarts: 0,
    failures: 0,
  };
  return { options, stop: new AbortController(), former: new Set(), ...fresh };
}

/** Takes over a master that already runs with the run directory; false when there is none. */
export async function adoptMaster(state: Supervision): Promise<boolean> {
  if (state.master) return true;
  const { runDirectory } = state.options;
  const pid = await findMaster(runDirectory);
  if (pid === undefined) return false;
  follow(state, watchMaster(pid, runDirectory));
  return true;
}

/** Starts a child; who comes while that is under way gets its result. Rejects with NGINX's reason. */
export function launchMaster(state: Supervision): Promise<void> {
  state.launching ??= launch(state).finally(() => {
    state.launching = undefined;
  });
  return state.launching;
}

/** Kills the workers that masters have left behind. */
export async function killOrphans(state: Supervision): Promise<void> {
  for (const pid of state.former) await killFamily(pid);
  state.former.clear();
}

async function launch(state: Supervision): Promise<void> {
  const { program, runDirectory, startLimitMs: limitMs } = state.options;
  const before = await readPid(runDirectory);
  if (before !== undefined) state.former.add(before);
  for (const pid of state.former) if ((await retireOrphans(pid)).length === 0) state.former.delete(pid);
  follow(state, await spawnMaster({ program, runDirectory, limitMs, log: (line) => takeLine(state, line) }));
}

/**
 * A master that cannot bind tries again and complains for two seconds more, also when the next reload has been asked for: what it
 * says counts for that one only after the notice that it has begun.
 */
function takeLine(state: Supervision, line: NginxLine): void {
  const isMaster = line.pid !== undefined && line.pid === state.master?.pid;
  if (isMaster && line.text === 'reconfiguring') state.isReloading = true;
  if (isMaster && line.level === 'emerg' && state.isReloading) state.refusal ??= line.text;
  state.options.log(line);
}

function follow(state: Supervision, master: Master): void {
  const since = performance.now();
  state.master = master;
  master.ended.then((end) => {
    if (state.master !== master || state.stop.signal.aborted) return;
    if (performance.now() - since > healthyMs) state.failures = 0;
    state.master = undefined;
    state.restarts += 1;
    state.former.add(master.pid);
    state.options.onExit?.({ ...end, restarts: state.restarts });
    void revive(state);
  });
}

/** Brings NGINX back, with growing pauses while it does not stay. */
async function revive(state: Supervision): Promise<void> {
  const { signal } = state.stop;
  while (!state.master && !signal.aborted) {
    await pause(restMs(state), undefined, { signal }).catch(() => undefined);
    // Somebody may have started it meanwhile, or it shall not run any more.
    if (!state.master && !signal.aborted) await tryOnce(state);
  }
  if (state.master && !signal.aborted) state.options.onReady?.({ pid: state.master.pid });
}

function restMs({ options, failures }: Supervision): number {
  return options.mode === 'attach' ? attachPollMs : (pausesMs[Math.min(failures, pausesMs.length - 1)] ?? 0);
}

async function tryOnce(state: Supervision): Promise<void> {
  state.failures += 1;
  if (state.options.mode === 'attach') {
    await adoptMaster(state).catch(() => false);
    return;
  }
  await launchMaster(state).catch((error: Error) => {
    state.options.log({ level: 'emerg', text: `NGINX cannot be started again: ${error.message}` });
  });
}
