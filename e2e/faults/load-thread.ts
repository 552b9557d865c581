import { workerData } from 'node:worker_threads';
import type { Counts, LoadOptions, Target } from './messages.ts';
import { createRequests } from './requests.ts';
import { startStreams } from './streams.ts';
import { createTally } from './tally.ts';
import { answerCalls } from './thread-calls.ts';

const options: LoadOptions = workerData;
const tally = createTally();
const requests = createRequests(options, tally);
let streams: { stop(): void } | undefined;

interface Paced {
  readonly target: Target;
  due: number;
  turn: number;
}

let paced: Paced[] = [];
let running = false;
let before = performance.now();

const tickMs = 10;
/** More open requests than this are not added to: they all wait for the same thing. */
const mostOpen = 2000;

setInterval(tick, tickMs);

/** A tick that comes late sends what is due, but not all that a long stop has left behind. */
function tick(): void {
  const now = performance.now();
  const passed = Math.min(now - before, 100);
  before = now;
  if (!running) return;
  for (const one of paced) {
    one.due += (passed * one.target.perSecond) / 1000;
    for (; one.due >= 1; one.due -= 1) sendNext(one);
  }
}

function sendNext(one: Paced): void {
  const kind = one.target.kinds[one.turn % one.target.kinds.length];
  one.turn += 1;
  if (kind && requests.open() < mostOpen) requests.send(one.target, kind);
}

answerCalls({
  /** Sets what is sent, and waits for the answers of what was sent before. */
  targets: async (targets: readonly Target[]) => {
    paced = targets.map((target) => ({ target, due: 0, turn: 0 }));
    await requests.settled();
    requests.keep(new Set(targets.map(({ host }) => host)));
  },
  run: () => {
    streams ??= startStreams(options, tally);
    running = true;
  },
  /** Waits for the answers of all that was sent, and gives the counts since the last time. */
  take: async (): Promise<Counts> => {
    running = false;
    await requests.settled();
    return tally.take();
  },
  /** Ends the streams and closes all connections. */
  stop: () => {
    running = false;
    streams?.stop();
    streams = undefined;
    requests.keep(new Set());
  },
});
