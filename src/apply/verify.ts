import { get } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';

export interface Verification {
  /** Where NGINX answers its generation; see `runPaths`. */
  readonly socketPath: string;
  readonly expected: string;
  /** How many fresh connections in a row have to agree: old workers go on accepting for a moment. */
  readonly inARow?: number;
  /**
   * Whether the old workers have let go of the listening sockets, if the system tells. NGINX asks them to 100 ms after the new ones
   * began (`ngx_master_process_cycle`), and until then luck decides who answers. Many more agreeing answers count as well.
   */
  readonly isSettled?: () => Promise<boolean>;
  readonly deadlineMs?: number;
  /** Asked before each try: a reason to stop at once, such as what NGINX has written to its log. */
  readonly giveUp?: () => string | undefined;
}

export type Verified =
  | { readonly ok: true; readonly milliseconds: number }
  | { readonly ok: false; readonly message: string; readonly gaveUp: boolean };

const askLimitMs = 1_000;
/** So many times the usual count in a row prove it without a look at the old workers. */
const surelyEnough = 20;

/** Asks NGINX over a connection of its own which generation the worker that accepts it runs. Rejects when nobody answers with 200. */
export function askGeneration(socketPath: string): Promise<string> {
  return askNginx(socketPath, '/generation');
}

/** Asks NGINX on its private socket. Rejects when nobody answers with 200. */
export function askNginx(socketPath: string, path: '/generation' | '/nginx_status'): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { socketPath, path, agent: false as const, headers: { host: 'gatehouse' } };
    const request = get({ ...options, signal: AbortSignal.timeout(askLimitMs) }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        if (response.statusCode === 200) resolve(Buffer.concat(chunks).toString('utf8').trim());
        else reject(new Error(`the private socket answered ${response.statusCode}`));
      });
    });
    request.on('error', reject);
  });
}

/** Waits until the workers of NGINX say that they run the expected generation; `nginx -s reload` returning 0 does not prove it. */
export async function verifyGeneration(options: Verification): Promise<Verified> {
  const { expected, deadlineMs = 10_000 } = options;
  const start = performance.now();
  let agreed = 0;
  for (let tries = 0; ; tries += 1) {
    const reason = options.giveUp?.();
    if (reason !== undefined) return { ok: false, message: reason, gaveUp: true };
    const answer = await answerOf(options.socketPath);
    const passed = performance.now() - start;
    agreed = answer.text === expected ? agreed + 1 : 0;
    if (await isEnough(agreed, options)) return { ok: true, milliseconds: Math.round(passed) };
    if (agreed === 0 && passed > deadlineMs) return { ok: false, message: lateness(options, answer, deadlineMs), gaveUp: false };
    await pause(agreed > 0 ? 5 : Math.min(5 * 1.5 ** tries, 100));
  }
}

async function isEnough(agreed: number, { inARow = 5, isSettled }: Verification): Promise<boolean> {
  if (agreed < inARow) return false;
  return agreed >= inARow * surelyEnough || !isSettled || (await isSettled());
}

interface AnswerText {
  readonly text?: string;
  readonly error?: string;
}

async function answerOf(socketPath: string): Promise<AnswerText> {
  return askGeneration(socketPath).then(
    (text) => ({ text }),
    (error: Error) => ({ error: error.message }),
  );
}

function lateness(options: Verification, last: AnswerText, deadlineMs: number): string {
  const seen = last.text === undefined ? `nobody answers (${last.error})` : `a worker still answers ${last.text}`;
  return `after ${deadlineMs / 1000} s NGINX does not run generation ${options.expected}: ${seen}`;
}
