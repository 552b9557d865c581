import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Watches over pieces of work, and gives memory back to the system when none is under way. */
export interface IdleMemory {
  /** Does a piece of work; others may be under way at the same time. */
  readonly during: <T>(work: () => Promise<T>) => Promise<T>;
}

/** Times in milliseconds. */
export interface IdleMemoryOptions {
  /** How long nothing has to happen before memory is given back. */
  readonly quietMs?: number;
}

/** What is collected has to be worth it: the heap has grown by a quarter and so many bytes since it was collected last. */
const leastGrowth = 1.25;
const leastGrowthBytes = 8 * 1024 * 1024;

/** After a collection there is none for so many times as long as it took, as functions that it has thrown away have to be compiled again. */
const restFactor = 50;

/**
 * V8 keeps what it once had for minutes, as it may need it again: several times what is in use. A batch needs a lot for less than a second, and
 * then mostly nothing happens. The collection stops the main thread for about two milliseconds per megabyte in use; NGINX's questions are answered by another.
 */
export function createIdleMemory({ quietMs = 2000 }: IdleMemoryOptions = {}): IdleMemory {
  let working = 0;
  let timer: NodeJS.Timeout | undefined;
  let notBefore = 0;
  let before = { total_heap_size: 0 };
  const collectIfWorth = (): void => {
    if (getHeapStatistics().total_heap_size < before.total_heap_size * leastGrowth + leastGrowthBytes) return;
    const start = performance.now();
    collectGarbage();
    const end = performance.now();
    notBefore = end + restFactor * (end - start);
    before = getHeapStatistics();
  };
  const later = (): void => {
    timer = setTimeout(collectIfWorth, Math.max(quietMs, notBefore - performance.now()));
    timer.unref();
  };
  return {
    async during(work) {
      working += 1;
      clearTimeout(timer);
      try {
        return await work();
      } finally {
        working -= 1;
        if (working === 0) later();
      }
    },
  };
}

/** Collects everything that is not in use, moves together what is left, and gives the pages back (`last-resort`; any other kind keeps them). */
function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  const collect: (options: object) => void = runInNewContext('gc');
  setFlagsFromString('--no-expose-gc');
  collect({ type: 'major', execution: 'sync', flavor: 'last-resort' });
}
