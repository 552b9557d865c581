import { rm, writeFile } from 'node:fs/promises';
import { runPaths } from '../model/settings.ts';
import type { NginxCommand } from './nginx-command.ts';
import { unfinishedPrefix } from './run-directory.ts';

/** Whether an NGINX has a module: it is built in, or in a file of a package of its own, or it is not there. */
export type NginxModule = { readonly kind: 'built-in' } | { readonly kind: 'file'; readonly path: string } | { readonly kind: 'absent' };

/** A module that not every NGINX has. */
export interface Wanted {
  readonly file: string;
  /** What only an NGINX with the module understands. */
  readonly needs: string;
}

/** Passes on TCP and UDP (https://nginx.org/en/docs/stream/ngx_stream_core_module.html). */
export const streamModule: Wanted = { file: 'ngx_stream_module.so', needs: 'stream {}' };

/** Traces requests (https://nginx.org/en/docs/ngx_otel_module.html). */
export const otelModule: Wanted = { file: 'ngx_otel_module.so', needs: 'http { otel_trace_context ignore; }' };

/**
 * Finds a module by asking NGINX itself to test a configuration that needs it, so that a file for another NGINX does not count. Packages link
 * `modules` below the prefix of NGINX to where modules lie, except Fedora's. Disk errors are thrown.
 */
export async function findModule(
  { file, needs }: Wanted,
  nginx: Pick<NginxCommand, 'modulesPath' | 'test'>,
  runDirectory: string,
): Promise<NginxModule> {
  const accepts = async (path?: string) => {
    const config = `${runDirectory}/${unfinishedPrefix}module.conf`;
    await writeFile(config, configText(needs, runDirectory, path), { mode: 0o600 });
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
  return `${runDirectory}/${unfinishedPrefix}module.pid`;
}

/** NGINX makes its folders for temporary files even in a test. */
function configText(needs: string, runDirectory: string, path: string | undefined): string {
  const quoted = (text: string) => `"${text.replaceAll(/["\\]/g, '\\$&')}"`;
  const load = path === undefined ? '' : `load_module ${quoted(path)};\n`;
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${quoted(`${runPaths(runDirectory).temporary}/${name}`)};`,
  );
  const body = needs.replace('http {', () => `http { ${temporary.join(' ')}`);
  return `${load}error_log stderr;\npid ${quoted(pidPath(runDirectory))};\nevents {}\n${body}\n`;
}
