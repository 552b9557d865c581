import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { nginxChildren } from '../../src/apply/nginx-processes.ts';
import { nginxProgram } from '../../src/apply/nginx-testbed.ts';
import { ask } from './asking.ts';

const found = nginxProgram(process.env['NGINX']);
/** NGINX would take the variable for a list of sockets that it inherits. */
delete process.env['NGINX'];

/** The NGINX that everything here runs with. */
export function theNginx(): string {
  if (found === undefined) throw new Error('there is no NGINX: run `make install`, or name one in NGINX');
  return found;
}

/** An NGINX with a configuration of our own. */
export interface PlainNginx {
  readonly pid: number;
  /** Whose CPU time is that of requests. */
  workers(): Promise<readonly number[]>;
  stop(): Promise<void>;
}

interface PlainNginxOptions {
  /** Made when it is not there. */
  readonly folder: string;
  readonly workers: number;
  /** Printed into `http { }`. */
  readonly http: string;
  /** Answers once it runs. */
  readonly port: number;
  /** Another NGINX than that of everything else. */
  readonly program?: string;
}

/** Starts an NGINX and waits until it answers. */
export async function startPlainNginx({ folder, workers, http, port, program = theNginx() }: PlainNginxOptions): Promise<PlainNginx> {
  await mkdir(join(folder, 'tmp'), { recursive: true });
  const config = join(folder, 'nginx.conf');
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${folder}/tmp/${name};`);
  // A master that runs as root gives its workers another account, which may not enter the folder.
  const user = process.getuid?.() === 0 ? 'user root;\n' : '';
  const events = 'events { worker_connections 16384; multi_accept on; }';
  await writeFile(
    config,
    `${user}pid ${folder}/nginx.pid;\nworker_processes ${workers};\nerror_log stderr crit;\n${events}\nhttp {\naccess_log off;\n${temporary.join('\n')}\n${http}\n}\n`,
  );
  const child = spawn(program, ['-e', 'stderr', '-c', config, '-g', 'daemon off;'], { stdio: ['ignore', 'ignore', 'inherit'] });
  const ended = once(child, 'exit');
  const { pid } = child;
  if (pid === undefined) throw new Error(`${program} cannot be started`);
  while ((await ask({ port, host: 'bench.test', path: '/' })).status === undefined) {
    if (child.exitCode !== null) throw new Error(`NGINX ended with ${child.exitCode}`);
    await pause(20);
  }
  return {
    pid,
    workers: () => nginxChildren(pid),
    async stop() {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

/** What answers behind the proxies: 200 with the address that was asked, on two loopback addresses, and a file of 1 MiB. */
export async function startBackend(folder: string, port: number): Promise<PlainNginx> {
  await mkdir(join(folder, 'files'), { recursive: true });
  await writeFile(join(folder, 'files', 'mebibyte'), Buffer.alloc(1024 * 1024, 'x'));
  const http = `keepalive_requests 1000000;
keepalive_timeout 300s;
client_max_body_size 0;
sendfile on;
server {
  listen 127.0.0.1:${port};
  listen 127.0.0.2:${port};
  location / { return 200 "$server_addr\\n"; }
  location = /shop/mebibyte { alias ${folder}/files/mebibyte; }
}`;
  return startPlainNginx({ folder, workers: 1, http, port });
}

/** Free TCP ports, below those that the system gives to clients. */
export async function freePorts(count: number): Promise<readonly number[]> {
  const ports = new Set<number>();
  while (ports.size < count) {
    const port = 12_000 + Math.floor(Math.random() * 20_000);
    if (await isFree(port)) ports.add(port);
  }
  return [...ports];
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '0.0.0.0', () => server.close(() => resolve(true)));
  });
}
