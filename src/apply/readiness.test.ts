import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { runPaths } from '../model/settings.ts';
import { createReadiness } from './readiness.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-readiness-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const files = () => [existsSync(runPaths(folder).ready), existsSync(runPaths(folder).draining)];

test('readiness is told by files, which a next run forgets', async () => {
  const readiness = createReadiness(folder);
  await readiness.write();
  assert.deepEqual([files(), await readiness.isDraining()], [[true, false], false]);
  await readiness.drain();
  assert.deepEqual([files(), await readiness.isDraining()], [[true, true], true]);
  await readiness.clear();
  assert.deepEqual([files(), await readiness.isDraining()], [[false, false], false]);
});
