import { randomUUID } from 'node:crypto';
import { chmod, link, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { isAbsolute } from 'node:path';
import { runPaths } from '../model/settings.ts';
import { processStart } from './nginx-processes.ts';

/** A prepared run directory that no other controller uses. */
export interface RunDirectory {
  readonly path: string;
  /** Gives the directory free for another controller; what is in it stays. */
  close(): Promise<void>;
}

/** The address of a unix socket holds 104 bytes on macOS and 108 on Linux, with the zero at its end. */
const socketPathLimit = 100;

/**
 * Makes a run directory ready: its folders, readable for its owner alone, and a lock that keeps a second controller out.
 * What an earlier run left half-written is removed. Throws with a message for people.
 */
export async function openRunDirectory(path: string): Promise<RunDirectory> {
  checkPath(path);
  const paths = runPaths(path);
  const folders = [path, paths.generations, paths.certificates, paths.files, paths.shares, paths.temporary];
  try {
    for (const folder of folders) {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      await chmod(folder, 0o700);
    }
  } catch (cause) {
    throw new Error(`The run directory ${path} cannot be prepared: ${(cause as Error).message}`, { cause });
  }
  const lock = `${path}/controller.lock`;
  const content = await takeLock(lock, path);
  for (const folder of folders) await removeLeftovers(folder);
  return {
    path,
    async close() {
      if ((await readLock(lock)) === content) await rm(lock, { force: true });
    },
  };
}

/** Names that begin so are half-written: everything is written under such a name and then renamed. */
export const unfinishedPrefix = '.new-';

function checkPath(path: string): void {
  if (!isAbsolute(path)) throw new Error(`The run directory has to be an absolute path, not ${path}`);
  const paths = runPaths(path);
  const sockets = Object.values(paths).filter((one) => one.endsWith('.sock'));
  const longest = Math.max(...sockets.map((socket) => Buffer.byteLength(socket)));
  if (longest <= socketPathLimit) return;
  const room = socketPathLimit - (longest - Buffer.byteLength(path));
  throw new Error(`The run directory ${path} is too long: unix sockets below it allow ${room} bytes, it has ${Buffer.byteLength(path)}`);
}

/** The lock holds the process id and when that process started, as ids are used again. */
async function takeLock(lock: string, path: string): Promise<string> {
  const content = JSON.stringify({ pid: process.pid, started: await processStart(process.pid) });
  const own = `${lock}.${randomUUID()}`;
  await writeFile(own, content, { mode: 0o600 });
  try {
    for (;;) {
      // A link appears at once with its content, and fails when the name is taken.
      const failure = await link(own, lock).catch((error: NodeJS.ErrnoException) => error);
      if (!failure) return content;
      if (failure.code !== 'EEXIST') throw failure;
      await removeStaleLock(lock, path);
    }
  } finally {
    await rm(own, { force: true });
  }
}

async function removeStaleLock(lock: string, path: string): Promise<void> {
  const text = await readLock(lock);
  if (text === undefined) return;
  const holder = parseLock(text);
  if (holder && (await processStart(holder.pid)) === holder.started) {
    throw new Error(
      `The run directory ${path} is in use by another Gatehouse, process ${holder.pid}; give this one a directory of its own`,
    );
  }
  const aside = `${lock}.${randomUUID()}`;
  await rename(lock, aside).catch(ignoreMissing);
  // Somebody may have replaced the stale lock between our look and our rename: then it goes back.
  if ((await readLock(aside)) !== text) await link(aside, lock).catch(() => undefined);
  await rm(aside, { force: true });
}

function parseLock(text: string): { readonly pid: number; readonly started: string } | undefined {
  try {
    const { pid, started } = JSON.parse(text);
    return Number.isInteger(pid) && pid > 0 && typeof started === 'string' ? { pid, started } : undefined;
  } catch {
    return undefined;
  }
}

function readLock(lock: string): Promise<string | undefined> {
  return readFile(lock, 'utf8').catch(() => undefined);
}

function ignoreMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error;
}

async function removeLeftovers(folder: string): Promise<void> {
  const names = await readdir(folder);
  for (const name of names.filter((one) => one.startsWith(unfinishedPrefix)))
    await rm(`${folder}/${name}`, { recursive: true, force: true });
}
