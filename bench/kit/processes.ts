import { readFile } from 'node:fs/promises';
import { nginxChildren } from '../../src/apply/nginx-processes.ts';

/** Memory of a process or of several, in megabytes (1024 × 1024 bytes). */
export interface Memory {
  /** Resident. Of several processes the shared pages are counted several times. */
  readonly rss: number;
  /** Proportional: shared pages are divided among those who share them. */
  readonly pss: number;
  /** The largest resident size so far. */
  readonly peak: number;
}

/** What some processes use together. Reads /proc, so only Linux tells. Throws when one has ended. */
export async function memoryOf(pids: readonly number[]): Promise<Memory> {
  const all = await Promise.all(pids.map(memoryOfOne));
  const sum = (pick: (one: Memory) => number) => Math.round(all.reduce((total, one) => total + pick(one), 0) * 10) / 10;
  return { rss: sum((one) => one.rss), pss: sum((one) => one.pss), peak: sum((one) => one.peak) };
}

async function memoryOfOne(pid: number): Promise<Memory> {
  const rollup = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8');
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return { rss: megabytes(rollup, 'Rss'), pss: megabytes(rollup, 'Pss'), peak: megabytes(status, 'VmHWM') };
}

function megabytes(text: string, field: string): number {
  const match = new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(text);
  if (!match) throw new Error(`the system does not tell ${field}`);
  return Number(match[1]) / 1024;
}

/** Master and workers of an NGINX. */
export async function nginxPids(master: number): Promise<readonly number[]> {
  return [master, ...(await nginxChildren(master))];
}

/** Ticks of the clock that /proc counts in: 100 a second on every Linux of today (sysconf(_SC_CLK_TCK)). */
const ticksPerSecond = 100;

/** CPU seconds (user and system) that these processes have used so far. See proc_pid_stat(5). */
export async function cpuSeconds(pids: readonly number[]): Promise<number> {
  const each = await Promise.all(
    pids.map(async (pid) => {
      const text = await readFile(`/proc/${pid}/stat`, 'utf8');
      const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
      return Number(fields[11]) + Number(fields[12]);
    }),
  );
  return each.reduce((sum, ticks) => sum + ticks, 0) / ticksPerSecond;
}
