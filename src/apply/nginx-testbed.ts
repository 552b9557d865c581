import { existsSync } from 'node:fs';
import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { get } from 'node:http';
import type { Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Rendered } from '../model/rendered.ts';
import { runPaths } from '../model/settings.ts';
import type { NginxLine } from './nginx-log.ts';
import { waitFor } from './nginx-processes.ts';
import { portObstacle } from './ports.ts';
import { openRunDirectory, type RunDirectory } from './run-directory.ts';

/** What the tests of this folder need to run a real NGINX. */
export interface Testbed {
  readonly run: RunDirectory;
  readonly port: number;
  /** Everything that NGINX has written to its error log. */
  readonly lines: NginxLine[];
  /** A configuration that answers with its own generation on `port` and on the private socket. */
  rendered(generation: string, more?: MoreConfig): Rendered;
  close(): Promise<void>;
}

/** What a test adds to the small configuration; each text is placed as it is. */
export interface MoreConfig {
  readonly http?: string;
  readonly server?: string;
  readonly listen?: readonly string[];
  readonly upstreams?: readonly string[];
}

/** The NGINX that is to be tested with: the given one, or that of `make install`; undefined when there is none. */
export function nginxProgram(given: string | undefined): string | undefined {
  const local = join(import.meta.dirname, '../../.tools/nginx');
  return given || (existsSync(local) ? local : undefined);
}

/** Makes a run directory of its own and finds a free port. */
export async function createTestbed(): Promise<Testbed> {
  const path = await realpath(await mkdtemp(join(tmpdir(), 'gatehouse-')));
  const run = await openRunDirectory(path);
  const port = await freePort();
  return {
    run,
    port,
    lines: [],
    rendered: (generation, more = {}) => ({
      generation,
      files: new Map([['nginx.conf', configText({ path, port, generation, more })]]),
      upstreams: more.upstreams ?? [],
    }),
    async close() {
      await run.close();
      await rm(path, { recursive: true, force: true });
    },
  };
}

function configText(options: {
  readonly path: string;
  readonly port: number;
  readonly generation: string;
  readonly more: MoreConfig;
}): string {
  const { path, port, generation, more } = options;
  const paths = runPaths(path);
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${paths.temporary}/${name};`);
  const listen = (more.listen ?? [`127.0.0.1:${port}`]).map((address) => `listen ${address};`);
  // A master that runs as root gives its workers another account, which may not enter the run directory.
  const user = process.getuid?.() === 0 ? ['user root;'] : [];
  return `${[
    `pid ${paths.pid};`,
    ...user,
    'worker_processes 2;',
    'error_log stderr notice;',
    'events {}',
    'http {',
    'access_log off;',
    ...temporary,
    more.http ?? '',
    `server { listen unix:${paths.generationSocket}; location = /generation { return 200 "${generation}"; } }`,
    'server {',
    ...listen,
    `location / { return 200 "${generation}"; }`,
    more.server ?? '',
    '}',
    '}',
  ].join('\n')}\n`;
}

/** The line of nginx.conf that begins with a word, counted from 1. */
export function lineOf({ files }: Rendered, word: string): number {
  const lines = files.get('nginx.conf')?.split('\n') ?? [];
  return lines.findIndex((line) => line.startsWith(word)) + 1;
}

/** Below the ports that the system gives to clients: the connections of whatever else runs on the machine would take them away. */
const portRange = { from: 12_000, to: 32_000 };

/** A port of 127.0.0.1 that nobody has, neither for TCP nor for UDP. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = portRange.from + Math.floor(Math.random() * (portRange.to - portRange.from));
    const obstacles = [await portObstacle(port, 'TCP', { ipv6: false }), await portObstacle(port, 'UDP', { ipv6: false })];
    if (obstacles.every((obstacle) => obstacle === undefined)) return port;
  }
}

/** The port that a server listens on. */
export function portOf(server: Server): number {
  const address = server.address();
  if (typeof address !== 'object' || !address) throw new Error('the server does not listen on a port');
  return address.port;
}

/** The answer of a request over a connection of its own, or the code of the error. */
export function answerFrom(port: number, path = '/'): Promise<string> {
  return new Promise((resolve) => {
    const request = get({ host: '127.0.0.1', port, path, agent: false, timeout: 2_000 }, (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (text: string) => {
        body += text;
      });
      response.on('end', () => resolve(`${response.statusCode} ${body}`));
    });
    request.on('timeout', () => request.destroy(new Error('timeout')));
    request.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
  });
}

/** Waits until a condition holds; throws with its name when it does not within ten seconds. */
export async function until(name: string, condition: () => Promise<boolean> | boolean): Promise<void> {
  if (!(await waitFor(async () => condition(), 10_000))) throw new Error(`not within ten seconds: ${name}`);
}
