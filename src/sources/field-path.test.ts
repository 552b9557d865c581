import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { fieldOf, itemOf, keyOfMap, parseFieldPath } from './field-path.ts';

test('a path reads as kubectl writes it', () => {
  assert.equal(fieldOf(itemOf(fieldOf(fieldOf('', 'spec'), 'rules'), 0), 'host'), 'spec.rules[0].host');
  assert.equal(keyOfMap('metadata.annotations', 'a.b/c'), 'metadata.annotations["a.b/c"]');
  assert.equal(keyOfMap('data', 'plain-key'), 'data.plain-key');
});

test('every path that is made can be read again', () => {
  const step = fc.oneof(fc.nat(1000), fc.string({ unit: 'binary' }));
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      const path = steps.reduce<string>((parent, part) => (typeof part === 'number' ? itemOf(parent, part) : keyOfMap(parent, part)), '');
      assert.deepEqual(parseFieldPath(path), steps);
    }),
  );
});

test('what is no path ends the steps and does not throw', () => {
  assert.deepEqual(parseFieldPath('spec.rules[x].host'), ['spec', 'rules']);
  assert.deepEqual(parseFieldPath(''), []);
});
