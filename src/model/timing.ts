/** Time and chance, so that a test decides about both. */
export interface Timing {
  /** Resolves after so many milliseconds, or as soon as the signal is aborted. */
  wait(milliseconds: number, signal: AbortSignal): Promise<void>;
  /** Milliseconds of a clock that never goes back. */
  now(): number;
  /** Milliseconds since 1970. */
  epoch(): number;
  /** From 0 to 1. */
  random(): number;
}

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
