import { rm, writeFile } from 'node:fs/promises';
import type { NginxCommand } from './nginx-command.ts';
import { unfinishedPrefix } from './run-directory.ts';

/** How an NGINX passes TCP and UDP on: it is built in, or in a file of a package of its own, or it cannot. */
export type StreamModule = { readonly kind: 'built-in' } | { readonly kind: 'file'; readonly path: string } | { readonly kind: 'absent' };

const file = 'ngx_stream_module.so';

/**
 * Finds the module by asking NGINX itself to test a configuration that needs it. Packages link `modules` below the prefix of NGINX to
 * where modules lie, except Fedora's. Disk errors are thrown.
 */
export async function findStreamModule(nginx: Pick<NginxCommand, 'modulesPath' | 'test'>, runDirectory: string): Promise<StreamModule> {
  const accepts = async (path?: string) => {
    const config = `${runDirectory}/${unfinishedPrefix}stream.conf`;
    await writeFile(config, configText(runDirectory, path), { mode: 0o600 });
    try {
      return (await nginx.test(config)).ok;
    } finally {
      await rm(config, { force: true });
      // NGINX leaves an empty one.
      await rm(pidPath(runDirectory), { force: true });
    }
  };
  if (await accepts()) return { kind: 'built-in' };
  const folder = await nginx.modulesPath();
  for (const path of [`modules/${file}`, ...(folder === undefined ? [] : [`${folder}/${file}`])])
    if (await accepts(path)) return { kind: 'file', path };
  return { kind: 'absent' };
}

function pidPath(runDirectory: string): string {
  return `${runDirectory}/${unfinishedPrefix}stream.pid`;
}

function configText(runDirectory: string, path: string | undefined): string {
  const quoted = (text: string) => `"${text.replaceAll(/["\\]/g, '\\$&')}"`;
  const load = path === undefined ? '' : `load_module ${quoted(path)};\n`;
  return `${load}error_log stderr;\npid ${quoted(pidPath(runDirectory))};\nevents {}\nstream {}\n`;
}
