import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, readlink, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { createLiveFiles } from './live-files.ts';

const id = '0123456789abcdef';
const other = 'fedcba9876543210';
let run = '';

before(async () => {
  run = await mkdtemp(join(tmpdir(), 'gatehouse-files-'));
  await mkdir(join(run, 'files'));
});
after(() => rm(run, { recursive: true }));

test('files are written for their owner alone, counted when they change, and removed when nothing names them', async () => {
  const files = createLiveFiles(run);
  assert.equal(await files.publish(new Map([[id, 'alice:x\n']])), 1);
  assert.equal((await stat(join(run, 'files', id))).mode & 0o777, 0o600);
  assert.equal(await files.publish(new Map([[id, 'alice:x\n']])), 0);
  assert.equal(
    await files.publish(
      new Map([
        [id, 'bob:y\n'],
        [other, ''],
      ]),
    ),
    2,
  );
  assert.equal(await readFile(join(run, 'files', id), 'utf8'), 'bob:y\n');
  await files.prune(new Map([[other, '']]));
  assert.deepEqual(await readdir(join(run, 'files')), [other]);
  await files.prune(undefined);
  assert.deepEqual(await readdir(join(run, 'files')), []);
});

test('bytes that are no text stay as they are', async () => {
  const bytes = Uint8Array.from({ length: 256 }, (_, index) => index);
  assert.equal(await createLiveFiles(run).publish(new Map([[id, bytes]])), 1);
  assert.deepEqual(new Uint8Array(await readFile(join(run, 'files', id))), bytes);
  const again = createLiveFiles(run);
  assert.equal(await again.publish(new Map([[id, bytes]])), 0);
  await again.prune(undefined);
});

test('what an earlier run has written is known', async () => {
  await createLiveFiles(run).publish(new Map([[id, 'same']]));
  assert.equal(await createLiveFiles(run).publish(new Map([[id, 'same']])), 0);
  assert.equal(await createLiveFiles(run).publish(new Map([[id, 'different']])), 1);
});

test('a share is a link to its folder, replaced in one step, known to a later run, and made again when its folder is gone', async () => {
  const files = createLiveFiles(run);
  const link = () => readlink(join(run, 'files', id));
  assert.equal(await files.publish(new Map([[id, { share: 0.25 }]])), 1);
  assert.equal(await link(), '../shares/40000');
  assert.ok((await stat(join(run, 'files', id, '3/f/f/f/f'))).isDirectory());
  await assert.rejects(stat(join(run, 'files', id, '4/0/0/0/0')), /ENOENT/);
  assert.equal(await files.publish(new Map([[id, { share: 0.25 }]])), 0);
  assert.equal(await files.publish(new Map([[id, { share: 0.5 }]])), 1);
  assert.equal(await link(), '../shares/80000');
  const later = createLiveFiles(run);
  assert.equal(await later.publish(new Map([[id, { share: 0.5 }]])), 0);
  await later.prune(new Map([[id, { share: 0.5 }]]));
  assert.deepEqual(await readdir(join(run, 'shares')), ['80000', 'all']);
  await rm(join(run, 'shares'), { recursive: true });
  assert.equal(await createLiveFiles(run).publish(new Map([[id, { share: 0.5 }]])), 1);
  await createLiveFiles(run).prune(undefined);
  assert.deepEqual([await readdir(join(run, 'files')), await readdir(join(run, 'shares'))], [[], ['all']]);
});

test('an id that is no hash is a mistake, and names no file', async () => {
  await assert.rejects(createLiveFiles(run).publish(new Map([['../../etc/x', '']])), /sixteen hexadecimal digits/);
});
