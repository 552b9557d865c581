import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { createGenerations } from './generation.ts';
import { createNginxCommand } from './nginx-command.ts';
import { withErrorsToPipe } from './nginx-log-pipe.ts';
import { createTestbed, lineOf, nginxProgram, type Testbed } from './nginx-testbed.ts';

const program = nginxProgram(process.env['NGINX']) ?? '';

describe('the commands of a real NGINX', { skip: !program && 'there is no NGINX: set NGINX or run `make install`' }, () => {
  let bed: Testbed;
  beforeEach(async () => {
    bed = await createTestbed();
  });
  afterEach(() => bed.close());

  test('the version is read as numbers and text', async () => {
    const version = await createNginxCommand(program).version();
    assert.equal(version.text, `nginx/${version.major}.${version.minor}.${version.patch}`);
    assert.ok(version.major >= 1);
  });

  test('a program that is no NGINX, or is not there, has no version', async () => {
    await assert.rejects(createNginxCommand('true').version(), /^Error: true does not print a version of NGINX: /);
    await assert.rejects(createNginxCommand('/does/not/exist').version(), /does not print a version of NGINX: .*ENOENT/);
  });

  test('a good configuration passes', async () => {
    const path = await createGenerations(bed.run.path).write(bed.rendered('a1'));
    assert.deepEqual(await createNginxCommand(program).test(path), { ok: true });
  });

  test('access lines may go to standard output', async () => {
    const path = await createGenerations(bed.run.path).write(bed.rendered('a1', { server: 'access_log /dev/stdout;' }));
    assert.deepEqual(await createNginxCommand(program).test(path), { ok: true });
  });

  test('a bad one is told with message, file and line', async () => {
    const bad = bed.rendered('a1', { server: 'no_such_directive on;' });
    const file = await createGenerations(bed.run.path).write(bad);
    assert.deepEqual(await createNginxCommand(program).test(file), {
      ok: false,
      message: 'unknown directive "no_such_directive"',
      file,
      line: lineOf(bad, 'no_such_directive'),
    });
  });

  test('memory that NGINX will need again in a moment is not given back meanwhile', async () => {
    const path = `${bed.run.path}/telling`;
    await writeFile(path, '#!/bin/sh\necho "$MALLOC_MMAP_THRESHOLD_ $MALLOC_TRIM_THRESHOLD_" >&2\nexit 1\n', { mode: 0o700 });
    assert.deepEqual(await createNginxCommand(path).test('any'), { ok: false, message: '1048576 4194304' });
    const [shell = '', ...first] = withErrorsToPipe;
    const { output } = spawnSync(shell, [...first, path], { stdio: ['ignore', 'ignore', 'ignore', 'pipe'], encoding: 'utf8' });
    assert.equal(output[3], '1048576 4194304\n');
  });
});
