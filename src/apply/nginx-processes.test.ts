import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { isLeaving, nginxFamily, processFacts, processStart, sendSignal, waitFor } from './nginx-processes.ts';

function sleeper() {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)', 'two words'], { detached: true, stdio: 'ignore' });
  assert.ok(child.pid);
  return { child, pid: child.pid };
}

test('a process is described by parent, group and command line', async (t) => {
  const { child, pid } = sleeper();
  t.after(() => child.kill('SIGKILL'));
  await until(async () => (await processFacts(pid))?.command.endsWith('two words') ?? false);
  const command = `${process.execPath} -e setInterval(() => {}, 1000) two words`;
  assert.deepEqual(await processFacts(pid), { pid, parent: process.pid, group: pid, command });
  assert.deepEqual(await nginxFamily(process.pid), []);
});

test('a process that has ended has no facts and no start, and a signal to it does nothing', async () => {
  const { child, pid } = sleeper();
  assert.ok(await processStart(pid));
  child.kill('SIGKILL');
  await once(child, 'exit');
  assert.equal(await processFacts(pid), undefined);
  assert.equal(await processStart(pid), undefined);
  sendSignal(pid, 'SIGTERM');
});

test('the start of a process stays the same', async () => {
  assert.equal(await processStart(process.pid), await processStart(process.pid));
  assert.notEqual(await processStart(process.pid), await processStart(process.ppid));
});

test('a worker that is shutting down is told from one that works', () => {
  const worker = { pid: 2, parent: 1, group: 1, command: 'nginx: worker process' };
  assert.equal(isLeaving(worker), false);
  assert.equal(isLeaving({ ...worker, command: 'nginx: worker process is shutting down' }), true);
});

test('a wait ends when the condition holds or the limit has passed', async () => {
  let asked = 0;
  assert.equal(await waitFor(async () => ++asked === 3, 5_000), true);
  assert.equal(asked, 3);
  assert.equal(await waitFor(async () => false, 30), false);
});

async function until(condition: () => Promise<boolean>): Promise<void> {
  assert.ok(await waitFor(condition, 5_000));
}
