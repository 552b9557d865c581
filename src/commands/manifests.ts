import { kinds } from '../model/objects.ts';
import type { Snapshot } from '../model/snapshot.ts';
import { type Folder, readFolder } from '../sources/folder.ts';
import { createStore, type Store } from '../sources/store.ts';

/** Manifests that were read once. */
export interface Manifests {
  readonly snapshot: Snapshot;
  readonly store: Store;
  readonly folder: Folder;
}

/** Reads folders and files for a command that does not watch. Throws when one does not exist. */
export async function readManifests(paths: readonly string[]): Promise<Manifests> {
  const store = createStore({ kinds, now: Date.now });
  const folder = await readFolder({ paths, sink: (event) => void store.apply(event) });
  return { snapshot: store.snapshot(), store, folder };
}
