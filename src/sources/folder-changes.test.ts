import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { createFolderChanges } from './folder-changes.ts';

/** Files that exist, and what is delivered of them: one list for each delivery. */
async function makeChanges(t: TestContext, names: readonly string[], refuse: (delivery: number) => boolean = () => false) {
  const directory = await mkdtemp(join(tmpdir(), 'gatehouse-changes-'));
  t.after(() => rm(directory, { recursive: true, force: true }));
  for (const name of names) await writeFile(join(directory, name), name);
  const emitter = new EventEmitter();
  const delivered: string[][] = [];
  const changes = createFolderChanges({
    deliver: async (files) => {
      const paths = [...files.keys()];
      delivered.push(paths.map((path) => path.slice(directory.length + 1)));
      emitter.emit('delivered');
      return refuse(delivered.length) ? paths : [];
    },
    onError: (error) => emitter.emit('error', error),
  });
  t.after(changes.stop);
  return {
    notice: (name: string, how: 'moved' | 'written') => changes.notice(join(directory, name), how),
    deliveries: async (count: number) => {
      while (delivered.length < count) await once(emitter, 'delivered');
      return delivered;
    },
  };
}

const options = { timeout: 20_000 };

test('a file that was moved into its place is delivered at once, one that is written after it has rested', options, async (t) => {
  const { notice, deliveries } = await makeChanges(t, ['a', 'b', 'c']);
  notice('a', 'written');
  notice('b', 'moved');
  notice('c', 'moved');
  assert.deepEqual(await deliveries(2), [['b', 'c'], ['a']]);
});

test('a file that is written into after it came to its name has to rest', options, async (t) => {
  const { notice, deliveries } = await makeChanges(t, ['a', 'b']);
  notice('a', 'moved');
  notice('a', 'written');
  notice('b', 'moved');
  assert.deepEqual(await deliveries(2), [['b'], ['a']]);
});

test('a file that takes the place of one that was being written is delivered at once', options, async (t) => {
  const { notice, deliveries } = await makeChanges(t, ['a', 'b']);
  notice('b', 'written');
  notice('a', 'written');
  notice('a', 'moved');
  assert.deepEqual(await deliveries(2), [['a'], ['b']]);
});

test('a file that is gone is waited for, even if it was moved away', options, async (t) => {
  const { notice, deliveries } = await makeChanges(t, ['b']);
  notice('gone', 'moved');
  notice('b', 'written');
  assert.deepEqual(await deliveries(2), [['b'], ['gone']]);
});

test('a file that was another one when it was read comes again', options, async (t) => {
  const { notice, deliveries } = await makeChanges(t, ['a'], (delivery) => delivery < 3);
  notice('a', 'moved');
  assert.deepEqual(await deliveries(3), [['a'], ['a'], ['a']]);
});
