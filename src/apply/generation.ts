import { randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, readlink, rename, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { basename, dirname, isAbsolute, normalize } from 'node:path';
import type { Rendered } from '../model/rendered.ts';
import { runPaths } from '../model/settings.ts';
import { unfinishedPrefix } from './run-directory.ts';

/** The printed generations on disk, and the one of them that NGINX is to run. Disk errors are thrown. */
export interface Generations {
  /** Writes one, whole or not at all, and gives back the path of its nginx.conf. */
  write(rendered: Rendered): Promise<string>;
  /** Points `current` to a generation that was written, in one step. */
  switchTo(generation: string): Promise<void>;
  /** The generation that `current` points to. */
  current(): Promise<string | undefined>;
  /** The files of a generation; undefined when it is not on disk. */
  read(generation: string): Promise<ReadonlyMap<string, string> | undefined>;
  /** Removes a generation that failed; if it is the current one, there is no current one afterwards. */
  discard(generation: string): Promise<void>;
  /** Removes all but the current one and the two before it. */
  prune(): Promise<void>;
  /** Writes a configuration beside the generations for as long as `use` takes. */
  scratch<T>(rendered: Rendered, use: (configPath: string) => Promise<T>): Promise<T>;
}

const keptBefore = 2;

/** Looks after the generations of one run directory. */
export function createGenerations(runDirectory: string): Generations {
  const paths = runPaths(runDirectory);
  const folderOf = (generation: string) => `${paths.generations}/${checkedName(generation)}`;
  const current = () => currentGeneration(paths.current);
  return {
    current,
    read: (generation) => readFiles(folderOf(generation)),
    async write(rendered) {
      const folder = folderOf(rendered.generation);
      await writeGeneration(rendered, folder);
      return `${folder}/nginx.conf`;
    },
    async switchTo(generation) {
      const unfinished = `${runDirectory}/${unfinishedPrefix}${randomUUID()}`;
      await utimes(folderOf(generation), new Date(), new Date());
      await symlink(`generations/${generation}`, unfinished);
      await rename(unfinished, paths.current);
    },
    async discard(generation) {
      if ((await current()) === generation) await rm(paths.current);
      await rm(folderOf(generation), { recursive: true, force: true });
    },
    async prune() {
      const running = await current();
      await pruneFolders(paths.generations, (name) => name !== running);
    },
    async scratch(rendered, use) {
      const folder = `${paths.temporary}/${unfinishedPrefix}${randomUUID()}`;
      try {
        await writeFiles(folder, rendered);
        return await use(`${folder}/nginx.conf`);
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    },
  };
}

async function currentGeneration(link: string): Promise<string | undefined> {
  const target = await readlink(link).catch(undefinedIfMissing);
  return target === undefined ? undefined : basename(target);
}

async function readFiles(folder: string): Promise<ReadonlyMap<string, string> | undefined> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(undefinedIfMissing);
  if (!entries) return undefined;
  const files = new Map<string, string>();
  for (const entry of entries.filter((one) => one.isFile())) {
    const path = `${entry.parentPath}/${entry.name}`;
    files.set(path.slice(folder.length + 1), await readFile(path, 'utf8'));
  }
  return files;
}

/** A power cut can leave a folder whose files are empty, so that it exists proves nothing. */
async function writeGeneration(rendered: Rendered, folder: string): Promise<void> {
  if (sameFiles(await readFiles(folder), rendered.files)) return;
  const unfinished = `${dirname(folder)}/${unfinishedPrefix}${randomUUID()}`;
  try {
    await writeFiles(unfinished, rendered);
    await rm(folder, { recursive: true, force: true });
    await rename(unfinished, folder);
  } catch (cause) {
    await rm(unfinished, { recursive: true, force: true });
    throw new Error(`The configuration cannot be written to ${folder}: ${(cause as Error).message}`, { cause });
  }
}

async function pruneFolders(directory: string, mayGo: (name: string) => boolean): Promise<void> {
  const names = (await readdir(directory)).filter((name) => mayGo(name) && !name.startsWith(unfinishedPrefix));
  const dated = await Promise.all(names.map(async (name) => ({ name, time: (await stat(`${directory}/${name}`)).mtimeMs })));
  const old = dated.sort((a, b) => b.time - a.time).slice(keptBefore);
  for (const { name } of old) await rm(`${directory}/${name}`, { recursive: true, force: true });
}

async function writeFiles(folder: string, rendered: Rendered): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  for (const [name, content] of rendered.files) {
    const path = `${folder}/${checkedName(name)}`;
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    await writeFile(path, content, { mode: 0o600 });
  }
}

/** Names come from our own printer: one that leads out of its folder is a mistake in it. */
function checkedName(name: string): string {
  const isInside = name !== '' && !isAbsolute(name) && normalize(name) === name && !name.startsWith('.');
  if (!isInside) throw new Error(`not a file name below a generation: ${name}`);
  return name;
}

function sameFiles(one: ReadonlyMap<string, string> | undefined, other: ReadonlyMap<string, string>): boolean {
  return one !== undefined && one.size === other.size && [...other].every(([name, content]) => one.get(name) === content);
}

function undefinedIfMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}
