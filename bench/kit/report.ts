import { execFileSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { availableParallelism, cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { theNginx } from './nginx.ts';

/** Prints progress and tables. */
export function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** What is wanted of a figure. */
export interface Goal {
  /** As people write it, such as `< 500 ms`. */
  readonly text: string;
  readonly isMet: boolean;
}

export interface Row {
  readonly name: string;
  readonly values: readonly string[];
  readonly goals?: readonly (Goal | undefined)[];
}

/** Prints rows below a heading; a goal stands beside its figure, with MISSED where it is not met. */
export function sayTable(title: string, columns: readonly string[], rows: readonly Row[]): void {
  const cells = rows.map(({ name, values, goals }) => [name, ...values.map((value, index) => `${value}${goalText(goals?.[index])}`)]);
  const table = [['', ...columns], ...cells];
  const widths = ['', ...columns].map((_, column) => Math.max(...table.map((row) => (row[column] ?? '').length)));
  say(`\n${title}`);
  for (const row of table) say(`  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd());
}

function goalText(goal: Goal | undefined): string {
  if (!goal) return '';
  return ` (goal ${goal.text}${goal.isMet ? '' : ', MISSED'})`;
}

/** Writes what was measured to bench/results/NAME.json, with the machine that it was measured on. */
export async function saveResults(name: string, results: unknown): Promise<void> {
  const folder = join(import.meta.dirname, '../results');
  await mkdir(folder, { recursive: true });
  const path = join(folder, `${name}.json`);
  await writeFile(path, `${JSON.stringify({ ...machine(), results }, null, 2)}\n`);
  say(`\nwritten: ${path}`);
}

function machine() {
  return {
    date: new Date().toISOString(),
    commit: output('git', ['rev-parse', '--short', 'HEAD']),
    /** Files of the product that are not as in that commit: figures with any of them belong to no commit. */
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

/** Milliseconds for people. */
export function milliseconds(value: number): string {
  return value < 10 ? `${value.toFixed(1)} ms` : `${Math.round(value)} ms`;
}
