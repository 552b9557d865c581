import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { type getHeapSpaceStatistics, getHeapStatistics } from 'node:v8';
import { Worker } from 'node:worker_threads';
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

test('the young generation stays as small as it is', async () => {
  const program = `
    const { getHeapSpaceStatistics } = require('node:v8');
    const { parentPort } = require('node:worker_threads');
    const kept = [];
    for (let index = 0; index < 300_000; index += 1) kept.push({ index, text: [String(index)] });
    parentPort.postMessage(getHeapSpaceStatistics());
  `;
  const sizeAfter = async (prelude: string) => {
    const worker = new Worker(`${prelude};${program}`, { eval: true });
    const [spaces]: ReturnType<typeof getHeapSpaceStatistics>[] = await once(worker, 'message');
    return (spaces?.find(({ space_name }) => space_name === 'new_space')?.space_size ?? 0) / megabyte;
  };
  const usual = await sizeAfter('');
  const limited = await sizeAfter(`require(${JSON.stringify(new URL('./memory.ts', import.meta.url).pathname)}).limitYoungGeneration()`);
  assert.ok(limited < usual / 2, `${limited} MiB instead of ${usual}`);
});
