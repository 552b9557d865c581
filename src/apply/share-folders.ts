import { randomUUID } from 'node:crypto';
import { access, mkdir, readdir, rename, rm, symlink } from 'node:fs/promises';
import { lotLength } from '../model/runtime.ts';
import { unfinishedPrefix } from './run-directory.ts';

/** The signs of a lot. */
const digits = [...'0123456789abcdef'];
const everything = 16 ** lotLength;
const all = 'all';

/** The name of the folder for a share from 0 to 1: as hexadecimal digits how many of all lots win. No share but 0 and 1 is rounded to them. */
export function shareName(share: number): string {
  if (!(share >= 0 && share <= 1)) throw new Error(`${share} is no share`);
  if (share === 1) return all;
  const winning = share === 0 ? 0 : Math.min(everything - 1, Math.max(1, Math.round(share * everything)));
  return winning.toString(16).padStart(lotLength, '0');
}

/**
 * Makes the folder of that name. The path of a lot, such as `0/c/3/f/1`, exists in it when the lot is below the name: one `stat` of NGINX is
 * the whole comparison. A digit that is smaller links to a folder in which everything exists; for an equal one the digits behind it count.
 */
export async function makeShareFolder(folder: string, name: string): Promise<void> {
  await place(folder, all, (path) => link(path, digits, '.'));
  if (name !== all) await place(folder, name, (path) => grow(path, name, '..'));
}

/** Removes the folders of all other names. */
export async function pruneShareFolders(folder: string, kept: ReadonlySet<string>): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  const gone = names.filter((name) => name !== all && !kept.has(name));
  for (const name of gone) await rm(`${folder}/${name}`, { recursive: true, force: true });
}

async function grow(path: string, rest: string, up: string): Promise<void> {
  const next = rest.charAt(0);
  await link(path, digits.slice(0, digits.indexOf(next)), `${up}/${all}`);
  const behind = rest.slice(1);
  if (!/[^0]/.test(behind)) return;
  await mkdir(`${path}/${next}`, { mode: 0o700 });
  await grow(`${path}/${next}`, behind, `${up}/..`);
}

async function link(path: string, names: readonly string[], target: string): Promise<void> {
  for (const name of names) await symlink(target, `${path}/${name}`);
}

/** A folder appears at once with all that is in it, and never changes. */
async function place(folder: string, name: string, fill: (path: string) => Promise<void>): Promise<void> {
  const isThere = await access(`${folder}/${name}`).then(
    () => true,
    () => false,
  );
  if (isThere) return;
  const unfinished = `${folder}/${unfinishedPrefix}${randomUUID()}`;
  await mkdir(unfinished, { mode: 0o700 });
  await fill(unfinished);
  await rename(unfinished, `${folder}/${name}`);
}
