import { createHash, randomUUID } from 'node:crypto';
import { readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import type { Runtime } from '../model/runtime.ts';
import { runPaths } from '../model/settings.ts';
import { unfinishedPrefix } from './run-directory.ts';

/** The files that NGINX opens for each request, such as password lists. */
export interface LiveFiles {
  /** Brings the files up to date and gives back how many have changed. Removes none, as a running generation may name it. */
  publish(files: Runtime['files']): Promise<number>;
  /** Removes the files that the running generation does not name. */
  prune(named: Runtime['files']): Promise<void>;
}

/** Publishes files for one run directory. Each is written under another name and renamed, so that NGINX never sees a half-written one. */
export function createLiveFiles(runDirectory: string): LiveFiles {
  const folder = runPaths(runDirectory).files;
  let onDisk: Promise<Map<string, string>> | undefined;
  return {
    async publish(files = new Map()) {
      onDisk ??= readHashes(folder);
      const hashes = await onDisk;
      let changed = 0;
      for (const [id, content] of files) {
        const hash = hashOf(content);
        if (hashes.get(checkedId(id)) === hash) continue;
        await replace(folder, id, content);
        hashes.set(id, hash);
        changed += 1;
      }
      return changed;
    },
    async prune(named = new Map()) {
      onDisk ??= readHashes(folder);
      const hashes = await onDisk;
      for (const id of [...hashes.keys()].filter((one) => !named.has(one))) {
        await rm(`${folder}/${id}`, { force: true });
        hashes.delete(id);
      }
    },
  };
}

async function replace(folder: string, id: string, content: string | Uint8Array): Promise<void> {
  const unfinished = `${folder}/${unfinishedPrefix}${randomUUID()}`;
  try {
    await writeFile(unfinished, content, { mode: 0o600 });
    await rename(unfinished, `${folder}/${id}`);
  } catch (cause) {
    await rm(unfinished, { force: true });
    throw new Error(`The file ${id} for NGINX cannot be written: ${(cause as Error).message}`, { cause });
  }
}

function checkedId(id: string): string {
  if (!/^[0-9a-f]{16}$/.test(id)) throw new Error('the id of a file is sixteen hexadecimal digits');
  return id;
}

function hashOf(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('base64');
}

async function readHashes(folder: string): Promise<Map<string, string>> {
  const names = (await readdir(folder)).filter((name) => /^[0-9a-f]{16}$/.test(name));
  const entries = names.map(async (name) => [name, hashOf(await readFile(`${folder}/${name}`))] as const);
  return new Map(await Promise.all(entries));
}
