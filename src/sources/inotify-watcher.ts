import { type FSWatcher, watch } from 'node:fs';
import { lstat, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { type FolderFiles, isKubeletLink } from './folder-files.ts';
import type { FolderHints, FolderWatcher } from './folder-watcher.ts';

/** One watch, and what tells whether it still belongs to what is at its path. */
interface Watch {
  readonly watcher: FSWatcher;
  readonly identity: string;
}

/**
 * File systems whose events come from this machine's kernel in the order of what happened: ext4, XFS, Btrfs, F2FS, ZFS, tmpfs, overlayfs (statfs(2)). Shared folders
 * of virtual machines make events up from what they find changed.
 */
const orderly = new Set([0xef53, 0x58465342, 0x9123683e, 0xf2f52010, 0x2fc12fc1, 0x01021994, 0x794c7630]);

/**
 * Watches directories as a whole, as Linux does it (inotify(7)): no look at each file at the start, and none at all the others when one changes, as chokidar
 * takes them. Linked files are watched one by one, because the directory does not tell what happens to them.
 */
export function createInotifyWatcher(files: FolderFiles, hints: FolderHints): FolderWatcher {
  const watches = new Map<string, Watch>();
  const take = createEventReader(files, hints, (path) => watches.has(path));
  const followOne = async (path: string): Promise<boolean> => {
    const identity = await identityOf(path);
    const before = watches.get(path);
    if (before?.identity === identity) return false;
    before?.watcher.close();
    watches.delete(path);
    if (identity === undefined) return false;
    try {
      watches.set(path, { watcher: await open(path, hints, take), identity });
      return true;
    } catch (error) {
      // What vanished a moment ago is missed by nobody.
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') hints.onError(notWatched(path, error as NodeJS.ErrnoException));
      return false;
    }
  };
  return {
    follow: async (watchable) => {
      // What is not listed may only have been unreadable: it is left when it is gone.
      const all = [...new Set([...watchable, ...watches.keys()])];
      const results = await Promise.all(all.map(followOne));
      return results.includes(true);
    },
    close: async () => {
      for (const { watcher } of watches.values()) watcher.close();
      watches.clear();
    },
  };
}

/** What happened to a name in a directory. */
type Event = { readonly path: string; readonly isRename: boolean; readonly isOrderly: boolean };

function createEventReader(files: FolderFiles, hints: FolderHints, isWatch: (path: string) => boolean): (event: Event) => void {
  /** A name that is no manifest's may be a directory or a link that leads to some; so may a manifest's. */
  const lookBehind = async (path: string): Promise<void> => {
    const found = await lstat(path).catch(() => undefined);
    if (isWatch(path) || found?.isDirectory() || found?.isSymbolicLink()) hints.rescan();
  };
  return ({ path, isRename, isOrderly }) => {
    const isManifest = files.isManifest(path);
    if (isManifest) hints.notice(path, isRename && isOrderly ? 'moved' : 'written');
    if (isKubeletLink(path)) hints.rescan();
    else if (isRename && (isManifest || files.isWatched(path, false))) void lookBehind(path);
  };
}

async function open(path: string, hints: FolderHints, take: (event: Event) => void): Promise<FSWatcher> {
  const isDirectory = (await stat(path)).isDirectory();
  const isOrderly = orderly.has((await statfs(path)).type);
  const watcher = watch(path, (type, name) => {
    if (isDirectory && name !== null) return take({ path: join(path, name), isRename: type === 'rename', isOrderly });
    if (!isDirectory) hints.notice(path, 'written');
    hints.rescan();
  });
  watcher.on('error', hints.onError);
  return watcher;
}

/** Numbers of files are used again, so the time of birth counts too; undefined when there is none. */
async function identityOf(path: string): Promise<string | undefined> {
  const found = await stat(path, { bigint: true }).catch(() => undefined);
  return found && `${found.dev} ${found.ino} ${found.birthtimeNs}`;
}

function notWatched(path: string, error: NodeJS.ErrnoException): Error {
  const hint = error.code === 'ENOSPC' ? 'this account has used up its watches (sysctl fs.inotify.max_user_watches)' : error.message;
  return new Error(`${path} cannot be watched, so changes in it are not noticed: ${hint}`, { cause: error });
}
