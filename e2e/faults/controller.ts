import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { waitFor } from '../../src/apply/nginx-processes.ts';

/** A line of the controller's log. */
export interface LogLine {
  readonly msg: string;
  readonly level: number;
  readonly outcome?: string;
  /** In lines about a batch: how many Ingresses there were. */
  readonly ingresses?: number;
}

/** `gatehouse serve` as a process of its own. */
export interface Controller {
  readonly pid: number;
  readonly log: readonly LogLine[];
  /** Whether the process still runs. */
  isRunning(): boolean;
  /** The exit code or the signal; undefined while it runs. */
  howEnded(): string | undefined;
  /** Waits for a line that was written after the first `from` ones, and resolves with it; throws when there is none within the limit. */
  line(pattern: RegExp, from: number, limitMs?: number): Promise<LogLine>;
  /** How often NGINX was reloaded or started, over all of the log. */
  reloads(): number;
  /** Nobody reads what it writes from now on. */
  stopReading(): void;
  /** Sends a signal and waits for the end. */
  end(signal: NodeJS.Signals, limitMs?: number): Promise<void>;
}

export interface ControllerOptions {
  readonly files: string;
  readonly runDirectory: string;
  readonly nginx: string;
  readonly http: number;
  readonly https: number;
  /** The run directory becomes a file system of so many megabytes that only the controller and its NGINX see. */
  readonly privateDiskMegabytes?: number;
  /** More variables for it and for NGINX. */
  readonly environment?: Readonly<Record<string, string>>;
}

const program = join(import.meta.dirname, '../../bin/gatehouse');

/** Starts the controller; resolves when it serves. Rejects with the end of its log. */
export async function startController(options: ControllerOptions): Promise<Controller> {
  const [command = program, ...args] = commandLine(options);
  // A debugger is opened by signal when a scenario blocks a thread; it takes any free port then.
  const env = { ...process.env, ...options.environment, NGINX: options.nginx, NODE_OPTIONS: '--inspect-port=127.0.0.1:0' };
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], env, detached: true });
  const log: LogLine[] = [];
  const spoken = new Promise<void>((resolve) => {
    child.stdout?.on('data', (data: Buffer) => {
      if (data.includes('Every save is live')) resolve();
    });
  });
  if (child.stderr) createInterface({ input: child.stderr }).on('line', (text) => log.push(parseLine(text)));
  child.on('error', () => undefined);
  const ended = once(child, 'exit');
  await Promise.race([spoken, ended]);
  const { pid } = child;
  if (pid === undefined || child.exitCode !== null || child.signalCode !== null)
    throw new Error(`the controller did not start:\n${tail(log)}`);
  return controllerOf({ child, pid, log, ended });
}

function commandLine({ files, runDirectory, http, https, privateDiskMegabytes }: ControllerOptions): readonly string[] {
  const ports = ['--http-port', `${http}`, '--https-port', `${https}`, '--worker-processes', '2'];
  const serve = [program, 'serve', files, ...ports, '--run-directory', runDirectory, '--log-format', 'json'];
  if (privateDiskMegabytes === undefined) return serve;
  const mount = `mount -t tmpfs -o size=${privateDiskMegabytes}m,mode=700 gatehouse-faults "$0" && exec "$@"`;
  return ['unshare', '--mount', '--propagation', 'private', 'sh', '-c', mount, runDirectory, ...serve];
}

interface Parts {
  readonly child: ChildProcess;
  readonly pid: number;
  readonly log: LogLine[];
  readonly ended: Promise<unknown>;
}

function controllerOf({ child, pid, log, ended }: Parts): Controller {
  const isRunning = () => child.exitCode === null && child.signalCode === null;
  return {
    pid,
    log,
    isRunning,
    howEnded: () => (isRunning() ? undefined : (child.signalCode ?? `exit code ${child.exitCode}`)),
    async line(pattern, from, limitMs = 10_000) {
      const find = () => log.slice(from).find(({ msg }) => pattern.test(msg));
      await waitFor(async () => find() !== undefined || !isRunning(), limitMs);
      const found = find();
      if (!found) throw new Error(`the log does not say ${pattern} within ${limitMs / 1000} s:\n${tail(log)}`);
      return found;
    },
    reloads: () => log.filter(({ msg }) => msg.startsWith('reloaded ')).length,
    stopReading() {
      child.stdout?.destroy();
      child.stderr?.destroy();
    },
    async end(signal, limitMs = 10_000) {
      if (!isRunning()) return;
      child.kill(signal);
      if (!(await waitFor(async () => !isRunning(), limitMs))) child.kill('SIGKILL');
      await ended;
    },
  };
}

function parseLine(text: string): LogLine {
  try {
    return JSON.parse(text) as LogLine;
  } catch {
    return { level: 30, msg: text };
  }
}

/** The last lines, for a person. */
export function tail(log: readonly LogLine[], count = 15): string {
  return log
    .filter(({ msg }) => !msg.includes('is buffered to a temporary file'))
    .slice(-count)
    .map(({ msg }) => `    ${msg}`)
    .join('\n');
}
