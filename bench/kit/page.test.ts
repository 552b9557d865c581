import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pageText } from './page.ts';
import type { Saved } from './results.ts';

const saved: Saved = {
  machine: {
    date: '2026-11-24T12:00:00.000Z',
    commit: 'abc1234',
    changedFiles: ['M src/main.ts'],
    node: 'v24.21.0',
    nginx: 'nginx version: nginx/1.30.6',
    cpu: 'a processor',
    cores: 2,
    loadAverage: [1, 0.5, 0.25],
  },
  command: 'node bench/change.ts --sizes 1',
  tables: [
    {
      title: 'From a change to its answer',
      columns: ['p50', 'reloads | failed'],
      rows: [
        { name: 'endpoint', values: ['10 ms', '0'], goals: [{ text: '<= 280 ms', isMet: true }, undefined] },
        { name: '  again', values: ['300 ms', '1'], goals: [{ text: '<= 280 ms', isMet: false }, undefined] },
      ],
    },
  ],
  charts: [],
  results: {},
};

test('the page has the commands, where they ran, the figures with their goals, and the notes', () => {
  const text = pageText(
    [
      { heading: 'Changes', about: 'How soon.', saved },
      { heading: 'Requests', about: 'How many.', saved: undefined },
    ],
    '\n## Notes\n\nThat is why.\n',
  );
  assert.equal(
    text.slice(text.indexOf('## Changes')),
    `## Changes

How soon.

\`node bench/change.ts --sizes 1\` (2026-11-24, commit abc1234 with changes that are not in it, nginx/1.30.6, Node v24.21.0; 2 × a processor, load 1 / 0.5 / 0.25)

From a change to its answer

|  | p50 | reloads \\| failed |
| --- | --- | --- |
| endpoint | 10 ms (goal &lt;= 280 ms) | 0 |
| again | 300 ms (goal &lt;= 280 ms: **missed**) | 1 |

## Requests

How many.

Not measured on that machine.

## Notes

That is why.
`,
  );
});
