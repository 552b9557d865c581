import { readdir, readFile } from 'node:fs/promises';

/** What the operating system tells about NGINX: its master and all workers together. */
export interface ProcessUsage {
  readonly processes: number;
  /** Since the first look, also of workers that have ended since. */
  readonly cpuSeconds: number;
  readonly readBytes: number;
  readonly writtenBytes: number;
  readonly residentBytes: number;
  readonly virtualBytes: number;
  /** Seconds since 1970. */
  readonly oldestStart: number;
}

export interface ProcessMeterOptions {
  /** The master's process id; undefined while there is none. */
  readonly master: () => number | undefined;
  /** The folder of proc(5); another one in tests. */
  readonly proc?: string;
}

interface Sample {
  readonly identity: string;
  readonly cpuTicks: number;
  readonly readBytes: number;
  readonly writtenBytes: number;
  readonly residentBytes: number;
  readonly virtualBytes: number;
  readonly startTicks: number;
}

type Totals = Pick<ProcessUsage, 'cpuSeconds' | 'readBytes' | 'writtenBytes'>;

/** `USER_HZ`: what the kernel counts time in towards programs; the same on every architecture that Node runs on. */
const ticksPerSecond = 100;

/**
 * Makes a function that reads the usage of NGINX from proc(5): undefined where there is none (macOS) or NGINX does not run. It
 * remembers what it saw, so that the counters go on when workers end.
 */
export function createProcessMeter({ master, proc = '/proc' }: ProcessMeterOptions): () => Promise<ProcessUsage | undefined> {
  let last = new Map<string, Sample>();
  let totals: Totals = { cpuSeconds: 0, readBytes: 0, writtenBytes: 0 };
  return async () => {
    const pid = master();
    const samples = pid === undefined ? [] : await family(proc, pid);
    if (samples.length === 0) return undefined;
    totals = addedTo(totals, samples, last);
    last = new Map(samples.map((sample) => [sample.identity, sample]));
    const oldest = Math.min(...samples.map((sample) => sample.startTicks));
    return {
      ...totals,
      processes: samples.length,
      residentBytes: sum(samples.map((sample) => sample.residentBytes)),
      virtualBytes: sum(samples.map((sample) => sample.virtualBytes)),
      oldestStart: (await bootTime(proc)) + oldest / ticksPerSecond,
    };
  };
}

function addedTo(totals: Totals, samples: readonly Sample[], last: ReadonlyMap<string, Sample>): Totals {
  const grown = (field: 'cpuTicks' | 'readBytes' | 'writtenBytes') =>
    sum(samples.map((sample) => Math.max(0, sample[field] - (last.get(sample.identity)?.[field] ?? 0))));
  return {
    cpuSeconds: totals.cpuSeconds + grown('cpuTicks') / ticksPerSecond,
    readBytes: totals.readBytes + grown('readBytes'),
    writtenBytes: totals.writtenBytes + grown('writtenBytes'),
  };
}

async function family(proc: string, master: number): Promise<readonly Sample[]> {
  const entries = await readdir(proc).catch(() => []);
  const pids = entries.filter((entry) => /^\d+$/.test(entry)).map(Number);
  const samples = await Promise.all(pids.map((pid) => sampleOf(proc, pid, master)));
  return samples.filter((sample) => sample !== undefined);
}

/** Undefined for a process that is neither the master nor a child of it, or has just ended. */
async function sampleOf(proc: string, pid: number, master: number): Promise<Sample | undefined> {
  const stat = await textOf(`${proc}/${pid}/stat`);
  // The name in parentheses may hold anything: the fields are counted after the last one. See proc_pid_stat(5).
  const [, parent, ...fields] = stat?.slice(stat.lastIndexOf(')') + 2).split(' ') ?? [];
  if (pid !== master && Number(parent) !== master) return undefined;
  const [status, io] = await Promise.all([textOf(`${proc}/${pid}/status`), textOf(`${proc}/${pid}/io`)]);
  if (status === undefined) return undefined;
  const startTicks = Number(fields[17]);
  return {
    identity: `${pid} ${startTicks}`,
    cpuTicks: Number(fields[9]) + Number(fields[10]),
    readBytes: numberAfter(io, 'rchar'),
    writtenBytes: numberAfter(io, 'wchar'),
    residentBytes: numberAfter(status, 'VmRSS') * 1024,
    virtualBytes: numberAfter(status, 'VmSize') * 1024,
    startTicks,
  };
}

async function bootTime(proc: string): Promise<number> {
  return Number(/^btime (\d+)$/m.exec((await textOf(`${proc}/stat`)) ?? '')?.[1] ?? 0);
}

/** 0 when the file may not be read, as `io` of another account's process. */
function numberAfter(text: string | undefined, name: string): number {
  return Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(text ?? '')?.[1] ?? 0);
}

function textOf(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch(() => undefined);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
