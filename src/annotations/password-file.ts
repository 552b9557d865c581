import type { Secret } from '../model/objects.ts';
import { accepted, type Parsed, refused } from './parsers.ts';

/** How a Secret holds passwords: a whole file under the key `auth`, or a user in each key. */
export type PasswordSource = 'auth-file' | 'auth-map';

/** A file for `auth_basic_user_file`, and what is wrong with single lines of it, without anything of what they say. */
export interface PasswordFile {
  readonly content: string;
  readonly problems: readonly string[];
}

/** Reads the passwords of a Secret. A line that NGINX cannot use lets nobody in; one that would come from within a value is refused. */
export function passwordFile({ data }: Pick<Secret, 'data'>, source: PasswordSource): Parsed<PasswordFile> {
  return source === 'auth-file' ? ofFile(data) : ofMap(data);
}

function ofFile(data: Secret['data']): Parsed<PasswordFile> {
  const bytes = data.get('auth');
  if (!bytes) return refused('the Secret has no key auth, which is to hold the lines USER:HASH');
  const content = textOf(bytes);
  const lines = content.split(/\r\n|\r|\n/).map((line, index) => ({ line, name: `line ${index + 1} of the key auth` }));
  const own = lines.filter(({ line }) => line !== '' && !line.startsWith('#'));
  const problems = own.flatMap(({ line, name }) => problemOf(line, name));
  return accepted({ content, problems: own.length === 0 ? ['the key auth has no line USER:HASH, so nobody gets in'] : problems });
}

function ofMap(data: Secret['data']): Parsed<PasswordFile> {
  const lines: { readonly line: string; readonly name: string }[] = [];
  for (const [user, bytes] of [...data].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const hash = textOf(bytes).replace(/[\r\n]+$/, '');
    if (/[\r\n]/.test(hash)) return refused(`the value of the user ${user} has a line break within, which would add another user`);
    if (!/^[^\s:#][^\r\n:]*$/.test(user)) return refused(`${JSON.stringify(user)} is no name of a user`);
    lines.push({ line: `${user}:${hash}`, name: `the value of the user ${user}` });
  }
  const problems = lines.flatMap(({ line, name }) => problemOf(line, name));
  const content = lines.map(({ line }) => `${line}\n`).join('');
  return accepted({ content, problems: lines.length === 0 ? ['the Secret has no keys, so nobody gets in'] : problems });
}

function textOf(bytes: Uint8Array): string {
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
}

/** What NGINX knows itself, and what the crypt of the usual C libraries does. */
const hashes = /^(?:\$(?:apr1|1|2[abxy]|5|6|7|y|gy|md5)\$|\{(?:PLAIN|SHA|SSHA)\}|_[./0-9A-Za-z]{19}$|[./0-9A-Za-z]{13}$)/;

function problemOf(line: string, name: string): readonly string[] {
  const [user = '', hash] = line.split(':');
  if (hash === undefined || user === '') return [`${name} is not USER:HASH, so nobody gets in by it`];
  return hashes.test(hash) ? [] : [`${name} has no hash that NGINX knows, so nobody gets in by it; htpasswd makes one`];
}
