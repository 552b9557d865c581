import { randomBytes, randomUUID } from 'node:crypto';
import { link, rm, writeFile } from 'node:fs/promises';
import { runPaths } from '../model/settings.ts';
import { unfinishedPrefix } from './run-directory.ts';

/**
 * Sees to it that there is a key for the tokens of HTTP/3, and leaves one that is there as it is: NGINX reads it with every configuration
 * (https://nginx.org/en/docs/http/ngx_http_v3_module.html#quic_host_key). Disk errors are thrown.
 */
export async function ensureQuicHostKey(runDirectory: string): Promise<void> {
  const unfinished = `${runDirectory}/${unfinishedPrefix}${randomUUID()}`;
  await writeFile(unfinished, randomBytes(64), { mode: 0o600 });
  try {
    await link(unfinished, runPaths(runDirectory).quicHostKey).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
  } finally {
    await rm(unfinished, { force: true });
  }
}
