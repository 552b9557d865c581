import { access, rm, writeFile } from 'node:fs/promises';
import { runPaths } from '../model/settings.ts';

/** The files by which NGINX answers whether its Pod is ready, also while no controller runs. */
export interface Readiness {
  /** A generation has been verified in the NGINX that runs. */
  write(): Promise<void>;
  /** NGINX is to say that it is not ready, while it goes on serving. */
  drain(): Promise<void>;
  /** The Pod is ending, by whoever has said so. */
  isDraining(): Promise<boolean>;
  /** Nothing of an earlier run of this Pod counts. */
  clear(): Promise<void>;
}

/** Makes the files' keeper for one run directory. */
export function createReadiness(runDirectory: string): Readiness {
  const { ready, draining } = runPaths(runDirectory);
  return {
    write: () => writeFile(ready, ''),
    drain: () => writeFile(draining, ''),
    isDraining: () =>
      access(draining).then(
        () => true,
        () => false,
      ),
    clear: async () => {
      await rm(ready, { force: true });
      await rm(draining, { force: true });
    },
  };
}
