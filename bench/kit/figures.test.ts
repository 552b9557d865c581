import assert from 'node:assert/strict';
import { test } from 'node:test';
import { median, percentile, summarise } from './figures.ts';

test('a percentile is a value that was measured', () => {
  const values = Array.from({ length: 100 }, (_, index) => 100 - index);
  assert.deepEqual([percentile(values, 0.5), percentile(values, 0.99), percentile(values, 1), percentile([7], 0.5)], [50, 99, 100, 7]);
});

test('the median of an even number of values lies between the two in the middle', () => {
  assert.deepEqual([median([9, 1, 5]), median([9, 1, 5, 6])], [5, 5.5]);
});

test('a summary tells the spread as a part of the median', () => {
  assert.deepEqual(summarise([2, 4, 3]), { count: 3, p50: 3, p99: 4, min: 2, max: 4, spread: 2 / 3 });
});

test('nothing measured is an error and not zero', () => {
  assert.throws(() => summarise([]), { message: 'nothing was measured' });
});
