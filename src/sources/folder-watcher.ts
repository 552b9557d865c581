import { dirname, join } from 'node:path';
import { type FolderFiles, isKubeletLink } from './folder-files.ts';
import { createInotifyWatcher } from './inotify-watcher.ts';

/**
 * What a watcher tells. `moved`: the file came to its name as a whole, by a rename or a link, or has gone; `written`: somebody may be in the middle of
 * writing it.
 */
export interface FolderHints {
  readonly notice: (path: string, how: 'moved' | 'written') => void;
  /** Directories or links may be others than before. */
  readonly rescan: () => void;
  readonly onError: (error: Error) => void;
}

/** Looks after the directories of a folder. */
export interface FolderWatcher {
  /**
   * Watches these directories and linked files too, and leaves those that are gone; true when one of them was not watched before, so that what changed in it
   * until now was not noticed. `back`: roots that were missing, or are others than before.
   */
  readonly follow: (watchable: readonly string[], back: readonly string[]) => Promise<boolean>;
  readonly close: () => Promise<void>;
}

/** Begins to watch. */
export async function openWatcher(files: FolderFiles, hints: FolderHints): Promise<FolderWatcher> {
  if (process.platform !== 'linux') return openChokidar(files, hints);
  const watcher = createInotifyWatcher(files, hints);
  while (await watcher.follow((await files.list()).watchable, []));
  return watcher;
}

async function openChokidar(files: FolderFiles, { notice, rescan, onError }: FolderHints): Promise<FolderWatcher> {
  // Linux needs none of it.
  const { watch } = await import('chokidar');
  const tops = files.roots.map((root) => (root.isDirectory ? root.path : dirname(root.path)));
  const watcher = watch([...new Set(tops)], {
    ignoreInitial: true,
    // Moments of absence are dealt with by `folder-changes`, which also knows empty files.
    atomic: false,
    ignored: (path, stats) => stats !== undefined && !files.isWatched(path, stats.isFile()),
  });
  const hint = (path: string): void => {
    if (files.isManifest(path)) notice(path, 'written');
    if (isKubeletLink(path)) rescan();
  };
  watcher.on('error', (error) => onError(error instanceof Error ? error : new Error(String(error))));
  await new Promise<void>((resolve) => watcher.once('ready', resolve));
  watcher.on('all', (event, path) => {
    hint(path);
    if (event === 'addDir' || event === 'unlinkDir') rescan();
  });
  // The events above leave out what follows another one within 50 ms, and see nothing when a link is exchanged.
  watcher.on('raw', (_event, name, details) => {
    const watched = watchedPath(details);
    if (watched === undefined) return;
    hint(watched);
    if (typeof name === 'string') hint(join(watched, name));
  });
  return {
    follow: async (_watchable, back) => {
      if (back.length > 0) watcher.add([...back]);
      return false;
    },
    close: () => watcher.close(),
  };
}

/** The part of a raw event that is documented: the file or directory whose watch it comes from. */
function watchedPath(details: unknown): string | undefined {
  if (typeof details !== 'object' || details === null || !('watchedPath' in details)) return undefined;
  return typeof details.watchedPath === 'string' ? details.watchedPath : undefined;
}
