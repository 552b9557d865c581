import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, realpath, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { processStart } from './nginx-processes.ts';
import { openRunDirectory } from './run-directory.ts';

let parent: string;
beforeEach(async () => {
  parent = await realpath(await mkdtemp(join(tmpdir(), 'gatehouse-')));
});
afterEach(() => rm(parent, { recursive: true }));

test('an open run directory has its folders, for the owner alone, and a lock', async () => {
  const path = join(parent, 'deep/run');
  const run = await openRunDirectory(path);
  assert.deepEqual((await readdir(path)).sort(), ['certificates', 'controller.lock', 'files', 'generations', 'shares', 'tmp']);
  for (const folder of ['.', 'certificates', 'files', 'generations', 'shares', 'tmp']) {
    assert.equal((await stat(join(path, folder))).mode & 0o777, 0o700, folder);
  }
  await run.close();
  assert.deepEqual((await readdir(path)).sort(), ['certificates', 'files', 'generations', 'shares', 'tmp']);
});

test('a folder that others could read is closed to them', async () => {
  const path = join(parent, 'run');
  await mkdir(path, { mode: 0o755 });
  await openRunDirectory(path);
  assert.equal((await stat(path)).mode & 0o777, 0o700);
});

test('a second controller is refused with the process id of the first', async () => {
  const first = await openRunDirectory(parent);
  await assert.rejects(openRunDirectory(parent), {
    message: `The run directory ${parent} is in use by another Gatehouse, process ${process.pid}; give this one a directory of its own`,
  });
  await first.close();
  await (await openRunDirectory(parent)).close();
});

test('of many that open at once exactly one succeeds, also over a stale lock', async () => {
  await writeFile(join(parent, 'controller.lock'), JSON.stringify({ pid: process.pid, started: 'long ago' }));
  const results = await Promise.allSettled(Array.from({ length: 8 }, () => openRunDirectory(parent)));
  assert.equal(results.filter((result) => result.status === 'fulfilled').length, 1);
  assert.deepEqual((await readdir(parent)).sort(), ['certificates', 'controller.lock', 'files', 'generations', 'shares', 'tmp']);
});

test('the lock of a process that has ended is taken over', async () => {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
  const { pid } = child;
  assert.ok(pid);
  const started = await processStart(pid);
  await writeFile(join(parent, 'controller.lock'), JSON.stringify({ pid, started }));
  await assert.rejects(openRunDirectory(parent), { message: new RegExp(`process ${pid};`) });
  child.kill('SIGKILL');
  await once(child, 'exit');
  const run = await openRunDirectory(parent);
  assert.equal(JSON.parse(await readFile(join(parent, 'controller.lock'), 'utf8')).pid, process.pid);
  await run.close();
});

test('a lock whose process id belongs to a later process, or that makes no sense, is taken over', async () => {
  for (const lock of [JSON.stringify({ pid: process.pid, started: '1' }), '', '{', '{"pid":-1,"started":"1"}', '"x"', 'null']) {
    await writeFile(join(parent, 'controller.lock'), lock);
    await (await openRunDirectory(parent)).close();
  }
});

test('what an earlier run left half-written is removed, and nothing else', async () => {
  const first = await openRunDirectory(parent);
  await mkdir(join(parent, 'generations/.new-1'));
  await mkdir(join(parent, 'generations/0123456789abcdef'));
  await mkdir(join(parent, 'tmp/.new-2/deep'), { recursive: true });
  await writeFile(join(parent, 'certificates/.new-3'), 'half');
  await writeFile(join(parent, 'certificates/default.pem'), 'whole');
  await symlink('generations/0123456789abcdef', join(parent, '.new-4'));
  await first.close();
  const second = await openRunDirectory(parent);
  assert.deepEqual((await readdir(parent, { recursive: true })).sort(), [
    'certificates',
    'certificates/default.pem',
    'controller.lock',
    'files',
    'generations',
    'generations/0123456789abcdef',
    'shares',
    'tmp',
  ]);
  await second.close();
});

test('a path too long for unix sockets is refused with its lengths', async () => {
  const path = `/tmp/${'x'.repeat(90)}`;
  await assert.rejects(openRunDirectory(path), {
    message: `The run directory ${path} is too long: unix sockets below it allow 83 bytes, it has 95`,
  });
});

test('a relative path is refused', async () => {
  await assert.rejects(openRunDirectory('run'), { message: 'The run directory has to be an absolute path, not run' });
});

test('a path that is a file is refused with the reason', async () => {
  const path = join(parent, 'file');
  await writeFile(path, '');
  await assert.rejects(openRunDirectory(path), {
    message: `The run directory ${path} cannot be prepared: EEXIST: file already exists, mkdir '${path}'`,
  });
});
