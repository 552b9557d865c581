import type { Diagnostic } from './diagnostic.ts';
import type { Kind, KubeObject, ObjectRef } from './objects.ts';

/** What a source tells the store. */
export type ObjectEvent =
  | { readonly type: 'upsert'; readonly object: KubeObject }
  | { readonly type: 'delete'; readonly kind: Kind; readonly ref: ObjectRef }
  /** Everything that one part of a source (a manifest file, a watched kind) has to complain about at the moment; replaces what it said before. */
  | { readonly type: 'diagnostics'; readonly part: string; readonly diagnostics: readonly Diagnostic[] }
  /** Every object of this kind that existed at the start has been delivered. */
  | { readonly type: 'synced'; readonly kind: Kind };

/** Takes the events of a source, in order. */
export type Sink = (event: ObjectEvent) => void;
