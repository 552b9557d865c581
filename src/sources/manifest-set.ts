import { isDeepStrictEqual } from 'node:util';
import type { Diagnostic, Place } from '../model/diagnostic.ts';
import type { ObjectEvent, Sink } from '../model/events.ts';
import { type KubeObject, type ObjectRef, refOf } from '../model/objects.ts';
import type { Manifest } from './manifest.ts';
import { type Claim, duplicateOf, type FileClaims, idOf, nextClaims, noClaims } from './manifest-claims.ts';

/** What a file holds now: `undefined` when it is gone, a complaint when it cannot be read. */
export interface FileChange {
  readonly file: string;
  readonly content: Manifest | Diagnostic | undefined;
}

/** How much was read. */
export interface FolderSummary {
  readonly files: number;
  /** Documents that hold something. */
  readonly documents: number;
  /** How many objects of each kind are none of Gatehouse's business. */
  readonly ignoredKinds: ReadonlyMap<string, number>;
}

/** All manifest files together: decides which file counts for each object, and tells the sink what changed. */
export interface ManifestSet {
  /** Takes changes of files in, in the order in which new files shall count. */
  readonly update: (changes: readonly FileChange[]) => void;
  readonly locate: (ref: ObjectRef, field: string) => Place | undefined;
  readonly summary: () => FolderSummary;
}

/** Makes an empty set. */
export function createManifestSet(sink: Sink): ManifestSet {
  const files = new Map<string, FileClaims>();
  const owners = createOwners();
  const emitter = createEmitter(sink);
  const winner = (id: string): Claim | undefined => files.get(owners.of(id)[0] ?? '')?.claims.get(id);
  const takeIn = ({ file, content }: FileChange): readonly string[] => {
    const before = files.get(file) ?? noClaims;
    const after = nextClaims(before, content);
    if (content === undefined) files.delete(file);
    else files.set(file, after);
    for (const id of before.claims.keys()) if (!after.claims.has(id)) owners.leave(id, file);
    for (const id of after.claims.keys()) owners.claim(id, file);
    return before === noClaims ? [...after.claims.keys()] : [...new Set([...before.claims.keys(), ...after.claims.keys()])];
  };
  const complaintsOf = (file: string): readonly Diagnostic[] => {
    const { claims, complaints } = files.get(file) ?? noClaims;
    const all = [...complaints];
    for (const [id, claim] of claims) {
      const first = winner(id);
      if (first !== undefined && first !== claim) all.push(duplicateOf(claim, first));
    }
    return all;
  };
  return {
    update: (changes) => {
      const ids = new Set(changes.flatMap(takeIn));
      emitter.objects(ids, (id) => winner(id)?.object);
      // The other files with an object have something else to complain about when the place of the first one moves.
      const concerned = new Set([...changes.map(({ file }) => file), ...[...ids].flatMap(owners.of)]);
      for (const file of concerned) emitter.diagnostics(file, complaintsOf(file));
    },
    locate: (ref, field) => winner(idOf(ref))?.written.locate(field),
    summary: () => summarise([...files.values()]),
  };
}

/** Which files claim an object; the first one counts. */
function createOwners() {
  const claimants = new Map<string, readonly string[]>();
  return {
    of: (id: string): readonly string[] => claimants.get(id) ?? [],
    claim: (id: string, file: string): void => {
      const list = claimants.get(id) ?? [];
      if (!list.includes(file)) claimants.set(id, [...list, file]);
    },
    leave: (id: string, file: string): void => {
      const next = (claimants.get(id) ?? []).filter((other) => other !== file);
      if (next.length > 0) claimants.set(id, next);
      else claimants.delete(id);
    },
  };
}

/** Remembers what the sink was told, and tells it only what is new. */
function createEmitter(sink: Sink) {
  const objects = new Map<string, KubeObject>();
  const complaints = new Map<string, readonly Diagnostic[]>();
  return {
    objects: (ids: Iterable<string>, current: (id: string) => KubeObject | undefined): void => {
      const deletions: ObjectEvent[] = [];
      for (const id of ids) {
        const object = current(id);
        const before = objects.get(id);
        if (object === undefined && before !== undefined) {
          objects.delete(id);
          deletions.push({ type: 'delete', kind: before.kind, ref: refOf(before) });
        } else if (object !== undefined && object !== before && !isDeepStrictEqual(object, before)) {
          objects.set(id, object);
          sink({ type: 'upsert', object });
        }
      }
      // Last, so that nothing is missing for a moment when something is renamed.
      for (const event of deletions) sink(event);
    },
    diagnostics: (part: string, diagnostics: readonly Diagnostic[]): void => {
      const before = complaints.get(part) ?? [];
      if (before.length === diagnostics.length && isDeepStrictEqual(before, diagnostics)) return;
      complaints.set(part, diagnostics);
      sink({ type: 'diagnostics', part, diagnostics });
    },
  };
}

function summarise(states: readonly FileClaims[]): FolderSummary {
  const ignoredKinds = new Map<string, number>();
  for (const [kind, count] of states.flatMap(({ counts }) => [...(counts?.ignoredKinds ?? [])])) {
    ignoredKinds.set(kind, (ignoredKinds.get(kind) ?? 0) + count);
  }
  const documents = states.reduce((sum, { counts }) => sum + (counts?.documents ?? 0), 0);
  return { files: states.length, documents, ignoredKinds };
}
