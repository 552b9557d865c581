import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { ObjectEvent } from '../model/events.ts';
import { openFolder } from './folder-files.ts';
import { createFolderReader } from './folder-reader.ts';

const configMap = (name: string) => `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}}\n`;

async function makeDirectory(t: TestContext): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'gatehouse-reader-'));
  t.after(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

async function readAll(path: string, slow?: number) {
  const events: ObjectEvent[] = [];
  const reader = createFolderReader(await openFolder([path]), {
    sink: (event) => void events.push(event),
    ...(slow !== undefined && { slow }),
  });
  await reader.readAll();
  return { events, signatures: [...reader.paths()].sort().map((one) => [one, reader.signature(one)]) };
}

test('a slow disk and a fast one give the same, whatever is wrong with files', async (t) => {
  const directory = await makeDirectory(t);
  for (let number = 0; number < 100; number += 1) await writeFile(join(directory, `good-${number}.yaml`), configMap(`good-${number}`));
  await writeFile(join(directory, 'again.yaml'), configMap('good-7'));
  await writeFile(join(directory, 'broken.yaml'), 'a: [');
  await writeFile(join(directory, 'empty.yaml'), '');
  await writeFile(join(directory, 'latin.yaml'), Buffer.from([0x61, 0xe4]));
  await writeFile(join(directory, 'mark.yaml'), `\u{feff}${configMap('mark')}`);
  const fast = await readAll(directory, Number.POSITIVE_INFINITY);
  assert.deepEqual(await readAll(directory, -1), fast);
  assert.deepEqual(await readAll(directory, 0), fast);
  assert.equal(fast.signatures.length, 105);
  assert.equal(fast.events.filter(({ type }) => type === 'upsert').length, 101);
  const complaints = fast.events.flatMap((event) => (event.type === 'diagnostics' ? event.diagnostics : []));
  assert.deepEqual(
    complaints.map(({ code, at, message }) => [code, at?.file.slice(directory.length + 1), message]),
    [
      ['ManifestUnreadable', 'broken.yaml', 'unexpected end of the stream within a flow collection'],
      [
        'ObjectDuplicate',
        'good-7.yaml',
        `is already defined at ${join(directory, 'again.yaml')}:3, which was read first; this one is ignored`,
      ],
      ['ManifestUnreadable', 'latin.yaml', 'is not UTF-8 text'],
    ],
  );
});

test('a pipe is waited for, as in `gatehouse check <(helm template .)`', { skip: process.platform === 'win32' }, async (t) => {
  const pipe = join(await makeDirectory(t), 'pipe');
  execFileSync('mkfifo', [pipe]);
  const reading = readAll(pipe);
  await writeFile(pipe, configMap('piped'));
  const { events } = await reading;
  assert.deepEqual(
    events.flatMap((event) => (event.type === 'upsert' ? event.object.metadata.name : [])),
    ['piped'],
  );
});
