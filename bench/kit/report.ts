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

export interface Table {
  readonly title: string;
  /** Without that of the names. */
  readonly columns: readonly string[];
  readonly rows: readonly Row[];
}

/** Prints rows below a heading; a goal stands beside its figure, with MISSED where it is not met. */
export function sayTable({ title, columns, rows }: Table): void {
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

/** Milliseconds for people. */
export function milliseconds(value: number): string {
  return value < 10 ? `${value.toFixed(1)} ms` : `${Math.round(value)} ms`;
}
