import type { Built } from './built.ts';
import type { Diagnostic } from './diagnostic.ts';
import type { Outcome } from './outcome.ts';
import type { Snapshot } from './snapshot.ts';

/** What a batch led to. */
export interface Reconciled {
  readonly snapshot: Snapshot;
  readonly built: Built;
  /** Those of the routing, and one for each Ingress that NGINX refused. */
  readonly diagnostics: readonly Diagnostic[];
  readonly outcome: Outcome;
  /** How long the whole batch took. */
  readonly milliseconds: number;
}
