import { createNginxCommand, type NginxCommand } from './nginx-command.ts';
import { findMaster, isGone, killFamily, type Master } from './nginx-master.ts';
import { isLeaving, nginxChildren, processFacts, sendSignal, waitFor } from './nginx-processes.ts';
import {
  adoptMaster,
  createSupervision,
  killOrphans,
  launchMaster,
  type Supervision,
  type SupervisionOptions,
} from './nginx-supervision.ts';
import { hastenOldWorkers } from './worker-change.ts';

export interface NginxOptions extends Omit<SupervisionOptions, 'mode' | 'startLimitMs'> {
  /** `child` unless given. */
  readonly mode?: 'child' | 'attach';
  /** 60 s unless given. */
  readonly startLimitMs?: number;
}

/** A reload that takes longer has other troubles than who accepts connections. */
const hastenLimitMs = 60_000;

/** One NGINX that is kept running. */
export interface Nginx extends Pick<NginxCommand, 'version' | 'modulesPath' | 'hasHttp3' | 'test'> {
  readonly mode: 'child' | 'attach';
  /** The master's process id, while one is known to run. */
  readonly pid: number | undefined;
  /** What the master has written at level `emerg` since the last reload: why it refused. Not known of an attached master. */
  readonly refusal: string | undefined;
  /** Whether a start or a reload that NGINX refuses is known as such at once, with its reason: it is our child, or will be. */
  readonly tellsRefusals: boolean;
  /** Takes over a master that already runs with this run directory; false when there is none. */
  adopt(): Promise<boolean>;
  /** Makes NGINX run with `current`: takes over a master that runs, starts one, or waits for one. Throws with NGINX's reason. */
  start(): Promise<'started' | 'attached'>;
  /** Makes the workers run what `current` points to; a master that is down is started. That it resolves proves nothing: see `verify.ts`. */
  reload(): Promise<void>;
  /** Whether workers that were there before the last reload may still accept connections. */
  hasOldWorkers(): Promise<boolean>;
  /** Ends NGINX: gracefully, then not; afterwards no process of it is left. In the mode `attach` it is only asked to end. */
  quit(graceMs: number): Promise<void>;
  /** Leaves NGINX running and stops looking after it. */
  leave(): void;
}

/** Runs one NGINX: starts it or takes it over, and starts it again when it ends by itself. */
export function createNginx({ mode = 'child', startLimitMs = 60_000, ...options }: NginxOptions): Nginx {
  const command = createNginxCommand(options.program);
  const state = createSupervision({ ...options, mode, startLimitMs });
  return {
    mode,
    get pid() {
      return state.master?.pid;
    },
    get refusal() {
      return state.refusal;
    },
    get tellsRefusals() {
      return mode === 'child' && state.master?.kind !== 'attached';
    },
    version: command.version,
    modulesPath: command.modulesPath,
    hasHttp3: command.hasHttp3,
    test: command.test,
    adopt: () => adoptMaster(state),
    start: () => start(state),
    reload: () => reload(state),
    hasOldWorkers: () => hasOldWorkers(state),
    quit: (graceMs) => quit(state, graceMs),
    leave() {
      state.stop.abort();
      state.master?.leave();
    },
  };
}

async function start(state: Supervision): Promise<'started' | 'attached'> {
  const { mode, startLimitMs, runDirectory } = state.options;
  if (await adoptMaster(state)) return 'attached';
  if (mode === 'child') {
    await launchMaster(state);
    return 'started';
  }
  if (await waitFor(() => adoptMaster(state), startLimitMs)) return 'attached';
  const expected = `its container has to start it with ${runDirectory}/current/nginx.conf`;
  throw new Error(`NGINX has not appeared within ${startLimitMs / 1000} s; ${expected}`);
}

async function reload(state: Supervision): Promise<void> {
  // A start that is under way may have read what was current before.
  await state.launching?.catch(() => undefined);
  state.refusal = undefined;
  state.isReloading = false;
  const { master } = state;
  state.oldWorkers = master ? await nginxChildren(master.pid) : [];
  if (master) {
    await signalReload(master, state.options.runDirectory);
    hasten(state, master);
    return;
  }
  if (state.options.mode === 'attach') throw new Error('NGINX is not running; its container has to start it');
  await launchMaster(state);
}

/** What `nginx -s reload` does, without a process for it. That another master than ours has ended is noticed late, and its number may be another program's. */
async function signalReload({ kind, pid }: Master, runDirectory: string): Promise<void> {
  if (kind === 'attached' && (await findMaster(runDirectory)) !== pid) throw new Error('NGINX has ended; it is looked for again');
  sendSignal(pid, 'SIGHUP');
}

/** Beside the reload: the master does the same a little later. */
function hasten(state: Supervision, master: Master): void {
  const before = state.oldWorkers;
  const until = performance.now() + hastenLimitMs;
  const isOver = () =>
    state.refusal !== undefined ||
    state.oldWorkers !== before ||
    state.master !== master ||
    state.stop.signal.aborted ||
    performance.now() > until;
  // Who cannot look leaves it to the master.
  hastenOldWorkers({ master: master.pid, before, isOver }).catch(() => undefined);
}

async function hasOldWorkers({ oldWorkers }: Supervision): Promise<boolean> {
  const facts = await Promise.all(oldWorkers.map(processFacts));
  return facts.some((one) => one !== undefined && !isLeaving(one));
}

async function quit(state: Supervision, graceMs: number): Promise<void> {
  state.stop.abort();
  await state.launching?.catch(() => undefined);
  const pid = state.master?.pid ?? (await findMaster(state.options.runDirectory));
  state.master?.leave();
  state.master = undefined;
  const isOwn = state.options.mode === 'child';
  if (pid !== undefined) {
    if (await mayRun(pid)) sendSignal(pid, 'SIGQUIT');
    const isEnded = await waitFor(() => isSurelyGone(pid), graceMs);
    if (!isEnded && isOwn) await force(pid);
  }
  if (isOwn) await killOrphans(state);
}

async function force(pid: number): Promise<void> {
  if (await mayRun(pid)) sendSignal(pid, 'SIGTERM');
  if (!(await waitFor(() => isSurelyGone(pid), 2_000))) await killFamily(pid);
}

/** Who cannot look, for lack of file descriptors, has not seen it end. */
function mayRun(pid: number): Promise<boolean> {
  return processFacts(pid).then(
    (facts) => facts !== undefined,
    () => true,
  );
}

function isSurelyGone(pid: number): Promise<boolean> {
  return isGone(pid).catch(() => false);
}
