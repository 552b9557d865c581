import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, realpath, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Serving, startServe } from '../../src/commands/serve.ts';
import { runPaths } from '../../src/model/settings.ts';
import { createLog } from '../../src/report/log.ts';
import { type Backends, startBackends } from './backends.ts';
import { type Case, expectedText, serveOptions } from './cases.ts';
import { backendAddresses } from './endpoints.ts';
import { expectGone, freePort, theNginx, until } from './machine.ts';
import type { Ports } from './sending.ts';

export { freePort, theNginx, whyNotServed } from './machine.ts';

/** What is to be served. */
export interface Serve {
  /** Manifests by file name. */
  readonly files: ReadonlyMap<string, string>;
  readonly flags?: readonly string[];
  /** A manifest that will be saved later; its endpoints get backends from the start. */
  readonly later?: string;
  /** Another program in the place of NGINX. */
  readonly nginx?: string;
  /** With fewer hosts that could share servers none does. */
  readonly hostsApart?: number;
}

/** A line of the log of `serve`. */
export interface LogLine {
  readonly level: number;
  readonly msg: string;
}

/** Manifests that a real NGINX serves. */
export interface Served {
  readonly ports: Ports;
  readonly backends: Backends;
  readonly log: readonly LogLine[];
  readonly serving: Serving;
  /** How often NGINX was reloaded, or started, so far. */
  reloads(): number;
  /** Writes a file as it is, and waits for nothing. */
  write(name: string, text: string): Promise<void>;
  /** Saves a file as editors do, and waits until it was dealt with. */
  save(name: string, text: string): Promise<void>;
  /** The lines of NGINX's access log; none while there is no file. */
  accessLog(): Promise<readonly string[]>;
  /** The nginx.conf that is in force. */
  config(): Promise<string>;
  /** The process id of NGINX's master. */
  master(): Promise<number>;
  /** Ends everything, and throws when a process of NGINX is left. */
  stop(): Promise<void>;
}

/** Serves a copy of a case. */
export function serveCase(one: Case): Promise<Served> {
  const files = new Map(one.manifests.map((name) => [name, expectedText(one, name)]));
  return serveFiles({ files, flags: one.flags, ...(one.later && { later: one.later.manifest }) });
}

/** Serves manifests, with a backend at every address that they name. */
export async function serveFiles(what: Serve): Promise<Served> {
  const root = await realpath(await mkdtemp(join(tmpdir(), 'gatehouse-case-')));
  const folder = join(root, 'files');
  await mkdir(folder);
  for (const [name, text] of what.files) await writeFile(join(folder, name), text);
  const backends = await startBackends(await backendAddresses([folder], what.later));
  const ports = { http: await freePort(), https: await freePort() };
  const log: LogLine[] = [];
  const serving = await startServe(optionsOf(what, root, ports), {
    log: createLog({ format: 'json', level: 'debug', write: (line) => log.push(JSON.parse(line)) }),
    isRoot: process.getuid?.() === 0,
    out: () => {},
  }).catch(async (error) => {
    await backends.close();
    throw error;
  });
  const master = async () => Number(await readFile(runPaths(join(root, 'run')).pid, 'utf8'));
  return {
    ports,
    backends,
    log,
    serving,
    reloads: () => log.filter((line) => line.msg.startsWith('reloaded ')).length,
    write: (name, text) => writeFile(join(folder, name), text),
    save: (name, text) => save(join(folder, name), text, serving),
    accessLog: async () => (existsSync(join(root, 'access.log')) ? (await readFile(join(root, 'access.log'), 'utf8')).split('\n') : []),
    config: () => readFile(runPaths(join(root, 'run')).config, 'utf8'),
    master,
    stop: async () => {
      const pid = await master();
      await serving.stop(0);
      await backends.close();
      await rm(root, { recursive: true, force: true });
      await expectGone(pid);
    },
  };
}

function optionsOf({ flags = [], nginx = theNginx(), hostsApart }: Serve, root: string, ports: Ports) {
  const more = [
    '--access-log',
    join(root, 'access.log'),
    '--run-directory',
    join(root, 'run'),
    '--worker-processes',
    '1',
    '--nginx',
    nginx,
  ];
  const options = serveOptions([...flags, '--http-port', `${ports.http}`, '--https-port', `${ports.https}`, ...more]);
  return { ...options, ...(hostsApart !== undefined && { hostsApart }), paths: [join(root, 'files')] };
}

/** A whole new file takes the place of the old one. */
async function save(path: string, text: string, serving: Serving): Promise<void> {
  const before = serving.latest?.snapshot.revision;
  await writeFile(`${path}.new`, text);
  await rename(`${path}.new`, path);
  await until('the saved file is noticed', () => serving.latest?.snapshot.revision !== before);
  await serving.idle();
}
