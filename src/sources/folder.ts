import { dirname, join } from 'node:path';
import { type FSWatcher, watch } from 'chokidar';
import type { Place } from '../model/diagnostic.ts';
import type { Sink } from '../model/events.ts';
import { kinds, type ObjectRef } from '../model/objects.ts';
import { createFolderChanges } from './folder-changes.ts';
import { displayPath, type FolderFiles, inspectFile, isKubeletLink, openFolder, type Reading, readManifestFile } from './folder-files.ts';
import { followRoots } from './folder-roots.ts';
import { parseManifest } from './manifest.ts';
import { createManifestSet, type FileChange, type FolderSummary, type ManifestSet } from './manifest-set.ts';

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
  const reader = createReader(await openFolder(options.paths), options.sink);
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
  const reader = createReader(files, options.sink, () => onPassing());
  const changes = createFolderChanges({ deliver: reader.read, onError });
  // Watched before it is read: what changes in between is noticed. Hints wait until everything was read.
  const early = new Set<string>();
  let notice = (path: string): void => void early.add(path);
  const watcher = await openWatcher(files, onError);
  const rescan = createRescan({ files, reader, watcher, onError, notice: (path) => notice(path) });
  onPassing = rescan.later;
  followEvents(watcher, files, { rescan: rescan.ask, notice: (path) => notice(path) });
  await reader.readAll();
  const roots = files.roots.flatMap((root) => (root.isDirectory ? [root.path] : []));
  const leaveRoots = await followRoots(roots, (path) => {
    watcher.add(path);
    rescan.ask();
  });
  notice = changes.notice;
  for (const path of early) changes.notice(path);
  return {
    ...reader.folder,
    stop: async () => {
      notice = () => {};
      leaveRoots();
      await watcher.close();
      await rescan.stop();
      await changes.stop();
    },
  };
}

interface Reader {
  readonly read: (paths: readonly string[]) => Promise<void>;
  readonly readAll: () => Promise<void>;
  /** What was last read of a file. */
  readonly signature: (path: string) => string | undefined;
  readonly paths: () => Iterable<string>;
  readonly folder: Omit<Folder, 'stop'>;
}

/** No file has this signature, so that the next scan finds a difference. */
const unread = 'unread';

const isPassing = (reading: Reading): boolean => reading !== 'gone' && 'passing' in reading && reading.passing === true;

/** Files that are read at one time: enough to keep the disk busy, few enough to keep the memory small. */
const together = 32;

/** `onPassing` is told when a file could not be read for a reason that passes. */
function createReader(files: FolderFiles, sink: Sink, onPassing: () => void = () => {}): Reader {
  const set: ManifestSet = createManifestSet(sink);
  const signatures = new Map<string, string>();
  const readOne = async (path: string): Promise<FileChange> => {
    const file = displayPath(path);
    const state = await inspectFile(path);
    const reading = state === undefined ? 'gone' : await readManifestFile(path);
    if (reading === 'gone') signatures.delete(path);
    else signatures.set(path, isPassing(reading) ? unread : (state?.signature ?? ''));
    if (isPassing(reading)) onPassing();
    if (reading === 'gone') return { file, content: undefined };
    return { file, content: 'complaint' in reading ? reading.complaint : parseManifest(file, reading.text) };
  };
  const read = async (paths: readonly string[]): Promise<void> => {
    const changes: FileChange[] = [];
    for (let start = 0; start < paths.length; start += together) {
      changes.push(...(await Promise.all(paths.slice(start, start + together).map(readOne))));
    }
    set.update(changes);
  };
  return {
    read,
    readAll: async () => {
      await read((await files.list()).files);
      for (const kind of kinds) sink({ type: 'synced', kind });
    },
    signature: (path) => signatures.get(path),
    paths: () => signatures.keys(),
    folder: { locate: set.locate, summary: set.summary },
  };
}

async function openWatcher(files: FolderFiles, onError: (error: Error) => void): Promise<FSWatcher> {
  const tops = files.roots.map((root) => (root.isDirectory ? root.path : dirname(root.path)));
  const watcher = watch([...new Set(tops)], {
    ignoreInitial: true,
    // Moments of absence are dealt with by `folder-changes`, which also knows empty files.
    atomic: false,
    ignored: (path, stats) => stats !== undefined && !files.isWatched(path, stats.isFile()),
  });
  watcher.on('error', (error) => onError(error instanceof Error ? error : new Error(String(error))));
  await new Promise<void>((resolve) => watcher.once('ready', resolve));
  return watcher;
}

interface Hints {
  readonly notice: (path: string) => void;
  readonly rescan: () => void;
}

function followEvents(watcher: FSWatcher, files: FolderFiles, { notice, rescan }: Hints): void {
  const hint = (path: string): void => {
    if (files.isManifest(path)) notice(path);
    if (isKubeletLink(path)) rescan();
  };
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
}

/** The part of a raw event that is documented: the file or directory whose watch it comes from. */
function watchedPath(details: unknown): string | undefined {
  if (typeof details !== 'object' || details === null || !('watchedPath' in details)) return undefined;
  return typeof details.watchedPath === 'string' ? details.watchedPath : undefined;
}

interface RescanOptions {
  readonly files: FolderFiles;
  readonly reader: Reader;
  readonly watcher: FSWatcher;
  readonly notice: (path: string) => void;
  readonly onError: (error: Error) => void;
}

/** Milliseconds. */
const rescanDelay = 20;
const laterDelay = 1000;

/** Compares all files with what was read, for changes that the watcher does not report file by file. */
function createRescan({ files, reader, watcher, notice, onError }: RescanOptions) {
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> | undefined;
  let stopped = false;
  let missingBefore: readonly string[] = [];
  const scan = async (): Promise<void> => {
    const { files: found, missing } = await files.list();
    for (const path of new Set([...found, ...reader.paths()])) {
      if ((await inspectFile(path))?.signature !== reader.signature(path)) notice(path);
    }
    // A directory that comes back is another one, which the watcher does not know.
    const back = missingBefore.filter((path) => !missing.includes(path));
    if (back.length > 0 && !stopped) watcher.add(back);
    missingBefore = missing;
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
    ask: (): void => ask(rescanDelay),
    later: (): void => ask(laterDelay),
    stop: async (): Promise<void> => {
      stopped = true;
      clearTimeout(timer);
      await running;
    },
  };
}
