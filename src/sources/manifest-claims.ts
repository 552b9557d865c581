import { isDeepStrictEqual } from 'node:util';
import { type Diagnostic, diagnostic } from '../model/diagnostic.ts';
import { type KubeObject, type ObjectRef, refOf } from '../model/objects.ts';
import type { Manifest, ManifestObject } from './manifest.ts';

/** One file's version of an object. */
export interface Claim {
  readonly object: KubeObject;
  readonly written: ManifestObject;
}

/** What one file has in force. */
export interface FileClaims {
  /** By `idOf`. */
  readonly claims: ReadonlyMap<string, Claim>;
  /** Complaints about what is in the file, without those that depend on other files. */
  readonly complaints: readonly Diagnostic[];
  /** What the last version of the file that could be read holds. */
  readonly counts?: Pick<Manifest, 'documents' | 'ignoredKinds'>;
}

/** A file that has nothing in force. */
export const noClaims: FileClaims = { claims: new Map(), complaints: [] };

/** Tells objects apart, of all kinds. */
export function idOf(ref: ObjectRef): string {
  // A text put together by a template stays in its parts in memory.
  return [ref.kind, ref.namespace, ref.name].join('/');
}

/**
 * What a file has in force after a change. A file that cannot be read and an object that became invalid keep what was there
 * before, and so does everything after the point at which a file seems to be cut off; `undefined` is a file that is gone.
 */
export function nextClaims(before: FileClaims, content: Manifest | Diagnostic | undefined): FileClaims {
  if (content === undefined) return noClaims;
  if ('code' in content) return { ...before, complaints: before.claims.size > 0 ? withStanding([content]) : [content] };
  const claims = new Map<string, Claim>();
  const complaints = content.objects.flatMap((written) => addClaim(written, before, claims));
  if (looksCut(content)) for (const [id, claim] of before.claims) if (!claims.has(id)) claims.set(id, claim);
  const { documents, ignoredKinds } = content;
  return { claims, complaints: complaints.length === 0 ? noClaims.complaints : complaints, counts: { documents, ignoredKinds } };
}

/** A file that ends with an object that is not complete is probably half-written: what came after it is not gone, but still to come. */
function looksCut({ objects }: Manifest): boolean {
  const last = objects.at(-1);
  return last !== undefined && last.decoded.object === undefined;
}

/** Adds what one object of the file has in force, and returns what is wrong with it. */
function addClaim(written: ManifestObject, before: FileClaims, claims: Map<string, Claim>): readonly Diagnostic[] {
  const { ref, diagnostics, object } = written.decoded;
  if (ref === undefined) return diagnostics;
  const id = idOf(ref);
  const earlier = claims.get(id);
  if (earlier) return object ? [...diagnostics, duplicateOf({ object, written }, earlier)] : diagnostics;
  const version = versionOf(written, before.claims.get(id)?.object);
  if (version === undefined) return diagnostics;
  claims.set(id, { object: version, written });
  return object ? diagnostics : withStanding(diagnostics);
}

/** The object as it was before if it is equal or its new version is invalid, so that unchanged objects stay the same ones. */
function versionOf(written: ManifestObject, before: KubeObject | undefined): KubeObject | undefined {
  const { object } = written.decoded;
  return object === undefined || isDeepStrictEqual(object, before) ? before : object;
}

/** Says with the first error that the last good version goes on. */
function withStanding(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  const first = diagnostics.findIndex(({ severity }) => severity === 'error');
  return diagnostics.map((item, index) =>
    index === first ? { ...item, message: `${item.message} (the version from before stays in force)` } : item,
  );
}

/** The complaint about a claim that does not count, as another one was first. */
export function duplicateOf(claim: Claim, first: Claim): Diagnostic {
  const field = 'metadata.name';
  const { file, line } = first.written.locate(field);
  const message = `is already defined at ${file}:${line}, which was read first; this one is ignored`;
  return { ...diagnostic('ObjectDuplicate', refOf(claim.object), field, message), at: claim.written.locate(field) };
}
