import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { withoutDescriptors, withoutPrlimit } from '../descriptors-testbed.ts';
import type { ObjectEvent } from '../model/events.ts';
import { startFolder } from './folder.ts';

test('a file that cannot be read for want of file descriptors is read once there are some', {
  timeout: 20_000,
  skip: withoutPrlimit,
}, async (t) => {
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
  await giveBack();
  await delivered((event) => event.type === 'upsert' && event.object.metadata.name === 'a');
  assert.deepEqual(
    events.filter(({ type }) => type === 'diagnostics').map((event) => (event.type === 'diagnostics' ? event.diagnostics.length : 0)),
    [1, 0],
  );
});
