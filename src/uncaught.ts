/** Where words go, and what is done after the last ones; the process's own outside of tests. */
export interface UncaughtOptions {
  /** Writes a line at once. */
  readonly write: (line: string) => void;
}

/** Says whether the command has come to its end. */
export interface Uncaught {
  /** The process may end. */
  finished(): void;
}

/** What no part of a program answers for with these is not known to be a mistake: the system had no file descriptor for it at that moment. */
const lacks = new Set<unknown>(['EMFILE', 'ENFILE']);

/** An error that nobody handled means that the state is unknown, and ends the process with this code, as a start that fails does. */
const exitCode = 2;

/**
 * Takes the errors that reach nobody, rejections too. Without file descriptors the process goes on, as whatever wanted one tries again; anything else
 * ends it with the reason. Also says so when the process ends because nothing is left to wait for.
 */
export function watchUncaught({ write }: UncaughtOptions): Uncaught {
  let isFinished = false;
  process.on('uncaughtException', (error: unknown) => {
    if (isLack(error)) {
      write(`gatehouse: there is no file descriptor left, trying again: ${messageOf(error)}\n`);
      return;
    }
    isFinished = true;
    write(`gatehouse: ended by an error that nobody handled: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    process.exit(exitCode);
  });
  process.on('exit', (code) => {
    if (isFinished) return;
    write('gatehouse: ended, as nothing was left to wait for; this is a mistake of the program\n');
    process.exitCode = code || exitCode;
  });
  return {
    finished: () => {
      isFinished = true;
    },
  };
}

function isLack(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return ('code' in error && lacks.has(error.code)) || isLack(error.cause);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
