import { readdir, readFile, readlink } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { type ProgramEnd, runProgram } from './program.ts';

/** What the operating system tells about one process that has not ended. */
export interface ProcessFacts {
  readonly pid: number;
  readonly parent: number;
  /** The process group; a master that Gatehouse started leads its own. */
  readonly group: number;
  /** The command line, which NGINX replaces by `nginx: master process …` and `nginx: worker process`. */
  readonly command: string;
}

const isLinux = process.platform === 'linux';
const commandLimitMs = 5_000;
/** A program that was started through the dynamic loader keeps the loader's name in front of its title. */
const isNginx = /(?:^| )nginx: /;

/** The facts of one process; undefined when it has ended, also when nobody has fetched its exit code yet. Rejects when there is no file descriptor to look with. */
export async function processFacts(pid: number): Promise<ProcessFacts | undefined> {
  if (isLinux) return linuxFacts(pid);
  return (await listedProcesses(['-p', String(pid)]))[0];
}

/** Something that tells a process from a later one with the same number: when it started. Undefined when it has ended. */
export async function processStart(pid: number): Promise<string | undefined> {
  if (isLinux) return (await linuxStat(pid))?.started;
  const { stdout, code } = await ps(['-o', 'lstart=', '-p', String(pid)]);
  return code === 0 && stdout.trim() !== '' ? stdout.trim() : undefined;
}

/**
 * The NGINX processes that a master, dead or alive, has brought forth. A dead master's workers have another parent by then,
 * but stay in the group that it led.
 */
export async function nginxFamily(master: number): Promise<readonly ProcessFacts[]> {
  const all = isLinux ? await linuxProcesses() : await listedProcesses(['-A']);
  return all.filter((one) => one.pid !== master && (one.parent === master || one.group === master) && isNginx.test(one.command));
}

/** The workers and other children of a master that runs. */
export async function nginxChildren(master: number): Promise<readonly number[]> {
  // Saves the look at every process of the machine; some kernels are built without it.
  const listed = isLinux ? await textOf(`/proc/${master}/task/${master}/children`) : undefined;
  if (listed !== undefined) return listed.trim().split(' ').filter(Boolean).map(Number);
  return (await nginxFamily(master)).filter((one) => one.parent === master).map((one) => one.pid);
}

/** Whether a worker has been told to end and has let go of the listening sockets. */
export function isLeaving(facts: ProcessFacts): boolean {
  return facts.command.includes('is shutting down');
}

/** Whether a process has a descriptor of one of these sockets, which are given by their inodes. Only Linux tells. */
export async function holdsSocket(pid: number, inodes: ReadonlySet<string>): Promise<boolean> {
  const descriptors = (await readdir(`/proc/${pid}/fd`).catch(undefinedUnlessBlind)) ?? [];
  const targets = await Promise.all(descriptors.map((name) => readlink(`/proc/${pid}/fd/${name}`).catch(() => '')));
  return targets.some((target) => inodes.has(/^socket:\[(\d+)\]$/.exec(target)?.[1] ?? ''));
}

/** Whether a process has a descriptor of the unix socket that is bound to a path. Only Linux tells. */
export async function holdsUnixSocket(pid: number, path: string): Promise<boolean> {
  const table = (await textOf('/proc/net/unix')) ?? '';
  const bound = table.split('\n').filter((line) => line.endsWith(` ${path}`));
  return holdsSocket(pid, new Set(bound.map((line) => line.trim().split(/\s+/)[6] ?? '')));
}

/** Sends a signal; a process that has ended meanwhile is no error. */
export function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** Waits until a condition holds, asking every 20 ms; false when it did not within the limit. */
export async function waitFor(condition: () => Promise<boolean>, limitMs: number): Promise<boolean> {
  const deadline = performance.now() + limitMs;
  while (!(await condition())) {
    if (performance.now() > deadline) return false;
    await pause(20);
  }
  return true;
}

async function linuxProcesses(): Promise<readonly ProcessFacts[]> {
  const entries = await readdir('/proc');
  const found = await Promise.all(entries.filter((entry) => /^\d+$/.test(entry)).map((entry) => linuxFacts(Number(entry))));
  return found.filter((facts) => facts !== undefined);
}

async function linuxFacts(pid: number): Promise<ProcessFacts | undefined> {
  const [stat, command] = await Promise.all([linuxStat(pid), textOf(`/proc/${pid}/cmdline`)]);
  if (!stat || command === undefined) return undefined;
  return { pid, parent: stat.parent, group: stat.group, command: command.replaceAll('\0', ' ').trim() };
}

/** See proc_pid_stat(5). The name in parentheses may hold anything, so the fields are counted after the last one. */
async function linuxStat(pid: number) {
  const stat = await textOf(`/proc/${pid}/stat`);
  const [state, parent, group, ...rest] = stat?.slice(stat.lastIndexOf(')') + 2).split(' ') ?? [];
  if (state === undefined || state === 'Z' || state === 'X') return undefined;
  return { parent: Number(parent), group: Number(group), started: rest[16] ?? '' };
}

async function textOf(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch(undefinedUnlessBlind);
}

/** For what is not there, or not for us to see. Throws when it could not be looked at: a process that runs must not seem to have ended. */
export function undefinedUnlessBlind(error: NodeJS.ErrnoException): undefined {
  if (error.code === 'EMFILE' || error.code === 'ENFILE' || error.code === 'ENOMEM') throw error;
}

async function listedProcesses(which: readonly string[]): Promise<readonly ProcessFacts[]> {
  const format = 'pid=,ppid=,pgid=,stat=,command=';
  const { stdout } = await ps([...which, '-ww', '-o', format]);
  return stdout.split('\n').flatMap((line) => {
    const [, pid, parent, group, state, command] = /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(\S+)\s+(.*)$/.exec(line) ?? [];
    if (command === undefined || state?.startsWith('Z')) return [];
    return [{ pid: Number(pid), parent: Number(parent), group: Number(group), command }];
  });
}

function ps(args: readonly string[]): Promise<ProgramEnd> {
  return runProgram({ path: 'ps', args, limitMs: commandLimitMs, isRead: true });
}
