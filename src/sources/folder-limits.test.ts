import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { ObjectEvent } from '../model/events.ts';
import { startFolder } from './folder.ts';

const skip = spawnSync('prlimit', ['--version']).status !== 0 && 'there is no prlimit';

/** Takes all file descriptors from this process; a program that runs already gives them back, as none can be started meanwhile. */
async function withoutDescriptors(t: TestContext): Promise<() => void> {
  const script = 'prlimit --pid $1 --nofile=3: && echo taken && read line; prlimit --pid $1 --nofile=$2:';
  const soft = execFileSync('sh', ['-c', 'ulimit -Sn'], { encoding: 'utf8' }).trim();
  const helper = spawn('sh', ['-c', script, 'sh', String(process.pid), soft], { stdio: ['pipe', 'pipe', 'ignore'] });
  const giveBack = () => void helper.stdin.end('\n');
  t.after(giveBack);
  await once(helper.stdout, 'data');
  return giveBack;
}

test('a file that cannot be read for want of file descriptors is read once there are some', { timeout: 20_000, skip }, async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'gatehouse-folder-'));
  t.after(() => rm(directory, { recursive: true, force: true }));
  const emitter = new EventEmitter();
  const events: ObjectEvent[] = [];
  const folder = await startFolder({
    paths: [directory],
    sink: (event) => {
      events.push(event);
      emitter.emit('event');
    },
  });
  t.after(() => folder.stop());
  await writeFile(join(directory, '.a'), 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n');
  const delivered = async (isWanted: (event: ObjectEvent) => boolean) => {
    while (!events.some(isWanted)) await once(emitter, 'event');
  };
  const giveBack = await withoutDescriptors(t);
  await rename(join(directory, '.a'), join(directory, 'a.yaml'));
  await delivered((event) => event.type === 'diagnostics' && event.diagnostics.some(({ code }) => code === 'ManifestUnreadable'));
  giveBack();
  await delivered((event) => event.type === 'upsert' && event.object.metadata.name === 'a');
  assert.deepEqual(
    events.filter(({ type }) => type === 'diagnostics').map((event) => (event.type === 'diagnostics' ? event.diagnostics.length : 0)),
    [1, 0],
  );
});
