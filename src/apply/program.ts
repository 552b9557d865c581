import { spawn } from 'node:child_process';
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';

/** A program that ends by itself. */
export interface Program {
  readonly path: string;
  readonly args: readonly string[];
  /** How long it may take, in milliseconds. */
  readonly limitMs: number;
  /** Whether what it writes to standard output is read; thrown away unless given. */
  readonly isRead?: boolean;
  /** More variables for it. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** How a program ended. Without an exit code a signal ended it. */
export interface ProgramEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly isLate: boolean;
  readonly stdout: string;
  readonly stderr: string;
}

/** Between the request to end and the end by force. */
const graceMs = 1_000;

/**
 * Runs a program to its end. Rejects with the system's error when it cannot be started, also when there are no file descriptors for it: Node then
 * makes no streams and reports the error a moment later, which ends the process when nobody listens by then (execa 9.6 does not).
 */
export async function runProgram(program: Program): Promise<ProgramEnd> {
  const [path, args] = withEnvironment(program);
  // Behind a shell the system would not say why.
  if (path !== program.path && program.path.includes('/')) await access(program.path, constants.X_OK);
  const child = spawn(path, [...args], { stdio: ['ignore', program.isRead ? 'pipe' : 'ignore', 'pipe'] });
  const { promise, resolve, reject } = Promise.withResolvers<ProgramEnd>();
  const text = { stdout: '', stderr: '' };
  let isLate = false;
  const ending = setTimeout(() => {
    isLate = true;
    child.kill('SIGTERM');
  }, program.limitMs);
  const force = setTimeout(() => child.kill('SIGKILL'), program.limitMs + graceMs);
  child.on('error', reject);
  child.on('close', (code, signal) => resolve({ code, signal, isLate, ...text }));
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.setEncoding('utf8').on('data', (part: string) => {
      text[name] += part;
    });
  }
  return promise.finally(() => {
    clearTimeout(ending);
    clearTimeout(force);
  });
}

/** The program with its arguments, behind a shell when it gets variables of its own. */
function withEnvironment({ path, args, environment = {} }: Program): readonly [string, readonly string[]] {
  const assignments = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
  if (assignments.length === 0) return [path, args];
  return ['/bin/sh', ['-c', `export ${assignments.join(' ')}; exec "$0" "$@"`, path, ...args]];
}
