import { execFileSync } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { availableParallelism, cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { theNginx } from './nginx.ts';
import type { Chart } from './plot.ts';
import { say, sayTable, type Table } from './report.ts';

/** What was measured, where, and how it is shown. */
export interface Saved {
  readonly machine: Machine;
  /** What a person types to measure it again. */
  readonly command: string;
  readonly tables: readonly Table[];
  readonly charts: readonly Chart[];
  /** All figures, in the units that the script says. */
  readonly results: unknown;
}

interface Machine {
  readonly date: string;
  readonly commit: string;
  /** Files of the product that are not as in that commit: figures with any of them belong to no commit. */
  readonly changedFiles: readonly string[];
  readonly node: string;
  readonly nginx: string;
  readonly cpu: string;
  readonly cores: number;
  /** While it was measured, over the last 1, 5 and 15 minutes. */
  readonly loadAverage: readonly number[];
}

const folder = join(import.meta.dirname, '../results');

/** Prints the tables and writes everything to bench/results/NAME.json. */
export async function saveResults(name: string, measured: Pick<Saved, 'tables' | 'charts' | 'results'>): Promise<void> {
  for (const table of measured.tables) sayTable(table);
  const path = join(folder, `${name}.json`);
  const command = ['node', `bench/${name}.ts`, ...process.argv.slice(2)].join(' ');
  await mkdir(folder, { recursive: true });
  const saved: Saved = { machine: machine(), command, ...measured };
  await writeFile(path, `${JSON.stringify(saved, null, 2)}\n`);
  say(`\nwritten: ${path}`);
}

/** What was last measured under this name; undefined when nothing was. */
export async function readResults(name: string): Promise<Saved | undefined> {
  const text = await readFile(join(folder, `${name}.json`), 'utf8').catch(() => undefined);
  return text === undefined ? undefined : (JSON.parse(text) as Saved);
}

function machine(): Machine {
  return {
    date: new Date().toISOString(),
    commit: output('git', ['rev-parse', '--short', 'HEAD']),
    changedFiles: output('git', ['status', '--porcelain', '--', '../../src', '../../templates', '../../package-lock.json'])
      .split('\n')
      .filter(Boolean),
    node: process.version,
    nginx: output('sh', ['-c', '"$0" -v 2>&1', theNginx()]),
    cpu: cpus()[0]?.model ?? '',
    cores: availableParallelism(),
    loadAverage: loadavg().map((value) => Math.round(value * 100) / 100),
  };
}

function output(program: string, args: readonly string[]): string {
  try {
    return execFileSync(program, args, { cwd: import.meta.dirname, encoding: 'utf8' }).trim();
  } catch {
    return '';
  }
}
