import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { compact } from './compact.ts';

setFlagsFromString('--expose-gc');
const collect: () => void = runInNewContext('gc');

function bytesAfter(work: () => unknown): number {
  collect();
  const before = process.memoryUsage().heapUsed;
  const kept = work();
  collect();
  const bytes = process.memoryUsage().heapUsed - before;
  assert.ok(kept);
  return bytes;
}

test('nothing but the memory is different afterwards', () => {
  const long = 'a'.repeat(10_000);
  const value = () => ({
    text: 'shop.example.test',
    empty: {},
    list: [{ path: '/', half: '\ud800', long }, [], [1, 2.5, true, undefined, null]],
    data: new Map([['tls.crt', new Uint8Array([1, 2, 3])]]),
    absent: undefined,
  });
  assert.deepEqual(compact(value()), value());
  assert.deepEqual(Object.keys(compact(value())), Object.keys(value()));
});

test('equal texts of different objects are kept once, and so is everything empty', () => {
  const objects = () =>
    Array.from({ length: 10_000 }, () => compact({ namespace: ['a', 'namespace', 'of', 'many'].join('-'), labels: {}, list: [] }));
  const [one, other] = objects();
  assert.equal(one?.labels, other?.labels);
  assert.equal(one?.list, other?.list);
  const bytes = bytesAfter(objects);
  assert.ok(bytes < 10_000 * 70, `10,000 objects keep ${bytes} bytes`);
});

test('a part does not keep the text that it was cut from', () => {
  const names = () => {
    const texts = Array.from({ length: 100 }, (_, index) => `${index} `.repeat(30_000));
    return texts.map((text) => compact({ name: text.slice(10, 40) }));
  };
  const bytes = bytesAfter(names);
  assert.ok(bytes < 500_000, `100 names keep ${bytes} bytes`);
});

test('lists do not keep the room that they grew into', () => {
  const lists = () =>
    Array.from({ length: 10_000 }, () => {
      const list: number[] = [];
      list.push(1);
      return compact({ list });
    });
  const bytes = bytesAfter(lists);
  assert.ok(bytes < 10_000 * 100, `10,000 lists of one number keep ${bytes} bytes`);
});
