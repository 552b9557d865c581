import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { mkdir, mkdtemp, open, rename, rm, symlink, truncate, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { ObjectEvent } from '../model/events.ts';
import { keyOf, kinds } from '../model/objects.ts';
import { type Folder, readFolder, startFolder } from './folder.ts';

/** A folder of its own for one test, under the working directory or not. */
async function makeDirectory(t: TestContext): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'gatehouse-folder-'));
  t.after(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

function configMap(name: string, value: string): string {
  return `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}}\ndata: {v: "${value}"}\n`;
}

/** Events as lines: `+default/a=1`, `-default/a`, `!file: Code, Code`. */
function lineOf(event: ObjectEvent, directory: string): string {
  switch (event.type) {
    case 'upsert':
      return `+${keyOf(event.object)}=${event.object.kind === 'ConfigMap' ? event.object.data['v'] : ''}`;
    case 'delete':
      return `-${event.ref.namespace}/${event.ref.name}`;
    case 'diagnostics':
      return `!${relative(directory, event.part)}: ${event.diagnostics.map(({ code }) => code).join(', ')}`;
    case 'synced':
      return `synced ${event.kind}`;
  }
}

interface Watched {
  readonly folder: Folder;
  /** All lines since the last call, as soon as there are as many as wanted. Fails by the time limit of the test. */
  readonly next: (count: number) => Promise<readonly string[]>;
  readonly events: readonly ObjectEvent[];
}

async function watchFolder(t: TestContext, directory: string, paths: readonly string[] = [directory]): Promise<Watched> {
  const emitter = new EventEmitter();
  const events: ObjectEvent[] = [];
  let taken = 0;
  const sink = (event: ObjectEvent): void => {
    events.push(event);
    emitter.emit('event');
  };
  const folder = await startFolder({ paths, sink, onError: (error) => emitter.emit('error', error) });
  t.after(() => folder.stop());
  const next = async (count: number): Promise<readonly string[]> => {
    while (events.length < taken + count) await once(emitter, 'event');
    const lines = events.slice(taken).map((event) => lineOf(event, directory));
    taken = events.length;
    return lines;
  };
  return { folder, next, events };
}

/** Changes a file that stands for "now", so that everything before it has been delivered too. */
async function settle(watched: Watched, directory: string): Promise<readonly string[]> {
  const name = `mark-${performance.now().toFixed(0)}`;
  await writeFile(join(directory, `${name}.yaml`), configMap(name, 'x'));
  const lines: string[] = [];
  while (!lines.at(-1)?.startsWith(`+default/${name}`)) lines.push(...(await watched.next(1)));
  return lines.slice(0, -1);
}

const options = { timeout: 20_000 };
const synced = kinds.map((kind) => `synced ${kind}`);

test('the first delivery is sorted by path, and ends with all kinds synced', options, async (t) => {
  const directory = await makeDirectory(t);
  await mkdir(join(directory, 'sub/deep'), { recursive: true });
  await mkdir(join(directory, '.hidden'));
  await writeFile(join(directory, 'b.yml'), configMap('b', '1'));
  await writeFile(join(directory, 'a.json'), '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"},"data":{"v":"1"}}');
  await writeFile(join(directory, 'sub/deep/c.yaml'), `${configMap('c', '1')}---\napiVersion: apps/v1\nkind: Deployment\n`);
  for (const name of ['.hidden/x.yaml', '.x.yaml', '#x.yaml', '~x.yaml', 'x.yaml~', 'x.yaml.swp', 'x.txt']) {
    await writeFile(join(directory, name), configMap('x', '1'));
  }
  const watched = await watchFolder(t, directory);
  assert.deepEqual(await watched.next(1), ['+default/a=1', '+default/b=1', '+default/c=1', ...synced]);
  assert.deepEqual(watched.folder.summary(), { files: 3, documents: 4, ignoredKinds: new Map([['Deployment', 1]]) });
  const place = watched.folder.locate({ kind: 'ConfigMap', namespace: 'default', name: 'c' }, 'data.v');
  assert.deepEqual(place, { file: join(directory, 'sub/deep/c.yaml'), line: 4, column: 11 });
  assert.equal(watched.folder.locate({ kind: 'ConfigMap', namespace: 'default', name: 'x' }, ''), undefined);
});

test('reading once gives the same events, and files below the working directory are named from there', options, async (t) => {
  const directory = await mkdtemp('folder-test-');
  t.after(() => rm(directory, { recursive: true, force: true }));
  await writeFile(join(directory, 'a.yaml'), configMap('a', '1'));
  await writeFile(join(directory, 'b.yaml'), 'a: b: c');
  const events: ObjectEvent[] = [];
  const folder = await readFolder({ paths: [directory, join(directory, 'a.yaml')], sink: (event) => events.push(event) });
  assert.deepEqual(
    events.map((event) => lineOf(event, '')),
    ['+default/a=1', `!${directory}/b.yaml: ManifestUnreadable`, ...synced],
  );
  assert.deepEqual(folder.locate({ kind: 'ConfigMap', namespace: 'default', name: 'a' }, 'metadata.name'), {
    file: `${directory}/a.yaml`,
    line: 3,
    column: 18,
  });
});

test('a path that does not exist is an error that names it', options, async () => {
  const sink = () => assert.fail('nothing is to be delivered');
  await assert.rejects(startFolder({ paths: ['nowhere/at-all'], sink }), new Error('nowhere/at-all: no such file or directory'));
  await assert.rejects(readFolder({ paths: ['nowhere/at-all'], sink }), new Error('nowhere/at-all: no such file or directory'));
});

test('a saved file is delivered within 100 ms, and only what changed in it', options, async (t) => {
  const directory = await makeDirectory(t);
  const file = join(directory, 'a.yaml');
  await writeFile(file, `${configMap('a', '1')}---\n${configMap('b', '1')}`);
  const watched = await watchFolder(t, directory);
  await watched.next(1);
  const times: number[] = [];
  for (const value of ['2', '3', '4', '5', '6']) {
    await writeFile(file, `${configMap('a', '1')}---\n${configMap('b', value)}`);
    const start = performance.now();
    assert.deepEqual(await watched.next(1), [`+default/b=${value}`]);
    times.push(performance.now() - start);
  }
  assert.ok(Math.min(...times) < 100, times.join(' '));
});

test('a file that is replaced, truncated, or removed for a moment is never seen empty', options, async (t) => {
  const directory = await makeDirectory(t);
  const file = join(directory, 'a.yaml');
  await writeFile(file, configMap('a', 'v1'));
  const watched = await watchFolder(t, directory);
  await watched.next(1);
  await writeFile(join(directory, '.a.yaml.tmp'), configMap('a', 'v2'));
  await rename(join(directory, '.a.yaml.tmp'), file);
  assert.deepEqual(await watched.next(1), ['+default/a=v2']);
  await truncate(file);
  assert.deepEqual(await settle(watched, directory), []);
  await writeFile(file, configMap('a', 'v3'));
  assert.deepEqual(await watched.next(1), ['+default/a=v3']);
  await unlink(file);
  assert.deepEqual(await settle(watched, directory), []);
  await writeFile(file, configMap('a', 'v4'));
  assert.deepEqual(await watched.next(1), ['+default/a=v4']);
});

test('a file that is written piece by piece is delivered once, whole', options, async (t) => {
  const directory = await makeDirectory(t);
  const watched = await watchFolder(t, directory);
  await watched.next(1);
  const handle = await open(join(directory, 'a.yaml'), 'w');
  for (let index = 0; index < 200; index += 1) await handle.write(`${configMap(`n${index}`, 'x')}---\n`);
  await handle.close();
  const lines = await watched.next(200);
  assert.deepEqual(
    lines,
    Array.from({ length: 200 }, (_, index) => `+default/n${index}=x`),
  );
});

test('a file that stays empty or is removed takes its objects along', options, async (t) => {
  const directory = await makeDirectory(t);
  await writeFile(join(directory, 'a.yaml'), configMap('a', 'x'));
  await writeFile(join(directory, 'b.yaml'), configMap('b', 'x'));
  const watched = await watchFolder(t, directory);
  await watched.next(1);
  await truncate(join(directory, 'a.yaml'));
  assert.deepEqual(await watched.next(1), ['-default/a']);
  await unlink(join(directory, 'b.yaml'));
  assert.deepEqual(await watched.next(1), ['-default/b']);
  assert.deepEqual(watched.folder.summary(), { files: 1, documents: 0, ignoredKinds: new Map() });
});

test('a broken file keeps what it held, and says so until it is right again', options, async (t) => {
  const directory = await makeDirectory(t);
  const file = join(directory, 'a.yaml');
  await writeFile(file, configMap('a', 'v1'));
  const watched = await watchFolder(t, directory);
  await watched.next(1);
  await writeFile(file, 'kind: [');
  assert.deepEqual(await watched.next(1), ['!a.yaml: ManifestUnreadable']);
  const last = watched.events.at(-1);
  assert.ok(last?.type === 'diagnostics');
  assert.match(last.diagnostics[0]?.message ?? '', / \(the version from before stays in force\)$/);
  await writeFile(file, Buffer.from([0x61, 0xff, 0xfe]));
  assert.deepEqual(await watched.next(1), ['!a.yaml: ManifestUnreadable']);
  await writeFile(file, configMap('a', 'v1'));
  assert.deepEqual(await watched.next(1), ['!a.yaml: ']);
});

test('an object that becomes invalid keeps its version, while one that vanishes is deleted', options, async (t) => {
  const directory = await makeDirectory(t);
  const file = join(directory, 'a.yaml');
  const rest = `---\n${configMap('c', 'v1')}`;
  await writeFile(file, `${configMap('a', 'v1')}---\n${configMap('b', 'v1')}${rest}`);
  const watched = await watchFolder(t, directory);
  await watched.next(1);
  await writeFile(file, configMap('a', 'v2').replace('"v2"', 'true') + rest);
  assert.deepEqual(await watched.next(2), ['-default/b', '!a.yaml: ObjectInvalid']);
  const last = watched.events.at(-1);
  assert.ok(last?.type === 'diagnostics');
  assert.deepEqual(
    last.diagnostics.map(({ message, at }) => [message, at?.line, at?.column]),
    [['must be a string, not the boolean true: put it in quotes (the version from before stays in force)', 4, 11]],
  );
  await writeFile(file, configMap('a', 'v2') + rest);
  assert.deepEqual(await watched.next(2), ['+default/a=v2', '!a.yaml: ']);
  await writeFile(file, configMap('a', 'v3').replace('v1', 'v') + rest);
  assert.deepEqual(await watched.next(1), ['!a.yaml: ObjectInvalid']);
});

test('a file that is cut off within an object keeps what came after the cut in force', options, async (t) => {
  const directory = await makeDirectory(t);
  const file = join(directory, 'a.yaml');
  const whole = `${configMap('a', 'v1')}---\n${configMap('b', 'v1')}---\n${configMap('c', 'v1')}`;
  await writeFile(file, whole);
  const watched = await watchFolder(t, directory);
  await watched.next(1);
  await writeFile(file, `${configMap('a', 'v2')}---\n${configMap('b', 'v2').replace('"v2"', 'true')}`);
  assert.deepEqual(await watched.next(2), ['+default/a=v2', '!a.yaml: ObjectInvalid']);
  await writeFile(file, `${configMap('a', 'v2')}---\n${configMap('b', 'v2')}`);
  assert.deepEqual(await watched.next(3), ['+default/b=v2', '-default/c', '!a.yaml: ']);
});

test('of two files with one object the first counts, and the other takes over when it goes', options, async (t) => {
  const directory = await makeDirectory(t);
  await writeFile(join(directory, 'b.yaml'), configMap('a', 'from-b'));
  await writeFile(join(directory, 'c.yaml'), `# here\n${configMap('a', 'from-c')}`);
  const watched = await watchFolder(t, directory);
  assert.deepEqual(await watched.next(1), ['+default/a=from-b', '!c.yaml: ObjectDuplicate', ...synced]);
  const said = watched.events[1];
  assert.ok(said?.type === 'diagnostics');
  const place = { file: join(directory, 'c.yaml'), line: 4, column: 18 };
  assert.deepEqual(
    said.diagnostics.map(({ message, at }) => [message, at]),
    [[`is already defined at ${join(directory, 'b.yaml')}:3, which was read first; this one is ignored`, place]],
  );
  await writeFile(join(directory, 'a.yaml'), configMap('a', 'from-a'));
  assert.deepEqual(await watched.next(1), ['!a.yaml: ObjectDuplicate']);
  await unlink(join(directory, 'b.yaml'));
  assert.deepEqual(await watched.next(3), ['+default/a=from-c', '!c.yaml: ', '!a.yaml: ObjectDuplicate']);
  assert.deepEqual(watched.folder.locate({ kind: 'ConfigMap', namespace: 'default', name: 'a' }, 'metadata.name'), place);
});

test('one object twice in a file counts once', options, async (t) => {
  const directory = await makeDirectory(t);
  await writeFile(join(directory, 'a.yaml'), `${configMap('a', 'first')}---\n${configMap('a', 'second')}`);
  const watched = await watchFolder(t, directory);
  assert.deepEqual(await watched.next(1), ['+default/a=first', '!a.yaml: ObjectDuplicate', ...synced]);
});

test('a file that is renamed loses nothing on the way', options, async (t) => {
  const directory = await makeDirectory(t);
  await writeFile(join(directory, 'a.yaml'), configMap('a', 'x'));
  const watched = await watchFolder(t, directory);
  await watched.next(1);
  await rename(join(directory, 'a.yaml'), join(directory, 'b.yaml'));
  const lines: string[] = [];
  while (!lines.includes('!b.yaml: ')) lines.push(...(await watched.next(1)));
  assert.deepEqual(
    lines.filter((line) => !line.startsWith('!')),
    [],
  );
});

test('of many quick saves the last one is delivered, whether they replace the file or write into it', options, async (t) => {
  const directory = await makeDirectory(t);
  const file = join(directory, 'a.yaml');
  await writeFile(file, configMap('a', 'v0'));
  const watched = await watchFolder(t, directory);
  await watched.next(1);
  for (let round = 0; round < 10; round += 1) {
    for (let save = 0; save < 7; save += 1) {
      await writeFile(join(directory, 'new'), configMap('a', `v${round}.${save}`));
      await rename(join(directory, 'new'), file);
      // Some saves come while the one before is being read.
      await new Promise((resolve) => setTimeout(resolve, (save * 13) % 40));
    }
    await writeFile(file, configMap('a', `last${round}`));
    const lines: string[] = [];
    while (lines.at(-1) !== `+default/a=last${round}`) lines.push(...(await watched.next(1)));
    assert.deepEqual(
      lines.filter((line) => line.startsWith('-') || line.startsWith('!')),
      [],
    );
  }
});

test('a file that is emptied while it is read, before it is written anew, loses nothing', options, async (t) => {
  const directory = await makeDirectory(t);
  const file = join(directory, 'a.yaml');
  const saveAs = async (value: string) => {
    await writeFile(join(directory, 'new'), configMap('a', value));
    await rename(join(directory, 'new'), file);
  };
  await saveAs('v0');
  const watched = await watchFolder(t, directory);
  await watched.next(1);
  for (let round = 0; round < 40; round += 1) {
    await saveAs(`v${round}`);
    // Between no time and the time that a file takes to be noticed and read.
    for (let turn = 0; turn < round % 10; turn += 1) await new Promise(setImmediate);
    await truncate(file);
    await new Promise((resolve) => setTimeout(resolve, 20));
    await writeFile(file, configMap('a', `last${round}`));
    const lines: string[] = [];
    while (lines.at(-1) !== `+default/a=last${round}`) lines.push(...(await watched.next(1)));
    assert.ok(!lines.includes('-default/a'), lines.join(' '));
  }
});

test('a linked directory is watched like any other', options, async (t) => {
  const directory = await makeDirectory(t);
  const elsewhere = await makeDirectory(t);
  await writeFile(join(elsewhere, 'a.yaml'), configMap('a', 'v1'));
  await symlink(elsewhere, join(directory, 'link'));
  const watched = await watchFolder(t, directory);
  assert.deepEqual(await watched.next(1), ['+default/a=v1', ...synced]);
  await writeFile(join(elsewhere, 'a.yaml'), configMap('a', 'v2'));
  assert.deepEqual(await watched.next(1), ['+default/a=v2']);
  await writeFile(join(elsewhere, 'b.yaml'), configMap('b', 'v1'));
  assert.deepEqual(await watched.next(1), ['+default/b=v1']);
});

test('a linked file is followed: what is written into it, what takes its place, and where else the link leads', options, async (t) => {
  const directory = await makeDirectory(t);
  const elsewhere = await makeDirectory(t);
  const replace = async (path: string, make: (path: string) => Promise<void>) => {
    await make(join(directory, '.new'));
    await rename(join(directory, '.new'), path);
  };
  await writeFile(join(elsewhere, 'one'), configMap('a', 'v1'));
  await writeFile(join(elsewhere, 'two'), configMap('a', 'v4'));
  const link = join(directory, 'a.yaml');
  await symlink(join(elsewhere, 'one'), link);
  const watched = await watchFolder(t, directory);
  assert.deepEqual(await watched.next(1), ['+default/a=v1', ...synced]);
  await writeFile(join(elsewhere, 'one'), configMap('a', 'v2'));
  assert.deepEqual(await watched.next(1), ['+default/a=v2']);
  await writeFile(join(elsewhere, 'new'), configMap('a', 'v3'));
  await rename(join(elsewhere, 'new'), join(elsewhere, 'one'));
  assert.deepEqual(await watched.next(1), ['+default/a=v3']);
  await replace(link, (path) => symlink(join(elsewhere, 'two'), path));
  assert.deepEqual(await watched.next(1), ['+default/a=v4']);
  await writeFile(join(elsewhere, 'two'), configMap('a', 'v5'));
  assert.deepEqual(await watched.next(1), ['+default/a=v5']);
  await replace(link, (path) => writeFile(path, configMap('a', 'v6')));
  assert.deepEqual(await watched.next(1), ['+default/a=v6']);
  await writeFile(link, configMap('a', 'v7'));
  assert.deepEqual(await watched.next(1), ['+default/a=v7']);
});

test('a directory is followed to another name, and by a name that looks like a file', options, async (t) => {
  const directory = await makeDirectory(t);
  await mkdir(join(directory, 'one'));
  await writeFile(join(directory, 'one/a.yaml'), configMap('a', 'v1'));
  const watched = await watchFolder(t, directory);
  await watched.next(1);
  let version = 1;
  for (const [from, to] of [
    ['one', 'two'],
    ['two', 'three.yaml'],
    ['three.yaml', 'four'],
  ] as const) {
    await rename(join(directory, from), join(directory, to));
    version += 1;
    await writeFile(join(directory, to, 'a.yaml'), configMap('a', `v${version}`));
    const lines: string[] = [];
    while (!lines.includes(`+default/a=v${version}`)) lines.push(...(await watched.next(1)));
    assert.ok(!lines.includes('-default/a'), lines.join(' '));
  }
  await settle(watched, directory);
  await writeFile(join(directory, 'four/a.yaml'), configMap('a', 'last'));
  assert.deepEqual(await watched.next(1), ['+default/a=last']);
});

test('a folder that is removed and comes back is watched again', options, async (t) => {
  const directory = await makeDirectory(t);
  const folder = join(directory, 'folder');
  await mkdir(folder);
  await writeFile(join(folder, 'a.yaml'), configMap('a', 'v1'));
  const watched = await watchFolder(t, directory, [folder]);
  assert.deepEqual(await watched.next(1), ['+default/a=v1', ...synced]);
  await rm(folder, { recursive: true });
  assert.deepEqual(await watched.next(1), ['-default/a']);
  await mkdir(folder);
  await writeFile(join(folder, 'a.yaml'), configMap('a', 'v2'));
  assert.deepEqual(await watched.next(1), ['+default/a=v2']);
  await writeFile(join(folder, 'a.yaml'), configMap('a', 'v3'));
  assert.deepEqual(await watched.next(1), ['+default/a=v3']);
});

test('new directories are watched, and removed ones take their objects along', options, async (t) => {
  const directory = await makeDirectory(t);
  const watched = await watchFolder(t, directory);
  await watched.next(1);
  await mkdir(join(directory, 'sub/deep'), { recursive: true });
  await writeFile(join(directory, 'sub/deep/a.yaml'), configMap('a', 'v1'));
  assert.deepEqual(await watched.next(1), ['+default/a=v1']);
  await writeFile(join(directory, 'sub/deep/a.yaml'), configMap('a', 'v2'));
  assert.deepEqual(await watched.next(1), ['+default/a=v2']);
  await rm(join(directory, 'sub'), { recursive: true });
  assert.deepEqual(await watched.next(1), ['-default/a']);
});

test('a mounted ConfigMap is followed when its link is exchanged, also for a single file of it', options, async (t) => {
  const directory = await makeDirectory(t);
  await mkdir(join(directory, '..1'));
  await writeFile(join(directory, '..1/a.yaml'), configMap('a', 'v1'));
  await symlink('..1', join(directory, '..data'));
  await symlink('..data/a.yaml', join(directory, 'a.yaml'));
  const whole = await watchFolder(t, directory);
  const single = await watchFolder(t, directory, [join(directory, 'a.yaml')]);
  for (const watched of [whole, single]) assert.deepEqual(await watched.next(1), ['+default/a=v1', ...synced]);
  for (const version of [2, 3]) {
    await mkdir(join(directory, `..${version}`));
    await writeFile(join(directory, `..${version}/a.yaml`), configMap('a', `v${version}`));
    await symlink(`..${version}`, join(directory, '..data_tmp'));
    await rename(join(directory, '..data_tmp'), join(directory, '..data'));
    if (version === 3) await rm(join(directory, '..2'), { recursive: true });
    for (const watched of [whole, single]) assert.deepEqual(await watched.next(1), [`+default/a=v${version}`]);
  }
});

test('a single file is watched through saves that replace it, and nothing beside it', options, async (t) => {
  const directory = await makeDirectory(t);
  const file = join(directory, 'a.conf');
  await writeFile(file, configMap('a', 'v1'));
  const watched = await watchFolder(t, directory, [file]);
  assert.deepEqual(await watched.next(1), ['+default/a=v1', ...synced]);
  await writeFile(join(directory, 'b.yaml'), configMap('b', 'x'));
  for (const value of ['v2', 'v3']) {
    await writeFile(join(directory, 'new'), configMap('a', value));
    await rename(join(directory, 'new'), file);
    assert.deepEqual(await watched.next(1), [`+default/a=${value}`]);
  }
});

test('a link in a circle is walked once', options, async (t) => {
  const directory = await makeDirectory(t);
  await mkdir(join(directory, 'sub'));
  await symlink('..', join(directory, 'sub/up'));
  await writeFile(join(directory, 'a.yaml'), configMap('a', 'x'));
  const events: ObjectEvent[] = [];
  await readFolder({ paths: [directory], sink: (event) => events.push(event) });
  assert.deepEqual(
    events.map((event) => lineOf(event, directory)),
    ['+default/a=x', ...synced],
  );
});

test('a file over 32 MiB is not read and keeps what it held', options, async (t) => {
  const directory = await makeDirectory(t);
  const file = join(directory, 'a.yaml');
  await writeFile(file, configMap('a', 'x'));
  const watched = await watchFolder(t, directory);
  await watched.next(1);
  await truncate(file, 32 * 1024 * 1024 + 1);
  assert.deepEqual(await watched.next(1), ['!a.yaml: ManifestTooLarge']);
  await writeFile(file, configMap('a', 'y'));
  assert.deepEqual(await watched.next(2), ['+default/a=y', '!a.yaml: ']);
});

test('nothing is delivered after the end', options, async (t) => {
  const directory = await makeDirectory(t);
  const watched = await watchFolder(t, directory);
  const other = await watchFolder(t, directory);
  await watched.folder.stop();
  const before = watched.events.length;
  await writeFile(join(directory, 'a.yaml'), configMap('a', 'x'));
  await other.next(kinds.length + 1);
  assert.equal(watched.events.length, before);
});
