import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { getHeapStatistics } from 'node:v8';
import { createIdleMemory } from './memory.ts';

const megabyte = 1024 * 1024;
const heapMegabytes = () => getHeapStatistics().total_heap_size / megabyte;

/** Objects that take some 50 MB. */
const makeMuch = () => Array.from({ length: 500_000 }, (_, index) => ({ index, text: [`${index}`] }));

async function until(condition: () => boolean): Promise<void> {
  const end = performance.now() + 30_000;
  while (!condition()) {
    if (performance.now() > end) throw new Error('it does not happen within 30 seconds');
    await pause(10);
  }
}

test('memory is given back soon after the last piece of work, and not while one is under way', async () => {
  const memory = createIdleMemory({ quietMs: 20 });
  const other = Promise.withResolvers<void>();
  const underWay = memory.during(() => other.promise);
  const before = heapMegabytes();
  assert.equal(await memory.during(async () => makeMuch().length), 500_000);
  const after = heapMegabytes();
  assert.ok(after > before + 30, `${before} MiB have become ${after}`);
  // The timer that would ring by now is set for no work at all.
  await pause(60);
  assert.ok(heapMegabytes() > before + 30);
  other.resolve();
  await underWay;
  await until(() => heapMegabytes() < before + 15);
});

test('work that fails fails in its own way, and counts as over', async () => {
  const memory = createIdleMemory({ quietMs: 20 });
  const before = heapMegabytes();
  const failing = memory.during(async () => {
    makeMuch();
    throw new Error('the disk is full');
  });
  await assert.rejects(failing, { message: 'the disk is full' });
  await until(() => heapMegabytes() < before + 15);
});
