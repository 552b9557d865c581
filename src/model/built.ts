import type { Diagnostic } from './diagnostic.ts';
import type { Key } from './objects.ts';
import type { Topology } from './routing.ts';
import type { Runtime } from './runtime.ts';

/** What the pure core makes of a snapshot. */
export interface Built {
  readonly topology: Topology;
  readonly runtime: Runtime;
  readonly diagnostics: readonly Diagnostic[];
  /** The Ingresses that are ours, oldest first. */
  readonly selected: readonly Key[];
  /** The next moment (milliseconds since 1970) at which the same facts lead to something else: a certificate begins or ends, or a port may have become free. */
  readonly validUntil?: number;
}
