/** The thread that answers NGINX: it goes on while the main thread is busy with a large configuration. Started by `dns-supervisor.ts`. */

import { setTimeout as wait } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import type { UpstreamId } from '../model/routing.ts';
import { createResponder, type PublishedEndpoints, type ResponderStats } from './dns-responder.ts';
import { openPort, openPorts } from './dns-sockets.ts';
import { createHeldQuestions } from './held-questions.ts';

/** How the thread is started. */
export type ThreadStart =
  /** Free ports stand in for those that are taken; the thread dies when it cannot have `count`. */
  | { readonly kind: 'first'; readonly ports: readonly number[]; readonly count: number }
  /** NGINX knows these ports, so no other will do; one that is taken is tried again until it is free. */
  | { readonly kind: 'again'; readonly ports: readonly number[] };

export type MessageToThread =
  | { readonly kind: 'publish'; readonly upserts: readonly PublishedEndpoints[]; readonly removals: readonly UpstreamId[] }
  | { readonly kind: 'stats'; readonly request: number };

export type MessageFromThread =
  | { readonly kind: 'ready'; readonly ports: readonly number[] }
  | { readonly kind: 'answered'; readonly answered: readonly FirstAnswer[] }
  | { readonly kind: 'stats'; readonly request: number; readonly stats: ResponderStats };

/** An upstream that NGINX has asked for, and the publication in which it appeared. */
export interface FirstAnswer {
  readonly id: UpstreamId;
  readonly since: number;
}

const retryMilliseconds = 1000;

const tell = (message: MessageFromThread): void => parentPort?.postMessage(message);

let answered: FirstAnswer[] = [];
const responder = createResponder((id, since) => {
  // In one message for all that was asked in this turn: after a reload that is thousands.
  if (answered.length === 0) setImmediate(tellAnswered);
  answered.push({ id, since });
});

const questions = createHeldQuestions(responder);

function tellAnswered(): void {
  tell({ kind: 'answered', answered });
  answered = [];
}

parentPort?.on('message', (message: MessageToThread) => {
  if (message.kind === 'publish') questions.publish(message.upserts, message.removals);
  else tell({ kind: 'stats', request: message.request, stats: responder.stats() });
});

async function openUntilFree(port: number): Promise<void> {
  for (;;) {
    try {
      await openPort(port, questions.ask);
      return;
    } catch {
      await wait(retryMilliseconds);
    }
  }
}

const start: ThreadStart = workerData;
if (start.kind === 'first') {
  tell({ kind: 'ready', ports: await openPorts(start.ports, start.count, questions.ask) });
} else {
  for (const port of start.ports) void openUntilFree(port);
  tell({ kind: 'ready', ports: start.ports });
}
