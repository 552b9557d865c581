import { getCompileCacheDir } from 'node:module';
import { dirname, extname } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { Worker, WorkerOptions } from 'node:worker_threads';
import type { ResponderStats } from './dns-responder.ts';
import type { FirstAnswer, MessageFromThread, MessageToThread, ThreadStart } from './dns-thread.ts';

export interface ThreadOptions {
  readonly ports: readonly number[];
  readonly count: number;
  /** Tests start the thread themselves, so that they can end it. */
  readonly spawn: (file: URL, options: WorkerOptions) => Worker;
  /** What a new thread has to be told. */
  readonly state: () => readonly MessageToThread[];
  readonly onAnswered: (answered: readonly FirstAnswer[]) => void;
  readonly onStats: (request: number, stats: ResponderStats) => void;
  /** The thread has died and is started again. */
  readonly onFailure: (error: Error) => void;
}

export interface SupervisedThread {
  readonly ports: readonly number[];
  send(message: MessageToThread): void;
  close(): Promise<void>;
}

/** `.ts` from the sources, `.js` once compiled. */
const threadFile = new URL(`./dns-thread${extname(import.meta.filename)}`, import.meta.url);
/** A thread that dies at once would otherwise take a whole core; one that cannot even begin, as for lack of file descriptors, is tried less and less often. */
const restartMilliseconds = 100;
const longestRestMilliseconds = 1_000;

/** What the thread makes for an answer is gone with the answer; V8 would take up to 128 MiB until it looks. */
const youngGenerationMegabytes = 6;

interface Running {
  readonly worker: Worker;
  readonly ready: Promise<readonly number[]>;
  /** Why it ended. */
  readonly ended: Promise<Error>;
}

/** Starts the thread of the DNS server and starts it anew, on the same ports and with all it knew, whenever it dies. Rejects when the first start fails. */
export async function superviseThread(options: ThreadOptions): Promise<SupervisedThread> {
  let running = launch(options, { kind: 'first', ports: options.ports, count: options.count });
  const ports = await running.ready;
  const closing = new AbortController();
  let rest = restartMilliseconds;

  async function restartWhenDead(): Promise<void> {
    while (!closing.signal.aborted) {
      const error = await running.ended;
      if (closing.signal.aborted) return;
      options.onFailure(error);
      await wait(rest, undefined, { signal: closing.signal }).catch(() => undefined);
      if (closing.signal.aborted) return;
      running = launch(options, { kind: 'again', ports });
      running.ready.then(
        () => {
          rest = restartMilliseconds;
        },
        () => {
          rest = Math.min(2 * rest, longestRestMilliseconds);
        },
      );
    }
  }
  const supervision = restartWhenDead();

  return {
    ports,
    send: (message) => running.worker.postMessage(message),
    async close() {
      closing.abort();
      await running.worker.terminate();
      await supervision;
    },
  };
}

/** Nothing but where compiled modules are kept, if they are: to compile them anew the thread would load Node's compiler once more. */
function environmentOfThread(): Record<string, string> {
  const cache = getCompileCacheDir();
  return cache === undefined ? {} : { NODE_COMPILE_CACHE: dirname(cache) };
}

function launch(options: ThreadOptions, start: ThreadStart): Running {
  const worker = options.spawn(threadFile, {
    name: 'endpoints',
    workerData: start,
    env: environmentOfThread(),
    execArgv: [],
    resourceLimits: { maxYoungGenerationSizeMb: youngGenerationMegabytes },
  });
  const ready = Promise.withResolvers<readonly number[]>();
  const ended = Promise.withResolvers<Error>();
  let failure = new Error('the DNS thread has ended');
  worker.on('message', (message: MessageFromThread) => {
    if (message.kind === 'ready') ready.resolve(message.ports);
    else if (message.kind === 'answered') options.onAnswered(message.answered);
    else options.onStats(message.request, message.stats);
  });
  worker.on('error', (error: Error) => {
    failure = error;
  });
  worker.on('exit', () => {
    ready.reject(failure);
    ended.resolve(failure);
  });
  for (const message of options.state()) worker.postMessage(message);
  return { worker, ready: ready.promise, ended: ended.promise };
}
