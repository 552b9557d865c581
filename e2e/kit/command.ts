import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { theNginx, until } from './machine.ts';

const ours = join(import.meta.dirname, '../../bin/gatehouse');

/** A run of `bin/gatehouse` as a process of its own. */
export interface Command {
  readonly process: ChildProcess;
  readonly out: () => string;
  readonly err: () => string;
  /** The exit code, or the signal that ended it. */
  readonly ended: Promise<number | string>;
  /** Waits until standard output or standard error holds a text. */
  says(text: string | RegExp): Promise<void>;
}

/** Starts `gatehouse`, or another installation of it, with these arguments. */
export function startCommand(args: readonly string[], program = ours): Command {
  const child = spawn(program, args, { env: { ...process.env, NGINX: theNginx() }, stdio: ['ignore', 'pipe', 'pipe'] });
  const text = { out: '', err: '' };
  child.stdout.setEncoding('utf8').on('data', (part: string) => {
    text.out += part;
  });
  child.stderr.setEncoding('utf8').on('data', (part: string) => {
    text.err += part;
  });
  const ended = once(child, 'close').then(([code, signal]) => code ?? signal);
  return {
    process: child,
    out: () => text.out,
    err: () => text.err,
    ended,
    async says(wanted) {
      const holds = () => (typeof wanted === 'string' ? (text.out + text.err).includes(wanted) : wanted.test(text.out + text.err));
      await until(`the command says ${wanted}`, holds, 15_000).catch((error: Error) => {
        throw new Error(`${error.message}\n${text.out}${text.err}`);
      });
    },
  };
}

/** Runs `gatehouse` to its end. */
export async function runCommand(
  ...args: string[]
): Promise<{ readonly code: number | string; readonly out: string; readonly err: string }> {
  const command = startCommand(args);
  const code = await command.ended;
  return { code, out: command.out(), err: command.err() };
}
