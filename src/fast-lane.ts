/** At most a fifth of the time goes to what is done beside batches, however large the estate is. */
const laneRest = 4;

/** What is done beside batches: times in milliseconds. */
export interface FastLaneOptions {
  readonly hurry?: () => Promise<void>;
  readonly onError: (error: unknown) => void;
  readonly holdOff?: number;
}

/** Lets changes go live that do not have to wait for a batch, one piece of work at a time. */
export interface FastLane {
  /** There is a change: not before so many milliseconds; undefined: it can wait. */
  take(delay: number | undefined): void;
  /** A batch does it all. */
  skip(): void;
  /** Resolves when nothing runs; nothing will. */
  stop(): Promise<void>;
}

/** Begins with nothing to do. After each piece of work the lane rests. */
export function createFastLane({ hurry, onError, holdOff = 100 }: FastLaneOptions): FastLane {
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> | undefined;
  let isWanted = false;
  let notBefore = 0;
  let stopped = false;

  function begin(): void {
    timer = undefined;
    const start = performance.now();
    running = attempt(hurry, onError).then(() => {
      const end = performance.now();
      notBefore = end + Math.max(holdOff, laneRest * (end - start));
      running = undefined;
      if (isWanted) take(0);
    });
  }
  function take(delay: number | undefined): void {
    if (!hurry || stopped || timer || delay === undefined) return;
    isWanted = running !== undefined;
    if (running) return;
    timer = setTimeout(begin, Math.max(delay, notBefore - performance.now()));
  }
  function skip(): void {
    clearTimeout(timer);
    timer = undefined;
    isWanted = false;
  }
  const stop = async () => {
    stopped = true;
    skip();
    await running;
  };
  return { take, skip, stop };
}

async function attempt(work: FastLaneOptions['hurry'], onError: FastLaneOptions['onError']): Promise<void> {
  try {
    await work?.();
  } catch (error) {
    onError(error);
  }
}
