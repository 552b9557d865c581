import { existsSync } from 'node:fs';
import { cp, mkdtemp, readFile, realpath, rename, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { nginxFamily, processFacts, waitFor } from '../../src/apply/nginx-processes.ts';
import { nginxProgram } from '../../src/apply/nginx-testbed.ts';
import { type Serving, startServe } from '../../src/commands/serve.ts';
import { runPaths } from '../../src/model/settings.ts';
import { createLog } from '../../src/report/log.ts';
import { type Backends, startBackends } from './backends.ts';
import { type Case, serveOptions } from './cases.ts';
import { backendAddresses } from './endpoints.ts';
import type { Ports } from './sending.ts';

/** NGINX would take the variable for a list of sockets that it inherits. */
const program = nginxProgram(process.env['NGINX']);
delete process.env['NGINX'];

/** The NGINX to test with; throws where `whyNotServed` gives a reason. */
export function theNginx(): string {
  if (program === undefined) throw new Error('there is no NGINX');
  return program;
}

/** Why no case can be served on this machine; undefined when it can. */
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

/** A line of the log of a running case. */
export interface LogLine {
  readonly level: number;
  readonly msg: string;
}

/** A case that a real NGINX serves. */
export interface Served {
  readonly ports: Ports;
  readonly backends: Backends;
  readonly log: readonly LogLine[];
  readonly serving: Serving;
  /** How often NGINX was reloaded, or started, so far. */
  reloads(): number;
  /** Saves a new in.yaml and waits until it was dealt with. */
  save(manifest: string): Promise<void>;
  /** Ends everything, and throws when a process of NGINX is left. */
  stop(): Promise<void>;
}

/** Serves a copy of a case, with a backend at every address that its manifests name. */
export async function serveCase(one: Case): Promise<Served> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'gatehouse-case-')));
  const files = join(folder, 'files');
  for (const name of one.manifests) await cp(join(one.folder, name), join(files, name));
  const backends = await startBackends(await backendAddresses([files], one.later?.manifest));
  const ports = { http: await freePort(), https: await freePort() };
  const log: LogLine[] = [];
  const serving = await startServe(optionsOf(one, { folder, ports }), {
    log: createLog({ format: 'json', level: 'debug', write: (line) => log.push(JSON.parse(line)) }),
    isRoot: process.getuid?.() === 0,
    out: () => {},
  }).catch(async (error) => {
    await backends.close();
    throw error;
  });
  return {
    ports,
    backends,
    log,
    serving,
    reloads: () => log.filter((line) => line.msg.startsWith('reloaded ')).length,
    save: (manifest) => save(join(files, 'in.yaml'), manifest, serving),
    stop: async () => {
      const master = Number(await readFile(runPaths(join(folder, 'run')).pid, 'utf8'));
      await serving.stop(0);
      await backends.close();
      await rm(folder, { recursive: true, force: true });
      if (!(await waitFor(async () => (await processesOf(master)) === 0, 2_000)))
        throw new Error(`NGINX ${master} or a worker of it is left`);
    },
  };
}

async function processesOf(master: number): Promise<number> {
  return (await nginxFamily(master)).length + ((await processFacts(master)) ? 1 : 0);
}

function optionsOf(one: Case, { folder, ports }: { readonly folder: string; readonly ports: Ports }) {
  const more = ['--run-directory', join(folder, 'run'), '--worker-processes', '1', '--nginx', theNginx()];
  const flags = [...one.flags, '--http-port', `${ports.http}`, '--https-port', `${ports.https}`, ...more];
  return { ...serveOptions(flags), paths: [join(folder, 'files')] };
}

/** As editors save: a whole new file takes the place of the old one. */
async function save(path: string, text: string, serving: Serving): Promise<void> {
  const before = serving.latest?.snapshot.revision;
  await writeFile(`${path}.new`, text);
  await rename(`${path}.new`, path);
  if (!(await waitFor(async () => serving.latest?.snapshot.revision !== before, 5_000))) throw new Error('the saved file was not noticed');
  await serving.idle();
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
