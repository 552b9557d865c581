import { execFile, execFileSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';

/** What to ask for, again and again. */
export interface Load {
  /** Where to connect to. */
  readonly url: string;
  readonly connections: number;
  readonly seconds: number;
  readonly method: 'GET' | 'POST';
  /** Asked for in turn. */
  readonly targets: readonly { readonly host: string; readonly path: string }[];
  /** Sent with each request. */
  readonly bodyBytes: number;
}

/** Latencies in microseconds. */
export interface LoadFigures {
  readonly requests: number;
  readonly perSecond: number;
  readonly p50: number;
  readonly p99: number;
  /** Answers that were no 2xx or 3xx, and connections that failed. */
  readonly failed: number;
}

/** Whether the load generator wrk is there. */
export function hasWrk(): boolean {
  try {
    execFileSync('sh', ['-c', 'command -v wrk'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** Runs wrk once; `script` is a file that it may write. Throws when wrk does not print what it should. */
export async function runWrk(load: Load, script: string): Promise<LoadFigures> {
  await writeFile(script, scriptOf(load));
  const args = ['-t', '1', '-c', `${load.connections}`, '-d', `${load.seconds}s`, '--latency', '-s', script, load.url];
  const { stdout } = await promisify(execFile)('wrk', args);
  return readFigures(stdout);
}

/** All requests are put together before the load begins, so that wrk only sends them. */
function scriptOf({ targets, method, bodyBytes }: Load): string {
  const list = targets.map(({ host, path }) => `{ "${host}", "${path}" }`);
  return `local targets = { ${list.join(', ')} }
local body = ${bodyBytes > 0 ? `string.rep("x", ${bodyBytes})` : 'nil'}
local requests, turn = {}, 0
init = function()
  for index, target in ipairs(targets) do
    requests[index] = wrk.format("${method}", target[2], { Host = target[1] }, body)
  end
end
request = function()
  turn = turn % #requests + 1
  return requests[turn]
end
`;
}

const units: Readonly<Record<string, number>> = { us: 1, ms: 1000, s: 1_000_000, m: 60_000_000 };

/** Reads what wrk prints at its end. */
export function readFigures(text: string): LoadFigures {
  const field = (pattern: RegExp): RegExpExecArray => {
    const match = pattern.exec(text);
    if (!match) throw new Error(`wrk does not print ${pattern}: ${text}`);
    return match;
  };
  const latency = (part: number): number => {
    const [, value, unit = ''] = field(new RegExp(`^\\s+${part}%\\s+([\\d.]+)(us|ms|s|m)$`, 'm'));
    return Number(value) * (units[unit] ?? Number.NaN);
  };
  const errors = /Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)/.exec(text)?.slice(1) ?? [];
  const statuses = /Non-2xx or 3xx responses: (\d+)/.exec(text)?.[1] ?? '0';
  return {
    requests: Number(field(/^\s+(\d+) requests in /m)[1]),
    perSecond: Number(field(/^Requests\/sec:\s+([\d.]+)$/m)[1]),
    p50: latency(50),
    p99: latency(99),
    failed: [...errors, statuses].reduce((sum, count) => sum + Number(count), 0),
  };
}
