import { once } from 'node:events';
import { parentPort, Worker } from 'node:worker_threads';

interface Call {
  readonly id: number;
  readonly name: string;
  readonly argument: unknown;
}

interface Reply {
  readonly id: number;
  readonly value?: unknown;
  readonly error?: string;
}

/** A thread that answers calls by name. */
export interface Thread {
  /** Rejects with the message of the error that the thread threw. */
  call<T>(name: string, argument?: unknown): Promise<T>;
  close(): Promise<void>;
}

/** Starts a thread, so that the load does not wait for the suite, nor the backends for the load. */
export async function startThread(file: string, data: unknown): Promise<Thread> {
  const worker = new Worker(new URL(file, import.meta.url), { workerData: data });
  const open = new Map<number, PromiseWithResolvers<unknown>>();
  let last = 0;
  worker.on('message', ({ id, value, error }: Reply) => {
    const waiting = open.get(id);
    open.delete(id);
    if (error === undefined) waiting?.resolve(value);
    else waiting?.reject(new Error(error));
  });
  worker.on('error', (error) => {
    for (const waiting of open.values()) waiting.reject(error);
  });
  await once(worker, 'online');
  return {
    call<T>(name: string, argument?: unknown): Promise<T> {
      last += 1;
      const waiting = Promise.withResolvers<unknown>();
      open.set(last, waiting);
      worker.postMessage({ id: last, name, argument } satisfies Call);
      return waiting.promise as Promise<T>;
    },
    close: async () => {
      await worker.terminate();
    },
  };
}

/** Answers the calls of the thread that started this one. */
export function answerCalls(handlers: Readonly<Record<string, (argument: never) => unknown>>): void {
  parentPort?.on('message', async ({ id, name, argument }: Call) => {
    try {
      const handler = handlers[name];
      if (!handler) throw new Error(`nobody answers the call ${name}`);
      reply({ id, value: await handler(argument as never) });
    } catch (error) {
      reply({ id, error: error instanceof Error ? error.message : String(error) });
    }
  });
}

function reply(message: Reply): void {
  parentPort?.postMessage(message);
}
