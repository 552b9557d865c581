import { readdirSync } from 'node:fs';
import type { Feature } from './define.ts';

/** Loads what the files of a folder export by default, sorted by file name. Tests and testbeds are left out; so is everything but source files. */
export async function loadDefaults<T>(folder: URL): Promise<ReadonlyMap<string, T>> {
  const names = readdirSync(folder).filter((name) => /^[a-z0-9-]+\.(?:ts|js)$/.test(name) && !name.includes('-testbed.'));
  const loaded = await Promise.all(
    names.sort().map(async (name) => {
      const module: { readonly default?: T } = await import(new URL(name, folder).href);
      if (module.default === undefined) throw new Error(`${name} has no default export`);
      return [name.replace(/\.[a-z]+$/, ''), module.default] as const;
    }),
  );
  return new Map(loaded);
}

/** All features, by the name of their file: adding a file adds a feature. */
export const features: ReadonlyMap<string, Feature> = await loadDefaults(new URL('./features/', import.meta.url));
