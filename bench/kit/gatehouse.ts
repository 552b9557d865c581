import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { runPaths } from '../../src/model/settings.ts';
import { freePorts, theNginx } from './nginx.ts';

/** A line of the log, with the moment (`performance.now()`) at which it was read. */
export interface LogLine {
  readonly level: number;
  readonly msg: string;
  /** How long the batch took, in lines about a batch. */
  readonly ms?: number;
  readonly at: number;
}

/** A `gatehouse serve` in a process of its own, as people run it. */
export interface Gatehouse {
  readonly pid: number;
  readonly startedAt: number;
  readonly httpPort: number;
  readonly httpsPort: number;
  readonly runDirectory: string;
  readonly log: readonly LogLine[];
  reloads(): number;
  /** Resolves with the next line that fits, among those from this index on. */
  line(from: number, fits: (line: LogLine) => boolean): Promise<LogLine>;
  nginxPid(): Promise<number>;
  config(): Promise<string>;
  /** Ends it, with NGINX. */
  stop(): Promise<void>;
}

interface GatehouseOptions {
  readonly manifests: string;
  readonly folder: string;
  readonly workers: number;
}

const root = join(import.meta.dirname, '../..');

/** Starts the product; it is not ready yet when this resolves. */
export async function startGatehouse({ manifests, folder, workers }: GatehouseOptions): Promise<Gatehouse> {
  const [httpPort = 0, httpsPort = 0] = await freePorts(2);
  const runDirectory = join(folder, 'run');
  const ports = ['--http-port', `${httpPort}`, '--https-port', `${httpsPort}`];
  const how = ['--worker-processes', `${workers}`, '--log-format', 'json', '--nginx', theNginx(), '--run-directory', runDirectory];
  const startedAt = performance.now();
  const child = spawn(join(root, 'bin/gatehouse'), ['serve', manifests, ...ports, ...how], { stdio: ['ignore', 'ignore', 'pipe'] });
  const ended = once(child, 'exit');
  const { pid } = child;
  if (pid === undefined) throw new Error('bin/gatehouse cannot be started');
  const log = followLog(child.stderr, () => child.exitCode);
  return {
    pid,
    startedAt,
    httpPort,
    httpsPort,
    runDirectory,
    ...log,
    reloads: () => log.log.filter(({ msg }) => msg.startsWith('reloaded ')).length,
    nginxPid: async () => Number(await readFile(runPaths(runDirectory).pid, 'utf8')),
    config: () => readFile(runPaths(runDirectory).config, 'utf8'),
    async stop() {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

function followLog(stream: NodeJS.ReadableStream, exitCode: () => number | null): Pick<Gatehouse, 'log' | 'line'> {
  const log: LogLine[] = [];
  const waiters = new Set<() => void>();
  const wake = (): void => {
    for (const waiter of [...waiters]) waiter();
  };
  const reader = createInterface({ input: stream });
  reader.on('line', (text) => {
    log.push({ ...readLine(text), at: performance.now() });
    wake();
  });
  reader.on('close', wake);
  return {
    log,
    line: (from, fits) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const found = log.slice(from).find(fits);
          if (!found && exitCode() === null) return;
          waiters.delete(look);
          if (found) resolve(found);
          else reject(new Error(`gatehouse ended with ${exitCode()}: ${log.at(-1)?.msg}`));
        };
        waiters.add(look);
        look();
      }),
  };
}

/** What is not JSON comes from the program's last words. */
function readLine(text: string): Omit<LogLine, 'at'> {
  try {
    return JSON.parse(text);
  } catch {
    return { level: 50, msg: text };
  }
}
