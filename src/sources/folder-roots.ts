import { stat } from 'node:fs/promises';

/** Milliseconds between two looks at the directories that were named. */
const interval = 1000;

/**
 * Looks every second whether a directory is still the one that is watched, and tells when another one has taken its place or it is gone: a
 * watch belongs to the directory that was there, and its end is not always reported. Returns how to end the looking.
 */
export async function followRoots(paths: readonly string[], onReplaced: (path: string) => void): Promise<() => void> {
  const known = new Map<string, string | undefined>();
  let isLooking = false;
  const look = async (): Promise<void> => {
    for (const path of paths) {
      const identity = await identityOf(path);
      const isNew = known.has(path) && known.get(path) !== identity;
      known.set(path, identity);
      if (isNew) onReplaced(path);
    }
  };
  const lookOnce = (): void => {
    if (isLooking) return;
    isLooking = true;
    void look().finally(() => {
      isLooking = false;
    });
  };
  await look();
  const timer = setInterval(lookOnce, interval);
  timer.unref();
  return () => clearInterval(timer);
}

/** Numbers of directories are used again, so the time of birth counts too; undefined when there is none. */
async function identityOf(path: string): Promise<string | undefined> {
  const found = await stat(path, { bigint: true }).catch(() => undefined);
  return found && `${found.dev} ${found.ino} ${found.birthtimeNs}`;
}
