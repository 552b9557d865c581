import { setImmediate as afterPoll } from 'node:timers/promises';
import type { Sink } from '../model/events.ts';
import { kinds } from '../model/objects.ts';
import type { Folder } from './folder.ts';
import type { RestingFiles } from './folder-changes.ts';
import {
  displayPath,
  type FileState,
  type FolderFiles,
  inspectFile,
  type Reading,
  readManifestFile,
  readManifestFileAtOnce,
  rereadManifestFile,
} from './folder-files.ts';
import { parseManifest } from './manifest.ts';
import { createManifestSet, type FileChange } from './manifest-set.ts';

/** Brings files into a set of manifests. */
export interface FolderReader {
  /** Gives back those that are not what they were when they rested; nothing is taken of them. */
  readonly read: (resting: RestingFiles) => Promise<readonly string[]>;
  /** Reads everything there is, and says that everything was read. */
  readonly readAll: () => Promise<void>;
  /** What was last read of a file. */
  readonly signature: (path: string) => string | undefined;
  readonly paths: () => Iterable<string>;
  readonly folder: Omit<Folder, 'stop'>;
}

/** No file has this signature, so that the next scan finds a difference. */
const unread = 'unread';

const isPassing = (reading: Reading): boolean => reading !== 'gone' && 'passing' in reading && reading.passing === true;

/** Files that are looked at or read at one time: enough to keep the disk busy, few enough to keep the memory small. */
const together = 32;

/** Does a piece of work for each of a list, some at a time; results are in the order of the list. */
export async function inParts<T, R>(list: readonly T[], work: (one: T) => Promise<R>): Promise<readonly R[]> {
  const results: R[] = [];
  for (let start = 0; start < list.length; start += together) {
    results.push(...(await Promise.all(list.slice(start, start + together).map(work))));
  }
  return results;
}

async function isStill(path: string, wanted: FileState | 'gone'): Promise<boolean> {
  const state = await inspectFile(path);
  return wanted === 'gone' ? state === undefined : state?.signature === wanted.signature;
}

interface FolderReaderOptions {
  readonly sink: Sink;
  /** Told when a file could not be read for a reason that passes. */
  readonly onPassing?: () => void;
  /** A disk is slow that takes longer for a file. Milliseconds; a local one takes 0.02, a shared folder over a network more than the usual 1. */
  readonly slow?: number;
}

/** Makes a reader that has read nothing yet. */
export function createFolderReader(files: FolderFiles, { sink, onPassing = () => {}, slow = 1 }: FolderReaderOptions): FolderReader {
  const set = createManifestSet(sink);
  const signatures = new Map<string, string>();
  const take = (path: string, state: FileState | undefined, reading: Reading): FileChange => {
    const file = displayPath(path);
    if (reading === 'gone') signatures.delete(path);
    else signatures.set(path, isPassing(reading) ? unread : (state?.signature ?? ''));
    if (isPassing(reading)) onPassing();
    if (reading === 'gone') return { file, content: undefined };
    return {
      file,
      content: 'complaint' in reading ? reading.complaint : parseManifest(file, reading.text, () => rereadManifestFile(path)),
    };
  };
  const readOne = async (path: string, wanted: FileState | 'gone' | 'any'): Promise<FileChange | undefined> => {
    const state = await inspectFile(path);
    const reading = state === undefined ? 'gone' : await readManifestFile(path);
    // A file that somebody empties to write it anew must not be taken for an empty one.
    return wanted !== 'any' && !(await isStill(path, wanted)) ? undefined : take(path, state, reading);
  };
  const read = async (resting: RestingFiles): Promise<readonly string[]> => {
    const changes = await inParts([...resting], async ([path, wanted]) => ({ path, change: await readOne(path, wanted) }));
    set.update(changes.flatMap(({ change }) => change ?? []));
    return changes.flatMap(({ path, change }) => (change ? [] : [path]));
  };
  return {
    read,
    readAll: async () => {
      const { files: found } = await files.list();
      const changes = await readMany(found, { slow, take, readOne: (path) => readOne(path, 'any') });
      set.update(changes.flatMap((change) => change ?? []));
      for (const kind of kinds) sink({ type: 'synced', kind });
    },
    signature: (path) => signatures.get(path),
    paths: () => signatures.keys(),
    folder: { locate: set.locate, summary: set.summary },
  };
}

interface Ways {
  readonly slow: number;
  readonly take: (path: string, state: FileState, reading: Reading) => FileChange;
  readonly readOne: (path: string) => Promise<FileChange | undefined>;
}

/**
 * Reads files one after the other, as what a read costs in Node besides the disk is fifteen times as much when it does not wait for it. Where the disk is slow
 * the rest is read many at a time. Others have their turn in between.
 */
async function readMany(paths: readonly string[], { slow, take, readOne }: Ways): Promise<readonly (FileChange | undefined)[]> {
  const changes: (FileChange | undefined)[] = [];
  let onDisk = 0;
  for (let start = 0; start < paths.length && onDisk <= slow * start; start += together) {
    for (const path of paths.slice(start, start + together)) {
      const begun = performance.now();
      const found = readManifestFileAtOnce(path);
      onDisk += performance.now() - begun;
      changes.push(found ? take(path, found.state, found.reading) : await readOne(path));
    }
    await afterPoll();
  }
  return [...changes, ...(await inParts(paths.slice(changes.length), readOne))];
}
