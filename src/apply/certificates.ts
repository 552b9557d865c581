import { createHash, randomUUID } from 'node:crypto';
import { readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import type { CertificateId } from '../model/routing.ts';
import type { Pem, Runtime } from '../model/runtime.ts';
import { runPaths } from '../model/settings.ts';
import { unfinishedPrefix } from './run-directory.ts';

/** The certificate files that NGINX opens when a client asks for a name. */
export interface Certificates {
  /** Brings the files up to date and gives back how many have changed. Removes none, as a running generation may name it. */
  publish(certificates: Runtime['certificates']): Promise<number>;
  /** Removes the files that the running generation does not name. */
  prune(named: Runtime['certificates']): Promise<void>;
}

const defaultName = 'default';
const atOnce = 32;

/**
 * Publishes certificates for one run directory. NGINX sees a change by the inode, so each file is written under another name and
 * renamed; it never sees a half-written one, and a name that is in use is never missing, as NGINX would refuse the handshake.
 */
export function createCertificates(runDirectory: string, selfSigned: Pem): Certificates {
  const folder = runPaths(runDirectory).certificates;
  let onDisk: Promise<Hashes> | undefined;
  return {
    async publish(certificates) {
      onDisk ??= readHashes(folder);
      const hashes = await onDisk;
      const chosen = certificates.get(defaultName);
      const fallback = chosen === undefined || chosen === 'default' ? selfSigned : chosen;
      const others = [...certificates].filter(([id]) => id !== defaultName);
      const wanted = others.map(([id, pem]) => [checkedId(id), pem === 'default' ? fallback : pem] as const);
      const isNew = await publishOne(folder, hashes, [defaultName, fallback]);
      let changed = isNew && fallback !== selfSigned ? 1 : 0;
      for (let start = 0; start < wanted.length; start += atOnce) {
        const batch = wanted.slice(start, start + atOnce);
        const results = await Promise.all(batch.map((one) => publishOne(folder, hashes, one)));
        changed += results.filter(Boolean).length;
      }
      return changed;
    },
    async prune(named) {
      onDisk ??= readHashes(folder);
      const hashes = await onDisk;
      const gone = [...hashes.keys()].filter((name) => name !== defaultName && !named.has(name));
      for (const name of gone) {
        await rm(`${folder}/${name}.pem`, { force: true });
        hashes.delete(name);
      }
    },
  };
}

/** File name without ending → hash of what is on disk. */
type Hashes = Map<string, string>;

/** Writes one file unless it is the same already; tells whether it was written. */
async function publishOne(folder: string, hashes: Hashes, [name, pem]: readonly [string, Pem]): Promise<boolean> {
  const content = fileContent(pem);
  const hash = hashOf(content);
  if (hashes.get(name) === hash) return false;
  const unfinished = `${folder}/${unfinishedPrefix}${randomUUID()}`;
  try {
    await writeFile(unfinished, content, { mode: 0o600 });
    await rename(unfinished, `${folder}/${name}.pem`);
  } catch (cause) {
    await rm(unfinished, { force: true });
    throw new Error(`The certificate ${name} cannot be written: ${(cause as Error).message}`, { cause });
  }
  hashes.set(name, hash);
  return true;
}

/** The key first, then the chain: NGINX reads both from one file. */
function fileContent({ key, chain }: Pem): string {
  return `${key.trim()}\n${chain.trim()}\n`;
}

function hashOf(content: string): string {
  return createHash('sha256').update(content).digest('base64');
}

function checkedId(id: CertificateId): string {
  if (!/^[0-9a-f]{16}$/.test(id)) throw new Error('a certificate id is sixteen hexadecimal digits');
  return id;
}

async function readHashes(folder: string): Promise<Hashes> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.pem'));
  const entries = names.map(async (name) => [name.slice(0, -'.pem'.length), hashOf(await readFile(`${folder}/${name}`, 'utf8'))] as const);
  return new Map(await Promise.all(entries));
}
