import { setTimeout as pause } from 'node:timers/promises';
import { isLeaving, nginxChildren, processFacts, sendSignal } from './nginx-processes.ts';

/** One reload, as far as its workers are concerned. */
export interface WorkerChange {
  readonly master: number;
  /** The children of the master before it was told to reload. */
  readonly before: readonly number[];
  /** Whether this reload counts no more: it was refused, another one follows, or NGINX ends. */
  readonly isOver: () => boolean;
}

/** How often to look, in milliseconds: a small configuration is read in five, a big one in seconds. */
const pauses = { first: 2, growth: 1.1, longest: 20 } as const;

/**
 * Asks the old workers to leave as soon as as many new ones accept connections. The master does that 100 ms after it has started them (`ngx_msleep(100)` in
 * `ngx_master_process_cycle`), and until then the old ones get nearly all connections: of those who wait with `EPOLLEXCLUSIVE` the system wakes the oldest. No
 * connection is lost, as all of them share one queue. The master marks the old ones as leaving when its pause ends, which the end of one
 * of them cuts short, and before it looks who has ended: none is started again. Where the system tells nothing, nothing is done.
 */
export async function hastenOldWorkers({ master, before, isOver }: WorkerChange): Promise<void> {
  if (process.platform !== 'linux') return;
  const old = await workersOf(before, master);
  const known = new Set(before);
  let wait: number = pauses.first;
  while (!isOver()) {
    await pause(wait);
    wait = Math.min(wait * pauses.growth, pauses.longest);
    const fresh = (await nginxChildren(master)).filter((pid) => !known.has(pid));
    if (fresh.length === 0 || (await workersOf(fresh, master)).length < old.length) continue;
    if (isOver()) return;
    // Who has ended meanwhile may have left its number to somebody else.
    for (const pid of await workersOf(old, master)) sendSignal(pid, 'SIGQUIT');
    return;
  }
}

/** Those of these processes that accept connections. A worker has the title of its master until it does (`ngx_worker_process_cycle`). */
async function workersOf(pids: readonly number[], master: number): Promise<readonly number[]> {
  const facts = await Promise.all(pids.map(processFacts));
  return facts.flatMap((one) => {
    const isWorker = one?.parent === master && /nginx: worker process/.test(one.command) && !isLeaving(one);
    return isWorker ? [one.pid] : [];
  });
}
