import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';

/** Runs a script after the watch has begun. */
function run(script: string): { readonly code: number | null; readonly out: string; readonly err: string } {
  const begin = `
    import { watchUncaught } from ${JSON.stringify(new URL('./uncaught.ts', import.meta.url).href)};
    const uncaught = watchUncaught({ write: (line) => process.stderr.write(line) });
    const lack = Object.assign(new Error('spawn nginx EMFILE'), { code: 'EMFILE' });
  `;
  const args = ['--input-type=module', '--eval', begin + script];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  return { code: status, out: stdout, err: stderr };
}

const atLast = 'setTimeout(() => { console.log("went on"); uncaught.finished(); }, 50);';

test('an error that nobody handles ends the process with its reason and a code', () => {
  const { code, out, err } = run(`${atLast} setImmediate(() => { throw new Error('why'); });`);
  assert.deepEqual([code, out], [2, '']);
  assert.match(err, /^gatehouse: ended by an error that nobody handled: Error: why\n {4}at /);
});

test('so does a promise that is rejected, with whatever', () => {
  const { code, out, err } = run(`${atLast} void Promise.reject('why');`);
  assert.deepEqual([code, out], [2, '']);
  assert.match(err, /^gatehouse: ended by an error that nobody handled: .*"why"/);
});

for (const [how, script] of [
  ['an event', "import('node:events').then(({ EventEmitter }) => setImmediate(() => new EventEmitter().emit('error', lack)));"],
  ['a rejection', 'void Promise.reject(lack);'],
  ['a cause', "void Promise.reject(new Error('nginx cannot be started', { cause: lack }));"],
] as const)
  test(`a lack of file descriptors that nobody handles, told by ${how}, ends nothing`, () => {
    const { code, out, err } = run(`${atLast} ${script}`);
    assert.deepEqual([code, out], [0, 'went on\n']);
    assert.match(err, /^gatehouse: there is no file descriptor left, trying again: (?:spawn nginx EMFILE|nginx cannot be started)\n$/);
  });

test('a process that ends because nothing is left to wait for says so, and fails', () => {
  assert.deepEqual(run(''), {
    code: 2,
    out: '',
    err: 'gatehouse: ended, as nothing was left to wait for; this is a mistake of the program\n',
  });
});

test('one that is finished says nothing, and keeps its code', () => {
  assert.deepEqual(run('uncaught.finished(); process.exitCode = 1;'), { code: 1, out: '', err: '' });
});
