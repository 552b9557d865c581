import { get } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';

/** What answered one request over a connection of its own. */
export interface Probed {
  /** 0: nobody. */
  readonly status: number;
  readonly service: string;
  readonly address: string;
}

/** Asks once over plain http. */
export function probe(port: number, host: string, path = '/probe'): Promise<Probed> {
  return new Promise((resolve) => {
    const nobody = { status: 0, service: '', address: '' };
    const request = get({ host: '127.0.0.1', port, path, headers: { Host: host }, agent: false, timeout: 2_000 }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('error', () => resolve(nobody));
      response.on('end', () => {
        const [, service = '', , address = ''] = text.split(' ');
        resolve({ status: response.statusCode ?? 0, service, address });
      });
    });
    request.on('timeout', () => request.destroy());
    request.on('error', () => resolve(nobody));
  });
}

/** Waits until something holds and resolves with the milliseconds that took; throws with its name when it does not within the limit. */
export async function timeUntil(name: string, holds: () => Promise<boolean> | boolean, limitMs = 10_000): Promise<number> {
  const start = performance.now();
  while (!(await holds())) {
    if (performance.now() - start > limitMs) throw new Error(`not within ${limitMs / 1000} s: ${name}`);
    await pause(10);
  }
  return Math.round(performance.now() - start);
}

/** `p50 12 ms, p95 20 ms, most 25 ms` */
export function spread(milliseconds: readonly number[]): string {
  const sorted = [...milliseconds].sort((a, b) => a - b);
  const at = (share: number) => Math.round(sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0);
  return `p50 ${at(0.5)} ms, p95 ${at(0.95)} ms, most ${Math.round(sorted.at(-1) ?? 0)} ms`;
}
