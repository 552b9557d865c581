import type { Outcome } from '../model/outcome.ts';
import type { Reconciled } from '../model/reconciled.ts';
import type { Log } from './log.ts';

/**
 * Writes the one line that says what a batch led to: revision, counts, outcome and its reason, milliseconds. In a cluster most batches change
 * nothing, as objects are renewed that nothing depends on, so those are for `debug`.
 */
export function logReconcile(log: Log, { snapshot, built, diagnostics, outcome, milliseconds }: Reconciled): void {
  const { topology } = built;
  const errors = diagnostics.filter((one) => one.severity === 'error').length;
  const fields = {
    revision: snapshot.revision,
    ingresses: snapshot.ingresses.size,
    hosts: topology.servers.length - 1,
    upstreams: topology.upstreams.length,
    errors,
    warnings: diagnostics.length - errors,
    ms: milliseconds,
  };
  log[levels[outcome.kind]](fields, sentence(outcome));
}

const levels = { unchanged: 'debug', live: 'info', reloaded: 'info', rejected: 'error' } as const;

function sentence(outcome: Outcome): string {
  switch (outcome.kind) {
    case 'unchanged':
      return 'nothing changed for NGINX';
    case 'live':
      return `live without reload: endpoints of ${outcome.endpoints} upstreams, ${outcome.certificates} certificates${outcome.files === 0 ? '' : `, ${outcome.files} files`}`;
    case 'reloaded':
      return `reloaded (${outcome.reason}), generation ${outcome.generation}`;
    case 'rejected':
      return `NGINX keeps the generation before; refused at ${outcome.stage}: ${outcome.message}`;
  }
}
