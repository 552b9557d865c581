import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { networkInterfaces } from 'node:os';
import { nginxFamily, processFacts, waitFor } from '../../src/apply/nginx-processes.ts';
import { nginxProgram } from '../../src/apply/nginx-testbed.ts';
import type { Case } from './cases.ts';

/** NGINX would take the variable for a list of sockets that it inherits. */
const program = nginxProgram(process.env['NGINX']);
delete process.env['NGINX'];

/** The NGINX to test with; throws where `whyNotServed` gives a reason. */
export function theNginx(): string {
  if (program === undefined) throw new Error('there is no NGINX');
  return program;
}

/** Why nothing can be served on this machine; undefined when it can. */
export function whyNotServed(): string | undefined {
  if (program === undefined) return 'there is no NGINX: run `make install`, or name one in NGINX';
  if (process.platform === 'darwin') return 'on macOS 127.0.0.1 is the only address of its kind, and the backends need many';
  return undefined;
}

/** Why this one case cannot be served on this machine; false when it can. */
export function missingOnThisMachine(one: Case): string | false {
  const asked = [one.requests, one.later?.requests].flatMap((requests) => requests?.lines ?? []);
  const needsIpv6 = asked.some(({ expectation }) => expectation.answers.some(({ endpoint }) => endpoint?.startsWith('[')));
  const hasIpv6 = Object.values(networkInterfaces()).some((addresses) => addresses?.some(({ address }) => address === '::1'));
  return needsIpv6 && !hasIpv6 ? 'there is no ::1' : false;
}

/** Throws when a master of NGINX or a worker of it is still there after two seconds. */
export async function expectGone(master: number): Promise<void> {
  const isGone = async () => (await nginxFamily(master)).length === 0 && (await processFacts(master)) === undefined;
  if (!(await waitFor(isGone, 2_000))) throw new Error(`NGINX ${master} or a worker of it is left`);
}

/** Asks again and again; throws with the name of the condition when it does not hold within the limit. */
export async function until(name: string, condition: () => Promise<boolean> | boolean, limitMs = 5_000): Promise<void> {
  if (!(await waitFor(async () => condition(), limitMs))) throw new Error(`not within ${limitMs} ms: ${name}`);
}

/** Below the ports that the system gives to clients, whose connections would take them away. */
const portRange = { from: 12_000, to: 32_000 };

/** A TCP port that nobody listens on, at any address. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = portRange.from + Math.floor(Math.random() * (portRange.to - portRange.from));
    if (await isFree(port)) return port;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, existsSync('/proc/net/if_inet6') ? '::' : '0.0.0.0', () => server.close(() => resolve(true)));
  });
}
