import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { say } from './report.ts';

/** A place to work in, and what has to be ended there. */
export interface Place {
  readonly folder: string;
  /** Calls back before the folder goes; the last one first. */
  onEnd(end: () => Promise<void>): void;
}

/** Gives a folder of its own to a measurement, and takes everything away afterwards, also when it failed or Ctrl-C came. */
export async function withPlace<T>(use: (place: Place) => Promise<T>): Promise<T> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'gatehouse-bench-')));
  const ends: (() => Promise<void>)[] = [];
  const interrupted = Promise.withResolvers<never>();
  const interrupt = (): void => interrupted.reject(new Error('interrupted'));
  process.once('SIGINT', interrupt).once('SIGTERM', interrupt);
  try {
    return await Promise.race([use({ folder, onEnd: (end) => void ends.unshift(end) }), interrupted.promise]);
  } finally {
    process.off('SIGINT', interrupt).off('SIGTERM', interrupt);
    for (const end of ends) await end().catch((error: unknown) => say(`not ended: ${error}`));
    // What was interrupted may be writing a file just now.
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}
