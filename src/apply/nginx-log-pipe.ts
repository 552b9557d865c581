import { randomUUID } from 'node:crypto';
import { closeSync, constants, openSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { Socket } from 'node:net';
import { allocatorSettings } from './nginx-allocator.ts';
import { runProgram } from './program.ts';
import { unfinishedPrefix } from './run-directory.ts';

/** A pipe for the error log of NGINX. */
export interface LogPipe {
  /** Ends when nobody can write any more. */
  readonly reader: Socket;
  /** The descriptor that NGINX gets, under the number 3: Node makes those below wait again. */
  readonly writer: number;
  /** Gives the writer up here, once NGINX has it. */
  closeWriter(): void;
}

const limitMs = 10_000;
const environment = Object.entries(allocatorSettings).map(([name, value]) => `${name}=${value}`);

/** The command that a program and its arguments follow: gives the program its environment, and the descriptor 3 as its error output. */
export const withErrorsToPipe = ['/bin/sh', '-c', `export ${environment.join(' ')}; exec "$0" "$@" 2>&3 3>&-`] as const;

/**
 * Makes a pipe whose writer never waits: a worker of NGINX that writes to a full pipe would stop serving until the controller reads
 * again, however long it is busy or stopped. Lines that do not fit are lost instead. Disk errors are thrown.
 */
export async function openLogPipe(runDirectory: string): Promise<LogPipe> {
  const path = `${runDirectory}/${unfinishedPrefix}${randomUUID()}`;
  const made = await runProgram({ path: 'mkfifo', args: ['-m', '600', path], limitMs });
  if (made.code !== 0)
    throw new Error(`The pipe ${path} cannot be made: ${made.stderr.trim() || `mkfifo ended with ${made.signal ?? made.code}`}`);
  try {
    return openBoth(path);
  } finally {
    await rm(path, { force: true });
  }
}

/** Both ends, or none: the writer cannot be opened before the reader, and there may be just one file descriptor left. */
function openBoth(path: string): LogPipe {
  const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const writer = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
    return { reader: new Socket({ fd: reader, readable: true, writable: false }), writer, closeWriter: () => closeSync(writer) };
  } catch (error) {
    closeSync(reader);
    throw error;
  }
}
