import type { SteadyLoad } from './asking.ts';
import type { Summary } from './figures.ts';
import type { Chart } from './plot.ts';
import { milliseconds, type Row, type Table } from './report.ts';

/** What changes of one sort took. */
export interface Measured {
  readonly name: string;
  /** Milliseconds from the moment when the write has returned. */
  readonly times: Summary;
  readonly reloads: number;
  readonly load: Awaited<ReturnType<SteadyLoad['stop']>>;
  readonly goal?: { readonly p50?: number; readonly max?: number; readonly reloads?: number };
}

/** One row for each sort of change. */
export function changeTable(title: string, measured: readonly Measured[]): Table {
  return { title, columns: ['changes', 'p50', 'p99', 'max', 'reloads', 'failed requests'], rows: measured.map(rowOf) };
}

/** The medians, in seconds. */
export function changeChart(title: string, measured: readonly Measured[]): Chart {
  const bars = measured.map(({ name, times, goal }) => ({
    label: name.trim(),
    value: times.p50 / 1000,
    ...(goal?.p50 !== undefined && { goal: { value: goal.p50 / 1000 } }),
  }));
  return { title, unit: 'seconds', scale: 'log', bars };
}

function rowOf({ name, times, reloads, load, goal }: Measured): Row {
  const atMost = (value: number, limit: number | undefined, text: string) =>
    limit === undefined ? undefined : { text, isMet: value <= limit };
  const reasons = Object.entries(load.reasons).map(([reason, count]) => `${count} × ${reason}`);
  return {
    name,
    values: [
      String(times.count),
      milliseconds(times.p50),
      milliseconds(times.p99),
      milliseconds(times.max),
      String(reloads),
      `${load.failed} of ${load.sent}${reasons.length > 0 ? `: ${reasons.join(', ')}` : ''}`,
    ],
    goals: [
      undefined,
      atMost(times.p50, goal?.p50, `<= ${goal?.p50} ms`),
      undefined,
      atMost(times.max, goal?.max, `<= ${goal?.max} ms`),
      atMost(reloads, goal?.reloads, `<= ${goal?.reloads}`),
      atMost(load.failed, 0, '0'),
    ],
  };
}
