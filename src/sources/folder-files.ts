import { readFileSync, type Stats, statSync } from 'node:fs';
import { lstat, readdir, readFile, realpath, stat } from 'node:fs/promises';
import { basename, dirname, relative, resolve, sep } from 'node:path';
import { type Diagnostic, diagnostic } from '../model/diagnostic.ts';
import { manifestRef } from './manifest.ts';

/** A file or directory that somebody named. */
export interface Root {
  /** Absolute. */
  readonly path: string;
  readonly isDirectory: boolean;
}

/** What there is at one moment. */
export interface FolderListing {
  /** Sorted. */
  readonly files: readonly string[];
  /** Roots that are not there. */
  readonly missing: readonly string[];
  /** The directories that were looked through, and links to files: what happens to those their directory does not tell. */
  readonly watchable: readonly string[];
}

/** Which files are manifests. */
export interface FolderFiles {
  readonly roots: readonly Root[];
  /** All manifests there are now. */
  readonly list: () => Promise<FolderListing>;
  /** Whether a file of this absolute path would be listed. */
  readonly isManifest: (path: string) => boolean;
  /** Whether a watcher has to look at this path at all. */
  readonly isWatched: (path: string, isFile: boolean) => boolean;
}

/** Looks the paths up; throws an error for people when one does not exist. */
export async function openFolder(paths: readonly string[]): Promise<FolderFiles> {
  const roots = await Promise.all(paths.map(openRoot));
  const isManifest = (path: string): boolean => roots.some((root) => (root.isDirectory ? isInside(root.path, path) : root.path === path));
  return {
    roots,
    list: async () => {
      const found: Found = { files: new Set(), watchable: new Set() };
      const missing: string[] = [];
      for (const root of roots) if (!(await collect(root, found))) missing.push(root.path);
      return { files: [...found.files].sort(), missing, watchable: [...found.watchable] };
    },
    isManifest,
    isWatched: (path, isFile) => (isFile && !isKubeletLink(path) ? isManifest(path) : roots.some((root) => leadsTo(root, path))),
  };
}

async function openRoot(written: string): Promise<Root> {
  const path = resolve(written);
  try {
    return { path, isDirectory: (await stat(path)).isDirectory() };
  } catch (error) {
    throw new Error(isMissing(error) ? `${written}: no such file or directory` : `${written}: ${reasonOf(error)}`);
  }
}

/** Not hidden, not a file that an editor keeps beside the real one, and of the right name. */
function isManifestName(name: string): boolean {
  return /^[^.#~].*\.(yaml|yml|json)$|^[^.#~]\.(yaml|yml|json)$/i.test(name);
}

function isInside(root: string, path: string): boolean {
  const parts = partsBelow(root, path) ?? [];
  return parts.slice(0, -1).every((part) => !part.startsWith('.')) && isManifestName(parts.at(-1) ?? '');
}

function partsBelow(root: string, path: string): readonly string[] | undefined {
  const below = relative(root, path);
  return below === '' || below === '..' || below.startsWith(`..${sep}`) ? undefined : below.split(sep);
}

/** A kubelet mounts a ConfigMap as links to `..data/FILE`, and exchanges the link `..data` for a new version. */
export function isKubeletLink(path: string): boolean {
  return basename(path).startsWith('..');
}

/** Whether a directory (or a link of a kubelet) is on the way to a manifest of this root. */
function leadsTo(root: Root, path: string): boolean {
  const top = root.isDirectory ? root.path : dirname(root.path);
  if (path === top) return true;
  const parts = partsBelow(top, path);
  if (parts === undefined) return false;
  const isVisible = parts.slice(0, -1).every((part) => !part.startsWith('.'));
  if (!root.isDirectory) return parts.length === 1 && isKubeletLink(path);
  return isVisible && (isKubeletLink(path) || !parts.at(-1)?.startsWith('.'));
}

interface Found {
  readonly files: Set<string>;
  readonly watchable: Set<string>;
}

async function collect(root: Root, found: Found): Promise<boolean> {
  if (root.isDirectory) return walk(root.path, found, new Set());
  found.watchable.add(dirname(root.path));
  const state = await stat(root.path).catch(() => undefined);
  if (!state) return false;
  found.files.add(root.path);
  if ((await lstat(root.path)).isSymbolicLink()) found.watchable.add(root.path);
  return true;
}

/** Follows links, but not in circles: `above` holds the real paths of the directories above. */
async function walk(directory: string, found: Found, above: ReadonlySet<string>): Promise<boolean> {
  const real = await realpath(directory).catch(() => undefined);
  if (real === undefined || above.has(real)) return false;
  found.watchable.add(directory);
  const below = directory.endsWith(sep) ? directory : `${directory}${sep}`;
  const entries = await readdir(directory, { withFileTypes: true }).catch(() => []);
  for (const entry of entries) {
    if (entry.name.startsWith('.')) continue;
    const path = `${below}${entry.name}`;
    const isLink = entry.isSymbolicLink();
    const isDirectory = isLink ? await leadsToDirectory(path) : entry.isDirectory();
    if (isDirectory) await walk(path, found, new Set([...above, real]));
    else if (isManifestName(entry.name)) found.files.add(path);
    if (isLink && !isDirectory && isManifestName(entry.name)) found.watchable.add(path);
  }
  return true;
}

async function leadsToDirectory(link: string): Promise<boolean> {
  return (await stat(link).catch(() => undefined))?.isDirectory() ?? false;
}

/** A manifest file as people write it: relative to the working directory when it is below that. */
export function displayPath(path: string): string {
  const here = process.cwd();
  const top = here.endsWith(sep) ? here : `${here}${sep}`;
  return path.startsWith(top) && path.length > top.length ? path.slice(top.length) : path;
}

/** What tells one state of a file from another; `undefined` when there is no file. */
export interface FileState {
  readonly signature: string;
  readonly isEmpty: boolean;
}

/** Looks at a file without reading it. */
export async function inspectFile(path: string): Promise<FileState | undefined> {
  const found = await stat(path).catch(() => undefined);
  return !found || found.isDirectory() ? undefined : stateOf(found);
}

function stateOf({ ino, size, mtimeMs, ctimeMs }: Stats): FileState {
  return { signature: `${ino} ${size} ${mtimeMs} ${ctimeMs}`, isEmpty: size === 0 };
}

/** The text of a file, a complaint about it, or that there is none. */
export type Reading =
  | { readonly text: string }
  /** `passing`: it may be readable in a moment, without anybody touching it. */
  | { readonly complaint: Diagnostic; readonly passing?: boolean }
  | 'gone';

/** A manifest is written by people; what is larger is something else, and would stop everything while it is parsed. */
const largest = 32 * 1024 * 1024;

/** Reads a file. */
export async function readManifestFile(path: string): Promise<Reading> {
  const ref = manifestRef(displayPath(path));
  const at = { file: ref.name, line: 1, column: 1 };
  try {
    const { size } = await stat(path);
    if (size > largest) {
      const message = `has ${Math.ceil(size / 1024 / 1024)} MiB: at most ${largest / 1024 / 1024} MiB are read`;
      return { complaint: { ...diagnostic('ManifestTooLarge', ref, '', message), at } };
    }
    return { text: decodeManifest(await readFile(path)) };
  } catch (error) {
    if (isMissing(error)) return 'gone';
    const message = error instanceof TypeError ? 'is not UTF-8 text' : `cannot be read: ${reasonOf(error)}`;
    return { complaint: { ...diagnostic('ManifestUnreadable', ref, '', message), at }, passing: isPassing(error) };
  }
}

/**
 * Looks at a file and reads it while everything else waits. Undefined when that does not work, for `readManifestFile` to say why, and for what is no
 * regular file: to read from a pipe may take for ever.
 */
export function readManifestFileAtOnce(path: string): { readonly state: FileState; readonly reading: Reading } | undefined {
  try {
    const found = statSync(path);
    if (!found.isFile() || found.size > largest) return undefined;
    return { state: stateOf(found), reading: { text: decodeManifest(readFileSync(path)) } };
  } catch {
    return undefined;
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** Throws a `TypeError` when it is no UTF-8. */
function decodeManifest(bytes: Uint8Array): string {
  return utf8.decode(bytes);
}

/** The text of a file that was read before, for the place of something in it; undefined when it cannot be read any more. */
export function rereadManifestFile(path: string): string | undefined {
  try {
    return statSync(path).size > largest ? undefined : decodeManifest(readFileSync(path));
  } catch {
    return undefined;
  }
}

/** The process or the machine has run out of something. */
function isPassing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && ['EMFILE', 'ENFILE', 'ENOMEM', 'EIO', 'EAGAIN'].includes(String(error.code));
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR');
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message.replace(/^[A-Z]+: /, '').replace(/, \w+( '.*')?$/, '') : String(error);
}
