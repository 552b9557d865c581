/** When to act on changes: times in milliseconds. */
export interface LoopOptions {
  /** Handles everything that has changed so far; says how long the expensive part of it took. */
  readonly handle: () => Promise<{ readonly milliseconds: number }>;
  /** Told what `handle` threw; the loop goes on and tries again after `retry`. */
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
  const { holdOff = 100, maximumHoldOff = 1000, retry = 1000 } = options;
  let timer: NodeJS.Timeout | undefined;
  let alarm: NodeJS.Timeout | undefined;
  let running: Promise<void> | undefined;
  let waitingSince: number | undefined;
  let notBefore = 0;
  let starting = false;
  let stopped = false;
  let waiters: (() => void)[] = [];

  function notify(): void {
    if (stopped) return;
    const now = performance.now();
    const quiet = waitingSince === undefined && now >= notBefore;
    waitingSince ??= now;
    if (running || starting) return;
    starting = quiet;
    schedule(quiet ? 0 : Math.max(notBefore - now, Math.min(holdOff, waitingSince + maximumHoldOff - now)));
  }

  function schedule(delay: number): void {
    clearTimeout(timer);
    timer = setTimeout(run, Math.max(0, delay));
  }

  function run(): void {
    timer = undefined;
    waitingSince = undefined;
    starting = false;
    running = handle()
      .then(
        ({ milliseconds }) => milliseconds,
        (error: unknown) => {
          options.onError(error);
          waitingSince ??= performance.now();
          return retry;
        },
      )
      .then(finish);
  }

  /** Makes a rejection of what `handle` throws at once. */
  async function handle(): Promise<{ readonly milliseconds: number }> {
    return options.handle();
  }

  function finish(milliseconds: number): void {
    running = undefined;
    const pause = Math.min(longestPause, Math.max(holdOff, milliseconds));
    notBefore = performance.now() + pause;
    if (waitingSince !== undefined && !stopped) schedule(pause);
    else settle();
  }

  function settle(): void {
    for (const resolve of waiters) resolve();
    waiters = [];
  }

  return {
    notify,
    notifyAt(moment) {
      clearTimeout(alarm);
      alarm = setTimeout(notify, Math.min(longestTimer, Math.max(0, moment - Date.now())));
      alarm.unref();
    },
    idle: () => (running || timer ? new Promise((resolve) => waiters.push(resolve)) : Promise.resolve()),
    async stop() {
      stopped = true;
      clearTimeout(timer);
      clearTimeout(alarm);
      timer = undefined;
      await running;
      settle();
    },
  };
}
