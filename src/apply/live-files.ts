import { createHash, randomUUID } from 'node:crypto';
import { lstat, mkdir, readdir, readFile, readlink, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import type { LiveContent, Runtime } from '../model/runtime.ts';
import { runPaths } from '../model/settings.ts';
import { unfinishedPrefix } from './run-directory.ts';
import { makeShareFolder, pruneShareFolders, shareName } from './share-folders.ts';

/** The files that NGINX opens for each request, such as password lists, and the shares of requests that it looks up. */
export interface LiveFiles {
  /** Brings the files up to date and gives back how many have changed. Removes none, as a running generation may name it. */
  publish(files: Runtime['files']): Promise<number>;
  /** Removes the files that the running generation does not name. */
  prune(named: Runtime['files']): Promise<void>;
}

interface Folders {
  readonly files: string;
  readonly shares: string;
}

/** Publishes files for one run directory. Each is written under another name and renamed, so that NGINX never sees a half-written one. */
export function createLiveFiles(runDirectory: string): LiveFiles {
  const folders: Folders = runPaths(runDirectory);
  let onDisk: Promise<Map<string, string>> | undefined;
  return {
    async publish(files = new Map()) {
      onDisk ??= readMarks(folders.files);
      const marks = await onDisk;
      let changed = 0;
      for (const [id, content] of files) {
        const mark = markOf(content);
        if (marks.get(checkedId(id)) === mark) continue;
        await replace(folders, id, content);
        marks.set(id, mark);
        changed += 1;
      }
      return changed;
    },
    async prune(named = new Map()) {
      onDisk ??= readMarks(folders.files);
      const marks = await onDisk;
      for (const id of [...marks.keys()].filter((one) => !named.has(one))) {
        await rm(`${folders.files}/${id}`, { force: true });
        marks.delete(id);
      }
      const shares = [...marks.values()].filter((mark) => mark.startsWith(shareSign));
      await pruneShareFolders(folders.shares, new Set(shares.map((mark) => mark.slice(shareSign.length))));
    },
  };
}

async function replace({ files, shares }: Folders, id: string, content: LiveContent): Promise<void> {
  const unfinished = `${files}/${unfinishedPrefix}${randomUUID()}`;
  try {
    if (isShare(content)) {
      const name = shareName(content.share);
      await mkdir(shares, { recursive: true, mode: 0o700 });
      await makeShareFolder(shares, name);
      await symlink(`../${basename(shares)}/${name}`, unfinished);
    } else await writeFile(unfinished, content, { mode: 0o600 });
    await rename(unfinished, `${files}/${id}`);
  } catch (cause) {
    await rm(unfinished, { force: true });
    throw new Error(`The file ${id} for NGINX cannot be written: ${(cause as Error).message}`, { cause });
  }
}

function isShare(content: LiveContent): content is Extract<LiveContent, { share: number }> {
  return typeof content === 'object' && 'share' in content;
}

function checkedId(id: string): string {
  if (!/^[0-9a-f]{16}$/.test(id)) throw new Error('the id of a file is sixteen hexadecimal digits');
  return id;
}

/** What a mark begins with that stands for a share, and not for a content; no base64 does. */
const shareSign = 'share ';

function markOf(content: LiveContent): string {
  if (isShare(content)) return shareSign + shareName(content.share);
  return createHash('sha256').update(content).digest('base64');
}

async function readMarks(folder: string): Promise<Map<string, string>> {
  const names = (await readdir(folder)).filter((name) => /^[0-9a-f]{16}$/.test(name));
  const entries = names.map(async (name) => [name, await readMark(`${folder}/${name}`)] as const);
  return new Map(await Promise.all(entries));
}

async function readMark(path: string): Promise<string> {
  if ((await lstat(path)).isSymbolicLink()) {
    // What the link leads to may be gone: then it has to be made again.
    const leads = await stat(path).catch(() => undefined);
    return leads ? shareSign + basename(await readlink(path)) : '';
  }
  return markOf(await readFile(path));
}
