import { readFile } from 'node:fs/promises';
import { runPaths } from '../model/settings.ts';

/**
 * The ports at which a configuration of an earlier run asks for endpoints; none when there is no such configuration. A controller
 * that starts again answers there, so that an NGINX that went on running keeps getting endpoints from the first second.
 */
export async function readResolverPorts(runDirectory: string): Promise<readonly number[]> {
  const text = await readFile(runPaths(runDirectory).config, 'utf8').catch(() => '');
  const line = /^ *resolver ((?:127\.0\.0\.1:\d+ )+)/m.exec(text)?.[1] ?? '';
  return [...line.matchAll(/:(\d+)/g)].map((match) => Number(match[1]));
}
