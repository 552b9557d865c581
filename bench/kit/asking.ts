import { Agent, get } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';

/** One request to a proxy on this machine. */
export interface Question {
  readonly port: number;
  readonly host: string;
  readonly path: string;
}

/** What came back; `error` when nothing did. */
export interface Reply {
  readonly status?: number;
  readonly body: string;
  readonly error?: string;
}

/** Asks once, over a connection of its own unless an agent is given. Never rejects. */
export function ask({ port, host, path }: Question, agent: Agent | false = false, limitMs = 5_000): Promise<Reply> {
  return new Promise((resolve) => {
    const fail = (error: Error) => resolve({ body: '', error: 'code' in error ? `${error.code}` : error.message });
    const signal = AbortSignal.timeout(limitMs);
    const request = get({ host: '127.0.0.1', port, path, agent, headers: { host }, signal }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', fail);
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString('utf8') }));
    });
    request.on('error', fail);
  });
}

const limitMs = 120_000;

/** Asks again and again over new connections; resolves with the moment (`performance.now()`) of the first answer that is right. */
export async function untilAnswered(question: Question, isRight: (reply: Reply) => boolean): Promise<number> {
  const deadline = performance.now() + limitMs;
  for (;;) {
    const reply = await ask(question);
    if (isRight(reply)) return performance.now();
    if (performance.now() > deadline) {
      throw new Error(
        `${question.host}${question.path} is not answered as it should be after ${limitMs / 1000} s: ${JSON.stringify(reply)}`,
      );
    }
    await pause(3);
  }
}

/** Requests at a steady, light pace while something else happens. */
export interface SteadyLoad {
  /** Ends it, and tells how many were sent and how many failed, by reason. */
  stop(): Promise<{ readonly sent: number; readonly failed: number; readonly reasons: Readonly<Record<string, number>> }>;
}

/** Asks so many times a second, every second time over a connection that is kept open. Every answer but 200 is a failure. */
export function startSteadyLoad(question: Question, perSecond: number): SteadyLoad {
  const agent = new Agent({ keepAlive: true, maxSockets: 4 });
  const reasons: Record<string, number> = {};
  const open = new Set<Promise<void>>();
  let sent = 0;
  let failed = 0;
  const send = async (): Promise<void> => {
    sent += 1;
    const { status, error } = await ask(question, sent % 2 === 0 ? agent : false);
    if (status === 200) return;
    failed += 1;
    const reason = error ?? `${status}`;
    reasons[reason] = (reasons[reason] ?? 0) + 1;
  };
  const timer = setInterval(() => {
    const one: Promise<void> = send().finally(() => open.delete(one));
    open.add(one);
  }, 1000 / perSecond);
  return {
    async stop() {
      clearInterval(timer);
      await Promise.all(open);
      agent.destroy();
      return { sent, failed, reasons };
    },
  };
}
