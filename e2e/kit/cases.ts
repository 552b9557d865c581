import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ServeOptions } from '../../src/flags/serve.ts';
import { readOptions } from '../../src/options.ts';
import { parseRequests, type Requests } from './requests.ts';

/** A folder of `e2e/cases`: manifests, and what they lead to. */
export interface Case {
  /** The name of the folder, which is the sentence that the case proves. */
  readonly title: string;
  readonly folder: string;
  /** The names of the manifests that are there from the start. */
  readonly manifests: readonly string[];
  readonly flags: readonly string[];
  readonly requests?: Requests;
  /** What `in.yaml` is later on, and what is then asked. */
  readonly later?: { readonly manifest: string; readonly requests: Requests };
}

const casesFolder = join(import.meta.dirname, '../cases');
const known = ['nginx.conf', 'diagnostics.txt', 'requests.txt', 'requests-later.txt', 'flags.txt', 'later.yaml'];

/** Reads all cases. Throws on a file that no case has, as a misspelt name would check nothing. */
export function readCases(): readonly Case[] {
  return readdirSync(casesFolder).sort().map(readCase);
}

function readCase(name: string): Case {
  const folder = join(casesFolder, name);
  const files = readdirSync(folder).sort();
  const manifests = files.filter((file) => file.endsWith('.yaml') && file !== 'later.yaml');
  const strange = files.filter((file) => !known.includes(file) && !manifests.includes(file));
  if (strange.length > 0 || !manifests.includes('in.yaml'))
    throw new Error(`${folder} has no in.yaml, or a file that no case has: ${strange.join()}`);
  const text = (file: string) => readFileSync(join(folder, file), 'utf8');
  const requests = (file: string) => parseRequests(join(name, file), text(file));
  if (files.includes('later.yaml') !== files.includes('requests-later.txt'))
    throw new Error(`${folder}: later.yaml goes with requests-later.txt`);
  return {
    title: name.replaceAll('-', ' '),
    folder,
    manifests,
    flags: files.includes('flags.txt') ? text('flags.txt').split(/\s+/).filter(Boolean) : [],
    ...(files.includes('requests.txt') ? { requests: requests('requests.txt') } : {}),
    ...(files.includes('later.yaml') ? { later: { manifest: text('later.yaml'), requests: requests('requests-later.txt') } } : {}),
  };
}

/** The options that `gatehouse serve` has with the flags of a case. */
export function serveOptions(flags: readonly string[], more: readonly string[] = []): ServeOptions {
  const complaints: string[] = [];
  const err = (text: string) => void complaints.push(text);
  const options = readOptions(['serve', 'in.yaml', ...flags, ...more], {}, { out: err, err });
  if (options.command !== 'serve') throw new Error(`flags.txt: ${complaints.join('')}`);
  return options;
}

/** The text of a file of a case, or the empty text when there is none. */
export function expectedText(one: Case, file: string): string {
  const path = join(one.folder, file);
  return existsSync(path) ? readFileSync(path, 'utf8') : '';
}
