import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { withoutDescriptors, withoutPrlimit } from '../descriptors-testbed.ts';
import { runProgram } from './program.ts';

const limitMs = 10_000;
const shell = (script: string) => ({ path: 'sh', args: ['-c', script], limitMs });

describe('a program', () => {
  test('is run to its end, and what it writes to its error output is read', async () => {
    const end = await runProgram(shell('echo out; echo err >&2; exit 3'));
    assert.deepEqual(end, { code: 3, signal: null, isLate: false, stdout: '', stderr: 'err\n' });
  });

  test('has its standard output read when that is wanted', async () => {
    const end = await runProgram({ ...shell('echo out; kill -9 $$'), isRead: true });
    assert.deepEqual(end, { code: null, signal: 'SIGKILL', isLate: false, stdout: 'out\n', stderr: '' });
  });

  test('gets more variables and its arguments as they are', async () => {
    const script = 'echo "$A $1 $PATH" >&2';
    const { stderr } = await runProgram({ path: 'sh', args: ['-c', script, 'sh', "b'; $c"], limitMs, environment: { A: 'a' } });
    assert.equal(stderr, `a b'; $c ${process.env['PATH']}\n`);
  });

  test('that is not there is an error of the system, with variables as without', async () => {
    const absent = { path: '/does/not/exist', args: [], limitMs };
    await assert.rejects(runProgram(absent), { code: 'ENOENT' });
    await assert.rejects(runProgram({ ...absent, environment: { A: 'a' } }), { code: 'ENOENT' });
  });

  test('that takes too long is ended, by force when it does not listen', async () => {
    assert.deepEqual(await runProgram({ ...shell('exec sleep 60'), limitMs: 50 }), {
      ...{ code: null, signal: 'SIGTERM', isLate: true, stdout: '', stderr: '' },
    });
    const { signal, isLate } = await runProgram({ ...shell('trap "" TERM; while :; do sleep 0.1; done'), limitMs: 50 });
    assert.deepEqual([signal, isLate], ['SIGKILL', true]);
  });

  for (const left of [0, 1, 2, 3])
    test(`is an error, and not the end of this process, when ${left} file descriptors are left`, { skip: withoutPrlimit }, async (t) => {
      const giveBack = await withoutDescriptors(t, left);
      const refused = await runProgram(shell('true')).then(
        () => undefined,
        (error: NodeJS.ErrnoException) => error,
      );
      await giveBack();
      // Node reports the error a moment later.
      await pause(10);
      assert.equal(refused?.code, 'EMFILE');
      assert.equal((await runProgram(shell('true'))).code, 0);
    });
});
