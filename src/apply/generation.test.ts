import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, readlink, realpath, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { createGenerations, type Generations } from './generation.ts';
import { openRunDirectory, type RunDirectory } from './run-directory.ts';

let run: RunDirectory;
let generations: Generations;
beforeEach(async () => {
  run = await openRunDirectory(await realpath(await mkdtemp(join(tmpdir(), 'gatehouse-'))));
  generations = createGenerations(run.path);
});
afterEach(() => rm(run.path, { recursive: true }));

function rendered(generation: string, files: Record<string, string> = { 'nginx.conf': `# ${generation}` }) {
  return { generation, files: new Map(Object.entries(files)), upstreams: [] };
}

test('a generation is written with all of its files and can be read back', async () => {
  const files = { 'nginx.conf': 'events {}', 'maps/hosts.map': 'a b;' };
  assert.equal(await generations.write(rendered('a1', files)), join(run.path, 'generations/a1/nginx.conf'));
  assert.deepEqual(await generations.read('a1'), new Map(Object.entries(files)));
  assert.equal((await stat(join(run.path, 'generations/a1/nginx.conf'))).mode & 0o777, 0o600);
  assert.equal(await generations.read('b2'), undefined);
});

test('there is no current generation until it is switched to', async () => {
  await generations.write(rendered('a1'));
  assert.equal(await generations.current(), undefined);
  await generations.switchTo('a1');
  assert.equal(await generations.current(), 'a1');
  await generations.write(rendered('b2'));
  await generations.switchTo('b2');
  assert.equal(await generations.current(), 'b2');
  assert.equal(await readlink(join(run.path, 'current')), 'generations/b2');
  assert.equal(await readFile(join(run.path, 'current/nginx.conf'), 'utf8'), '# b2');
});

test('a generation that is there already is used again, and repaired when its content is damaged', async () => {
  const path = await generations.write(rendered('a1'));
  const { ino } = await stat(path);
  await generations.write(rendered('a1'));
  assert.equal((await stat(path)).ino, ino);
  await writeFile(path, '');
  await generations.write(rendered('a1'));
  assert.equal(await readFile(path, 'utf8'), '# a1');
});

test('a failed write is told with the place and leaves nothing behind', async () => {
  const conflict = rendered('a1', { 'nginx.conf': '', maps: 'a file', 'maps/hosts.map': 'and a folder' });
  await assert.rejects(generations.write(conflict), {
    message: new RegExp(`^The configuration cannot be written to ${run.path}/generations/a1: (EEXIST|ENOTDIR): `),
  });
  assert.deepEqual(await readdir(join(run.path, 'generations')), []);
});

test('a generation that failed is removed, with the link to it', async () => {
  await generations.write(rendered('a1'));
  await generations.switchTo('a1');
  await generations.discard('a1');
  assert.equal(await generations.current(), undefined);
  assert.deepEqual((await readdir(run.path)).sort(), ['certificates', 'controller.lock', 'files', 'generations', 'shares', 'tmp']);
  assert.deepEqual(await readdir(join(run.path, 'generations')), []);
});

test('the current generation and the two before it are kept', async () => {
  for (const [index, name] of ['a1', 'b2', 'c3', 'd4', 'e5'].entries()) {
    await generations.write(rendered(name));
    await generations.switchTo(name);
    await utimes(join(run.path, 'generations', name), index, index);
  }
  await generations.prune();
  assert.deepEqual((await readdir(join(run.path, 'generations'))).sort(), ['c3', 'd4', 'e5']);
});

test('going back to an older generation keeps it and what ran last', async () => {
  for (const [index, name] of ['a1', 'b2', 'c3', 'd4'].entries()) {
    await generations.write(rendered(name));
    await utimes(join(run.path, 'generations', name), index, index);
  }
  await generations.switchTo('a1');
  await generations.prune();
  assert.deepEqual((await readdir(join(run.path, 'generations'))).sort(), ['a1', 'c3', 'd4']);
});

test('a scratch configuration is there while it is used, and gone afterwards', async () => {
  const text = await generations.scratch(rendered('a1'), (path) => readFile(path, 'utf8'));
  assert.equal(text, '# a1');
  await assert.rejects(
    generations.scratch(rendered('a1'), () => Promise.reject(new Error('no'))),
    { message: 'no' },
  );
  assert.deepEqual(await readdir(join(run.path, 'tmp')), []);
  assert.deepEqual(await readdir(join(run.path, 'generations')), []);
});

test('a file name that leads out of the generation is a mistake of the printer', async () => {
  for (const name of ['../x', '/etc/x', 'a/../../x', '', '.hidden', 'a//b']) {
    await assert.rejects(generations.write(rendered('a1', { [name]: '' })), /not a file name below a generation/);
  }
  await mkdir(join(run.path, 'x'));
  await assert.rejects(async () => generations.write(rendered('../x')), { message: 'not a file name below a generation: ../x' });
});
