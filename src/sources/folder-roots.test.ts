import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { followRoots } from './folder-roots.ts';

test('a directory that another one takes the place of is noticed, whatever the watcher reports', { timeout: 20_000 }, async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'gatehouse-roots-'));
  t.after(() => rm(directory, { recursive: true, force: true }));
  const [root, other] = [join(directory, 'root'), join(directory, 'other')];
  await mkdir(root);
  await mkdir(other);
  t.mock.timers.enable({ apis: ['setInterval'] });
  const replaced: string[] = [];
  let seen = () => {};
  const leave = await followRoots([root], (path) => {
    replaced.push(path);
    seen();
  });
  t.after(leave);
  await rm(root, { recursive: true });
  await rename(other, root);
  const noticed = new Promise<void>((resolve) => {
    seen = resolve;
  });
  const tick = setImmediate.bind(undefined, function again() {
    t.mock.timers.tick(1000);
    if (replaced.length === 0) setImmediate(again);
  });
  tick();
  await noticed;
  assert.deepEqual(replaced, [root]);
});
