import { randomUUID } from 'node:crypto';
import { closeSync, constants, openSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { Socket } from 'node:net';
import { execa } from 'execa';
import { allocatorSettings } from './nginx-allocator.ts';
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

const environment = Object.entries(allocatorSettings).map(([name, value]) => `${name}=${value}`);

/** The command that a program and its arguments follow: gives the program its environment, and the descriptor 3 as its error output. */
export const withErrorsToPipe = ['/bin/sh', '-c', `export ${environment.join(' ')}; exec "$0" "$@" 2>&3 3>&-`] as const;

/**
 * Makes a pipe whose writer never waits: a worker of NGINX that writes to a full pipe would stop serving until the controller reads
 * again, however long it is busy or stopped. Lines that do not fit are lost instead. Disk errors are thrown.
 */
export async function openLogPipe(runDirectory: string): Promise<LogPipe> {
  const path = `${runDirectory}/${unfinishedPrefix}${randomUUID()}`;
  await execa('mkfifo', ['-m', '600', path]);
  try {
    const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const writer = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
    return { reader: new Socket({ fd: reader, readable: true, writable: false }), writer, closeWriter: () => closeSync(writer) };
  } finally {
    await rm(path, { force: true });
  }
}
