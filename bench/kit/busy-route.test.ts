import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type BusyRoute, busyTable } from './busy-route.ts';
import { summarise } from './figures.ts';

const busy = (disturbed: number, failed: number): BusyRoute => ({
  name: 'among 1000',
  undisturbed: summarise([1000, 900, 1100]),
  disturbed: summarise([disturbed]),
  p99: { undisturbed: 2500, disturbed: 20_000 },
  reloads: 9,
  failed,
});

test('a busy route is judged by the part of its requests that is left, and by those that failed', () => {
  const { rows } = busyTable([busy(800, 0), busy(799, 1)]);
  assert.deepEqual(rows[0]?.values, ['1000 ± 10 %', '800 ± 0 %', '0.80', '2.5 ms', '20 ms', '9', '0']);
  const goals = rows.map((row) => row.goals?.flatMap((goal) => (goal ? [`${goal.text} ${goal.isMet}`] : [])));
  assert.deepEqual(goals, [
    ['>= 0.8 true', '0 true'],
    ['>= 0.8 false', '0 false'],
  ]);
});
