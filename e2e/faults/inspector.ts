import { once } from 'node:events';
import type { Controller } from './controller.ts';

/** The threads of the controller. */
export type ThreadName = 'main' | 'endpoints';

/**
 * Runs a piece of JavaScript in a thread of the controller through Node's debugger, which a signal opens on loopback. So a thread can be
 * blocked or ended without a door for that in the product.
 */
export async function runInThread(controller: Controller, thread: ThreadName, expression: string): Promise<void> {
  const { session, close } = await openSession(controller);
  if (thread === 'main') session.send('Runtime.evaluate', { expression });
  else {
    const worker = session.next('NodeWorker.attachedToWorker');
    session.send('NodeWorker.enable', { waitForDebuggerOnStart: false });
    const { sessionId } = (await worker) as { sessionId: string };
    const message = JSON.stringify({ id: 1, method: 'Runtime.evaluate', params: { expression } });
    await session.send('NodeWorker.sendMessageToWorker', { sessionId, message });
  }
  // What blocks its thread answers when that is over: nobody waits for that here.
  close();
}

/** Has the main thread give back what nothing refers to any more, so that what is left is in use. */
export async function collectGarbage(controller: Controller): Promise<void> {
  const { session, close } = await openSession(controller);
  await session.send('HeapProfiler.collectGarbage', {});
  close();
}

async function openSession(controller: Controller) {
  process.kill(controller.pid, 'SIGUSR1');
  const { msg } = await controller.line(/Debugger listening on ws:/, 0);
  const socket = new WebSocket(msg.slice(msg.indexOf('ws:')).trim());
  await once(socket, 'open');
  return { session: createSession(socket), close: () => socket.close() };
}

/** Keeps a thread busy. */
export function busyFor(milliseconds: number): string {
  return `{ const end = Date.now() + ${milliseconds}; while (Date.now() < end); }`;
}

interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly params?: unknown;
}

function createSession(socket: WebSocket) {
  let last = 0;
  const waiting = new Map<string | number, (value: unknown) => void>();
  socket.addEventListener('message', ({ data }) => {
    const { id, method, params } = JSON.parse(String(data)) as Message;
    const key = id ?? method ?? '';
    waiting.get(key)?.(params);
    waiting.delete(key);
  });
  const next = (key: string | number) => new Promise<unknown>((resolve) => waiting.set(key, resolve));
  return {
    next,
    send(method: string, params: unknown): Promise<unknown> {
      last += 1;
      const answer = next(last);
      socket.send(JSON.stringify({ id: last, method, params }));
      return answer;
    },
  };
}
