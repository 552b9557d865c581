import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { makeShareFolder, pruneShareFolders, shareName } from './share-folders.ts';

let folder = '';
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-shares-'));
});
after(() => rm(folder, { recursive: true }));

const lotOf = (number: number) => [...number.toString(16).padStart(5, '0')].join('/');
const wins = (name: string, number: number) => existsSync(join(folder, name, lotOf(number)));

test('a share is named by how many of a million lots win, and only none and all are rounded to nothing and everything', () => {
  const names = [0, 1e-9, 0.1, 0.25, 0.5, 0.9999999999, 1].map(shareName);
  assert.deepEqual(names, ['00000', '00001', '1999a', '40000', '80000', 'fffff', 'all']);
  for (const wrong of [-0.1, 1.1, Number.NaN]) assert.throws(() => shareName(wrong), /is no share/);
});

test('exactly the lots below a share exist in its folder', async () => {
  for (const name of ['00000', '00001', '1999a', '40000', '7ff0f', 'fffff', 'f0000', '0000f']) {
    await makeShareFolder(folder, name);
    const limit = Number.parseInt(name, 16);
    const near = [0, 1, limit - 17, limit - 1, limit, limit + 1, limit + 16, limit + 4096, 2 ** 20 - 1];
    for (const lot of near.filter((one) => one >= 0 && one < 2 ** 20)) assert.equal(wins(name, lot), lot < limit, `${lot} in ${name}`);
  }
  await makeShareFolder(folder, 'all');
  for (const lot of [0, 1, 2 ** 20 - 1]) assert.ok(wins('all', lot));
});

test('of a whole share every two hundred and fifty-sixth lot is looked at, and the number that wins is right', async () => {
  const name = shareName(0.137);
  await makeShareFolder(folder, name);
  let won = 0;
  for (let lot = 0; lot < 2 ** 20; lot += 256) if (wins(name, lot)) won += 1;
  assert.equal(won, Math.ceil(Number.parseInt(name, 16) / 256));
});

test('a folder that exists is left alone, and the folders of other shares are removed', async () => {
  await makeShareFolder(folder, '40000');
  await makeShareFolder(folder, '40000');
  await pruneShareFolders(folder, new Set(['40000']));
  assert.deepEqual((await readdir(folder)).sort(), ['40000', 'all']);
  await pruneShareFolders(join(folder, 'nowhere'), new Set());
});
