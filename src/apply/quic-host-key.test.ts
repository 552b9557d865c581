import assert from 'node:assert/strict';
import { readdir, readFile, stat } from 'node:fs/promises';
import { test } from 'node:test';
import { runPaths } from '../model/settings.ts';
import { createTestbed } from './nginx-testbed.ts';
import { ensureQuicHostKey } from './quic-host-key.ts';

test('the key for HTTP/3 is made once, is read by its owner alone, and stays', async (t) => {
  const bed = await createTestbed();
  t.after(() => bed.close());
  const { path } = bed.run;
  const before = await readdir(path);
  await ensureQuicHostKey(path);
  const { quicHostKey } = runPaths(path);
  const key = await readFile(quicHostKey);
  await ensureQuicHostKey(path);
  assert.equal(key.length, 64);
  assert.deepEqual(await readFile(quicHostKey), key);
  assert.equal((await stat(quicHostKey)).mode & 0o777, 0o600);
  assert.deepEqual((await readdir(path)).sort(), [...before, 'quic-host.key'].sort());
});

test('a run directory that takes no file is an error', async () => {
  await assert.rejects(ensureQuicHostKey('/nowhere/at/all'), { code: 'ENOENT' });
});
