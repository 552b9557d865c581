import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Outcome } from '../model/outcome.ts';
import { build, ingress, path, rule, service, snapshot } from '../routing/objects-testbed.ts';
import { createLog } from './log.ts';
import { logReconcile } from './reconcile-log.ts';

const objects = [ingress('web', { rules: [rule('a.example.com', path('/'))] }), service('web')];

/** What is logged for an outcome, without its time. */
function logged(outcome: Outcome): readonly unknown[] {
  const lines: string[] = [];
  const log = createLog({ format: 'json', level: 'debug', write: (line) => lines.push(line) });
  const built = build(objects);
  logReconcile(log, { snapshot: snapshot(...objects), built, diagnostics: built.diagnostics, outcome, milliseconds: 12 });
  return lines.map((line) => {
    const { time, ...rest } = JSON.parse(line);
    return rest;
  });
}

const fields = { revision: 1, ingresses: 1, hosts: 1, upstreams: 1, errors: 0, warnings: 1, ms: 12 };
const lines: readonly (readonly [string, Outcome, number, string])[] = [
  ['a batch that changes nothing is for debugging only', { kind: 'unchanged' }, 20, 'nothing changed for NGINX'],
  [
    'what went live without a reload is counted',
    { kind: 'live', endpoints: 2, certificates: 1, files: 0 },
    30,
    'live without reload: endpoints of 2 upstreams, 1 certificates',
  ],
  [
    'a reload says why',
    { kind: 'reloaded', generation: '00ff', cause: 'hosts', reason: 'host a.example.com added', milliseconds: 9 },
    30,
    'reloaded (host a.example.com added), generation 00ff',
  ],
  [
    'a refusal is an error',
    { kind: 'rejected', stage: 'test', message: 'no such user' },
    50,
    'NGINX keeps the generation before; refused at test: no such user',
  ],
];

for (const [title, outcome, level, msg] of lines) {
  test(title, () => assert.deepEqual(logged(outcome), [{ level, ...fields, msg }]));
}
