import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { createProcessMeter } from './process-metrics.ts';

let proc: string;

beforeEach(async () => {
  proc = await mkdtemp(join(tmpdir(), 'proc-'));
  await writeFile(join(proc, 'stat'), 'cpu  1 2 3\nbtime 1900000000\nprocesses 5\n');
});

afterEach(() => rm(proc, { recursive: true }));

interface Fake {
  readonly pid: number;
  readonly parent: number;
  readonly user: number;
  readonly system: number;
  readonly start: number;
  readonly kilobytes: number;
  readonly read?: number;
}

/** As proc_pid_stat(5) describes it; the name holds what would mislead a reader that splits at spaces. */
async function write({ pid, parent, user, system, start, kilobytes, read }: Fake): Promise<void> {
  const folder = join(proc, String(pid));
  await mkdir(folder, { recursive: true });
  const fields = ['S', parent, 1, 1, 0, -1, 4194304, 0, 0, 0, 0, user, system, 0, 0, 20, 0, 1, 0, start, 999, 99];
  await writeFile(join(folder, 'stat'), `${pid} (nginx: ) (x) y) ${fields.join(' ')}\n`);
  await writeFile(join(folder, 'status'), `Name:\tnginx\nVmSize:\t   ${kilobytes * 2} kB\nVmRSS:\t   ${kilobytes} kB\n`);
  if (read !== undefined) await writeFile(join(folder, 'io'), `rchar: ${read}\nwchar: ${read * 2}\nsyscr: 9\n`);
}

test('master and workers are added up, and nobody else', async () => {
  await write({ pid: 10, parent: 1, user: 50, system: 50, start: 1000, kilobytes: 1, read: 5 });
  await write({ pid: 11, parent: 10, user: 100, system: 100, start: 2000, kilobytes: 2, read: 6 });
  await write({ pid: 12, parent: 1, user: 9999, system: 9999, start: 10, kilobytes: 999, read: 999 });
  assert.deepEqual(await createProcessMeter({ master: () => 10, proc })(), {
    cpuSeconds: 3,
    readBytes: 11,
    writtenBytes: 22,
    processes: 2,
    residentBytes: 3 * 1024,
    virtualBytes: 6 * 1024,
    oldestStart: 1_900_000_010,
  });
});

test('counters go on when a worker ends, also when another gets its number', async () => {
  await write({ pid: 10, parent: 1, user: 100, system: 0, start: 1000, kilobytes: 1, read: 5 });
  await write({ pid: 11, parent: 10, user: 100, system: 0, start: 2000, kilobytes: 1, read: 5 });
  const meter = createProcessMeter({ master: () => 10, proc });
  assert.equal((await meter())?.cpuSeconds, 2);
  await write({ pid: 11, parent: 10, user: 30, system: 0, start: 3000, kilobytes: 1, read: 2 });
  const later = await meter();
  assert.deepEqual([later?.cpuSeconds, later?.readBytes], [2.3, 12]);
});

test('a file that may not be read counts as zero, and no master as nothing', async () => {
  await write({ pid: 10, parent: 1, user: 100, system: 0, start: 1000, kilobytes: 1 });
  assert.equal((await createProcessMeter({ master: () => 10, proc })())?.readBytes, 0);
  assert.equal(await createProcessMeter({ master: () => undefined, proc })(), undefined);
  assert.equal(await createProcessMeter({ master: () => 77, proc })(), undefined);
  assert.equal(await createProcessMeter({ master: () => 10, proc: join(proc, 'none') })(), undefined);
});

test('this very process can be read where there is a proc', { skip: process.platform !== 'linux' }, async () => {
  const usage = await createProcessMeter({ master: () => process.pid })();
  assert.ok(usage);
  assert.ok(usage.processes >= 1 && usage.cpuSeconds > 0 && usage.residentBytes > 1e6 && usage.virtualBytes > usage.residentBytes);
  assert.ok(Math.abs(usage.oldestStart - (Date.now() / 1000 - process.uptime())) < 5, `${usage.oldestStart}`);
});
