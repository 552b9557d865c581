import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { createGenerations } from './generation.ts';
import { createNginxCommand } from './nginx-command.ts';
import { createTestbed, lineOf, nginxProgram, type Testbed } from './nginx-testbed.ts';

const program = nginxProgram(process.env['NGINX']) ?? '';

describe('the commands of a real NGINX', { skip: !program && 'there is no NGINX: set NGINX or run `make install`' }, () => {
  let bed: Testbed;
  beforeEach(async () => {
    bed = await createTestbed();
  });
  afterEach(() => bed.close());

  test('the version is read as numbers and text', async () => {
    const version = await createNginxCommand(program, bed.run.path).version();
    assert.equal(version.text, `nginx/${version.major}.${version.minor}.${version.patch}`);
    assert.ok(version.major >= 1);
  });

  test('a program that is no NGINX, or is not there, has no version', async () => {
    await assert.rejects(createNginxCommand('true', bed.run.path).version(), /^Error: true does not print a version of NGINX: /);
    await assert.rejects(createNginxCommand('/does/not/exist', bed.run.path).version(), /does not print a version of NGINX: .*ENOENT/);
  });

  test('a good configuration passes', async () => {
    const path = await createGenerations(bed.run.path).write(bed.rendered('a1'));
    assert.deepEqual(await createNginxCommand(program, bed.run.path).test(path), { ok: true });
  });

  test('access lines may go to standard output', async () => {
    const path = await createGenerations(bed.run.path).write(bed.rendered('a1', { server: 'access_log /dev/stdout;' }));
    assert.deepEqual(await createNginxCommand(program, bed.run.path).test(path), { ok: true });
  });

  test('a bad one is told with message, file and line', async () => {
    const bad = bed.rendered('a1', { server: 'no_such_directive on;' });
    const file = await createGenerations(bed.run.path).write(bad);
    assert.deepEqual(await createNginxCommand(program, bed.run.path).test(file), {
      ok: false,
      message: 'unknown directive "no_such_directive"',
      file,
      line: lineOf(bad, 'no_such_directive'),
    });
  });

  test('a signal to a master that does not run is an error', async () => {
    const command = createNginxCommand(program, bed.run.path);
    await assert.rejects(command.signal('reload'), { message: new RegExp(`^open\\(\\) "${bed.run.path}/nginx.pid" failed`) });
    await writeFile(`${bed.run.path}/nginx.pid`, '');
    await assert.rejects(command.signal('quit'), { message: /^invalid PID number "" in / });
  });
});
