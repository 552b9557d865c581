import http from 'node:http';
import https from 'node:https';
import { ask, type Request } from './requests.ts';

/** What became of a steady load. */
export interface LoadReport {
  readonly sent: number;
  /** Answers by status. */
  readonly statuses: Readonly<Record<number, number>>;
  /** Requests without an answer, and those with a status that is not wanted: when, in seconds from the start, and why. */
  readonly failures: readonly { readonly at: number; readonly why: string }[];
  /** Connections that were opened. */
  readonly connections: number;
  readonly seconds: number;
}

export interface Load {
  /** Waits for the answers that are out and counts. */
  stop(): Promise<LoadReport>;
}

export interface LoadOptions extends Omit<Request, 'agent' | 'from'> {
  /** What counts as success: 200 unless given. */
  readonly wanted?: readonly number[];
}

const tickMs = 10;
/** One in ten requests opens a connection of its own; the others keep theirs. */
const freshEach = 10;
const kept = 20;

/**
 * Sends 100 requests a second at a steady pace, however slow the answers are: 90 over connections that are kept open, 10 over new ones.
 * Nothing is tried again.
 */
export function startLoad({ wanted = [200], ...request }: LoadOptions): Load {
  const start = performance.now();
  const keep = { keepAlive: true, maxSockets: kept };
  const agent = request.url.startsWith('https:') ? new https.Agent(keep) : new http.Agent(keep);
  const statuses: Record<number, number> = {};
  const failures: { at: number; why: string }[] = [];
  const out = new Set<Promise<void>>();
  let sent = 0;
  let connections = 0;
  const sendOne = async (): Promise<void> => {
    const at = (performance.now() - start) / 1000;
    try {
      const answer = await ask({ ...request, limitMs: 10_000, ...(sent % freshEach === 0 ? {} : { agent }) });
      statuses[answer.status] = (statuses[answer.status] ?? 0) + 1;
      if (!answer.reused) connections += 1;
      if (!wanted.includes(answer.status)) failures.push({ at, why: `status ${answer.status}` });
    } catch (error) {
      failures.push({ at, why: reason(error) });
    }
  };
  const timer = setInterval(() => {
    // A timer that was late makes up for it, so that the pace is kept.
    while (sent < (performance.now() - start) / tickMs) {
      sent += 1;
      const one = sendOne().finally(() => out.delete(one));
      out.add(one);
    }
  }, tickMs);
  return {
    async stop() {
      clearInterval(timer);
      const seconds = (performance.now() - start) / 1000;
      await Promise.all(out);
      agent.destroy();
      return { sent, statuses, failures, connections, seconds };
    },
  };
}

function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.name === 'TimeoutError' ? 'no answer within 10 s' : error.message;
}

/** `sent 1200 in 12.0 s over 140 connections, failed 0 (200: 1200)`, and when and why the first ones failed. */
export function loadText({ sent, statuses, failures, connections, seconds }: LoadReport): string {
  const counts = Object.entries(statuses).map(([status, count]) => `${status}: ${count}`);
  const some = failures.slice(0, 5).map(({ at, why }) => `at ${at.toFixed(1)} s ${why}`);
  const why = some.length === 0 ? '' : `; ${some.join('; ')}`;
  return `sent ${sent} in ${seconds.toFixed(1)} s over ${connections} connections, failed ${failures.length} (${counts.join(', ')})${why}`;
}
