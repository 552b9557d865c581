import type { LocalOptions } from '../flags/local.ts';
import type { RoutingFlags } from '../flags/routing-flags.ts';
import { kinds } from '../model/objects.ts';
import { type Folder, readFolder } from '../sources/folder.ts';
import { createStore } from '../sources/store.ts';
import { createFacts, type Facts } from './watched.ts';

/** Manifests that were read once. */
export interface Manifests extends Facts {
  readonly folder: Folder;
}

/** Reads folders and files for a command that does not watch. Throws when one does not exist, or a flag cannot be read. */
export async function readManifests(options: Pick<LocalOptions, 'paths'> & Partial<RoutingFlags>): Promise<Manifests> {
  const factsOf = createFacts(options);
  const store = createStore({ kinds, now: Date.now });
  const folder = await readFolder({ paths: options.paths, sink: (event) => void store.apply(event) });
  return { ...factsOf(store), folder };
}
