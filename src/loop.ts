import { createFastLane } from './fast-lane.ts';

/** When to act on changes: times in milliseconds. */
export interface LoopOptions {
  /** Handles everything that has changed so far; says how long the expensive part of it took. */
  readonly handle: () => Promise<{ readonly milliseconds: number }>;
  /**
   * Does what can be done beside a batch, and is cheap: called when a change has to wait for a batch that runs, or for a pause that is longer
   * than the hold-off. Not called twice at the same time; everything that it does not do comes with the next batch.
   */
  readonly hurry?: () => Promise<void>;
  /** Told what `handle` or `hurry` threw; the loop goes on and tries again after `retry`. */
  readonly onError: (error: unknown) => void;
  /** How long to wait for further changes after a busy moment. */
  readonly holdOff?: number;
  /** How long changes that keep coming can put a batch off. */
  readonly maximumHoldOff?: number;
  /** How long to wait after an error. */
  readonly retry?: number;
}

/** Turns any number of notifications into batches, one at a time. */
export interface Loop {
  /** Something has changed. */
  notify(): void;
  /** Something will have changed by itself at this moment (milliseconds since 1970). */
  notifyAt(moment: number): void;
  /** Resolves when nothing is waiting and nothing runs. */
  idle(): Promise<void>;
  /** Ends the loop after the batch that runs. */
  stop(): Promise<void>;
}

/** The longest time that Node's timers can wait. */
const longestTimer = 2 ** 31 - 1;

/** At most this long is left between two slow batches. */
const longestPause = 5000;

/**
 * Acts at once on the first change after a quiet moment; while changes keep coming it holds off for a while, so that one batch
 * takes many of them. After a slow batch it leaves the data plane about as much time as the batch took.
 */
export function createLoop(options: LoopOptions): Loop {
  const pace = createPace(options);
  const lane = createFastLane(options);
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> | undefined;
  let stopped = false;
  const quiet = createQuiet(() => !running && !timer);

  const schedule = (delay: number | undefined): void => {
    if (stopped || delay === undefined) return;
    clearTimeout(timer);
    timer = setTimeout(run, delay);
  };
  function run(): void {
    timer = undefined;
    lane.skip();
    pace.begun();
    running = handle(options).then((end) => {
      running = undefined;
      schedule(pace.ended(end));
      if (pace.wait() === undefined) lane.skip();
      quiet.check();
    });
  }

  function notify(): void {
    schedule(pace.changed());
    lane.take(pace.wait());
  }
  const alarm = createAlarm(notify);
  const stop = async () => {
    stopped = true;
    clearTimeout(timer);
    timer = undefined;
    alarm.clear();
    await Promise.all([running, lane.stop()]);
    quiet.check();
  };
  return { notify, notifyAt: alarm.set, idle: quiet.wait, stop };
}

/** Those who wait until nothing is to be done. */
function createQuiet(isQuiet: () => boolean): { wait(): Promise<void>; check(): void } {
  const waiters: (() => void)[] = [];
  return {
    wait: () => (isQuiet() ? Promise.resolve() : new Promise<void>((resolve) => waiters.push(resolve))),
    check() {
      if (!isQuiet()) return;
      for (const resolve of waiters.splice(0)) resolve();
    },
  };
}

/** How a batch ended: how long to leave the data plane alone, and whether it has to be done again. */
interface End {
  readonly pause: number;
  readonly again: boolean;
}

async function handle({ handle, onError, retry = 1000 }: LoopOptions): Promise<End> {
  try {
    const { milliseconds } = await handle();
    return { pause: milliseconds, again: false };
  } catch (error) {
    onError(error);
    return { pause: retry, again: true };
  }
}

/** When the next batch is due. Each answer is a time to wait from now on; undefined leaves everything as it is. */
interface Pace {
  changed(): number | undefined;
  /** How long a change waits before it is worth an effort of its own; undefined: a batch is due soon enough. */
  wait(): number | undefined;
  begun(): void;
  ended(end: End): number | undefined;
}

function createPace({ holdOff = 100, maximumHoldOff = 1000 }: LoopOptions): Pace {
  let state: 'quiet' | 'due at once' | 'holding off' | 'running' = 'quiet';
  let waitingSince: number | undefined;
  let notBefore = 0;

  return {
    changed() {
      const now = performance.now();
      waitingSince ??= now;
      if (state === 'running' || state === 'due at once') return undefined;
      const atOnce = state === 'quiet' && now >= notBefore;
      state = atOnce ? 'due at once' : 'holding off';
      return atOnce ? 0 : Math.max(0, notBefore - now, Math.min(holdOff, waitingSince + maximumHoldOff - now));
    },
    wait() {
      // Most batches are over before the hold-off is.
      if (state === 'running') return holdOff;
      return notBefore - performance.now() > holdOff ? 0 : undefined;
    },
    begun() {
      state = 'running';
      waitingSince = undefined;
    },
    ended({ pause, again }) {
      const now = performance.now();
      const wait = Math.min(longestPause, Math.max(holdOff, pause));
      notBefore = now + wait;
      if (again) waitingSince ??= now;
      state = waitingSince === undefined ? 'quiet' : 'holding off';
      return waitingSince === undefined ? undefined : wait;
    },
  };
}

/** One alarm clock; a later call replaces an earlier one. It does not keep the process alive. */
function createAlarm(ring: () => void): { set(moment: number): void; clear(): void } {
  let timer: NodeJS.Timeout | undefined;
  const clear = () => clearTimeout(timer);
  const set = (moment: number) => {
    clear();
    timer = setTimeout(ring, Math.min(longestTimer, Math.max(0, moment - Date.now())));
    timer.unref();
  };
  return { set, clear };
}
