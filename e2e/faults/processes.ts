import { readdir, readFile } from 'node:fs/promises';
import { nginxFamily } from '../../src/apply/nginx-processes.ts';

/** The processes of an NGINX: the master's id and its workers, those that are ending apart. */
export async function nginxProcesses(pidFile: string) {
  const master = Number.parseInt(await readFile(pidFile, 'utf8'), 10);
  const family = await nginxFamily(master);
  const workers = family.filter(({ command }) => command.includes('worker process'));
  return {
    master,
    workers: workers.filter(({ command }) => !command.includes('shutting down')).map(({ pid }) => pid),
    ending: workers.filter(({ command }) => command.includes('shutting down')).map(({ pid }) => pid),
  };
}

/** How many file descriptors a process has. */
export async function descriptors(pid: number): Promise<number> {
  return (await readdir(`/proc/${pid}/fd`)).length;
}

/** Resident memory in megabytes. */
export async function residentMegabytes(pid: number): Promise<number> {
  const text = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8');
  return Math.round(Number(/^Rss:\s+(\d+) kB/m.exec(text)?.[1]) / 1024);
}
