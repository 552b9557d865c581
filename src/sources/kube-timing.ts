import { setTimeout as sleep } from 'node:timers/promises';
import type { Timing } from '../model/timing.ts';

/** The time of the machine. */
export const realTiming: Timing = {
  wait: (milliseconds, signal) => sleep(milliseconds, undefined, { signal, ref: false }).catch(() => undefined),
  now: () => performance.now(),
  epoch: () => Date.now(),
  random: () => Math.random(),
};

/** Delays that grow while something keeps failing. */
export interface Backoff {
  /** The next delay in milliseconds. */
  next(): number;
  reset(): void;
}

const shortest = 200;
const longest = 30_000;

/** From 0.2 s, doubled each time, to 30 s; half of each delay is left to chance, so that replicas do not come back in step. */
export function createBackoff(timing: Pick<Timing, 'random'>): Backoff {
  let delay = shortest;
  return {
    next() {
      const chosen = delay * (0.5 + timing.random() / 2);
      delay = Math.min(longest, delay * 2);
      return chosen;
    },
    reset() {
      delay = shortest;
    },
  };
}

/** Spaces calls out: `burst` of them at once, then `perSecond`. */
export function createPace(timing: Timing, perSecond: number, burst: number): (signal: AbortSignal) => Promise<void> {
  const interval = 1000 / perSecond;
  let due = Number.NEGATIVE_INFINITY;
  return async (signal) => {
    const now = timing.now();
    due = Math.max(due, now - burst * interval) + interval;
    if (due > now) await timing.wait(due - now, signal);
  };
}
