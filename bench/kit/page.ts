import type { Table } from './report.ts';
import type { Saved } from './results.ts';

/** What stands on the page about one measurement, or that there is none. */
export interface Section {
  readonly heading: string;
  readonly about: string;
  readonly saved: Saved | undefined;
}

/** Writes the page: figures as tables, the commands behind them, and what people have to say about them. */
export function pageText(sections: readonly Section[], notes: string): string {
  const head = `# Benchmarks

Written by \`make bench\`, which measures everything anew on the machine that it runs on. Times include what else that machine had to do, so compare
figures of one table with one another; goals stand beside their figures. In the plot the dashed line is the goal.

![The figures of this page as bars](benchmarks.svg)
`;
  return [head, ...sections.map(sectionText), notes.trim(), ''].join('\n');
}

function sectionText({ heading, about, saved }: Section): string {
  if (!saved) return `## ${heading}\n\n${about}\n\nNot measured on that machine.\n`;
  const { machine } = saved;
  const changed = machine.changedFiles.length > 0 ? ' with changes that are not in it' : '';
  const where = `${machine.date.slice(0, 10)}, commit ${machine.commit}${changed}, ${machine.nginx.replace(/^nginx version: /, '')}, Node ${machine.node}`;
  const cores = `${machine.cores} × ${machine.cpu}, load ${machine.loadAverage.join(' / ')}`;
  return `## ${heading}

${about}

\`${saved.command}\` (${where}; ${cores})

${saved.tables.map(tableText).join('\n')}`;
}

function tableText({ title, columns, rows }: Table): string {
  const line = (cells: readonly string[]) => `| ${cells.map(cellText).join(' | ')} |`;
  const body = rows.map(({ name, values, goals }) => line([name, ...values.map((value, index) => `${value}${goalText(goals?.[index])}`)]));
  return `${title}\n\n${[line(['', ...columns]), line(['', ...columns].map(() => '---')), ...body].join('\n')}\n`;
}

function goalText(goal: NonNullable<Table['rows'][number]['goals']>[number]): string {
  if (!goal) return '';
  return goal.isMet ? ` (goal ${goal.text})` : ` (goal ${goal.text}: **missed**)`;
}

function cellText(text: string): string {
  return text.trim().replaceAll('|', '\\|').replaceAll('<', '&lt;');
}
