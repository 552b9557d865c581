import type { Place } from '../model/diagnostic.ts';
import type { Sink } from '../model/events.ts';
import type { ObjectRef } from '../model/objects.ts';
import { createFolderChanges, type FolderChanges } from './folder-changes.ts';
import { type FolderFiles, inspectFile, openFolder } from './folder-files.ts';
import { createFolderReader, type FolderReader, inParts } from './folder-reader.ts';
import { followRoots } from './folder-roots.ts';
import { type FolderWatcher, openWatcher } from './folder-watcher.ts';
import type { FolderSummary } from './manifest-set.ts';

export type { FolderSummary } from './manifest-set.ts';

/** Manifest files as a source of objects. */
export interface Folder {
  /** Ends the watch; nothing reaches the sink afterwards. */
  readonly stop: () => Promise<void>;
  /** Where a field of an object is written, or its nearest parent. */
  readonly locate: (ref: ObjectRef, field: string) => Place | undefined;
  readonly summary: () => FolderSummary;
}

interface FolderOptions {
  /** Files, or directories that are searched for `.yaml`, `.yml` and `.json` with everything below them. */
  readonly paths: readonly string[];
  readonly sink: Sink;
  /** Told when files can no longer be watched as they should. */
  readonly onError?: (error: Error) => void;
}

/** Reads all manifests once. Throws when a path does not exist; everything else that is wrong becomes diagnostics. */
export async function readFolder(options: Omit<FolderOptions, 'onError'>): Promise<Folder> {
  const reader = createFolderReader(await openFolder(options.paths), options);
  await reader.readAll();
  return { ...reader.folder, stop: async () => {} };
}

/**
 * Reads all manifests and goes on to watch them. Ready when everything that exists was delivered. A saved file is delivered as soon as
 * it rests; one that is broken keeps what it held before in force. Throws when a path does not exist.
 */
export async function startFolder(options: FolderOptions): Promise<Folder> {
  const files = await openFolder(options.paths);
  const onError = options.onError ?? (() => {});
  let onPassing = () => {};
  const reader = createFolderReader(files, { sink: options.sink, onPassing: () => onPassing() });
  const changes = createFolderChanges({ deliver: reader.read, onError });
  // Watched before it is read: what changes in between is noticed. Hints wait until everything was read.
  const early = new Set<string>();
  let isEarlyRescan = false;
  let notice: FolderChanges['notice'] = (path) => void early.add(path);
  let askRescan = (): void => {
    isEarlyRescan = true;
  };
  const watcher = await openWatcher(files, { notice: (...hint) => notice(...hint), rescan: () => askRescan(), onError });
  const rescan = createRescan({ files, reader, watcher, onError, notice: (path) => notice(path, 'written') });
  onPassing = rescan.later;
  await reader.readAll();
  const roots = files.roots.flatMap((root) => (root.isDirectory ? [root.path] : []));
  const leaveRoots = await followRoots(roots, rescan.ask);
  notice = changes.notice;
  askRescan = rescan.ask;
  for (const path of early) changes.notice(path, 'written');
  if (isEarlyRescan) rescan.ask();
  return {
    ...reader.folder,
    stop: async () => {
      notice = () => {};
      leaveRoots();
      await rescan.stop();
      await watcher.close();
      await changes.stop();
    },
  };
}

interface RescanOptions {
  readonly files: FolderFiles;
  readonly reader: FolderReader;
  readonly watcher: FolderWatcher;
  readonly notice: (path: string) => void;
  readonly onError: (error: Error) => void;
}

interface Rescan {
  /** Soon. `root`: a directory that is another one than before. */
  readonly ask: (root?: string) => void;
  readonly later: () => void;
  readonly stop: () => Promise<void>;
}

/** Milliseconds. */
const rescanDelay = 20;
const laterDelay = 1000;

/** Compares all files with what was read, for changes that the watcher does not report file by file. */
function createRescan({ files, reader, watcher, notice, onError }: RescanOptions): Rescan {
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> | undefined;
  let stopped = false;
  const list = createWatchedList(files, watcher);
  const scan = async (): Promise<void> => {
    const { found, missing } = await list.read(() => stopped);
    await inParts([...new Set([...found, ...reader.paths()])], async (path) => {
      if ((await inspectFile(path))?.signature !== reader.signature(path)) notice(path);
    });
    if (missing.length > 0) ask(laterDelay);
  };
  const ask = (delay: number): void => {
    if (stopped) return;
    clearTimeout(timer);
    timer = setTimeout(() => {
      running = scan().catch((error) => onError(error instanceof Error ? error : new Error(String(error))));
    }, delay);
  };
  return {
    ask: (root) => {
      if (root !== undefined) list.replaced.add(root);
      ask(rescanDelay);
    },
    later: () => ask(laterDelay),
    stop: async () => {
      stopped = true;
      clearTimeout(timer);
      await running;
    },
  };
}

/** Lists files, and has their directories watched: what comes into one between the two is in the next list. */
function createWatchedList(files: FolderFiles, watcher: FolderWatcher) {
  const replaced = new Set<string>();
  let missingBefore: readonly string[] = [];
  const read = async (isOver: () => boolean): Promise<{ readonly found: readonly string[]; readonly missing: readonly string[] }> => {
    for (;;) {
      const { files: found, missing, watchable } = await files.list();
      const back = [...replaced, ...missingBefore].filter((path) => !missing.includes(path));
      replaced.clear();
      missingBefore = missing;
      if (isOver() || !(await watcher.follow(watchable, back))) return { found, missing };
    }
  };
  return { read, replaced };
}
