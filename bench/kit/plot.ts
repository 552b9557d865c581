/** Bars below a title, each with its figure and, where one is wanted, the limit as a line. */
export interface Chart {
  readonly title: string;
  readonly unit: string;
  /** `log` for values that differ by factors of ten. */
  readonly scale: 'linear' | 'log';
  readonly bars: readonly Bar[];
}

export interface Bar {
  readonly label: string;
  readonly value: number;
  /** What is wanted; `least` says that the value has to be at least that, or else it is the most. */
  readonly goal?: { readonly value: number; readonly least?: boolean };
}

const width = 860;
const labelWidth = 330;
const figureWidth = 130;
const rowHeight = 22;
const headHeight = 34;
const gap = 18;
const colours = { met: '#2f7d4f', missed: '#c2571a', plain: '#4a6fa5' } as const;

/** Draws charts below one another, as the text of an SVG file. Throws when a chart has no bars. */
export function drawCharts(charts: readonly Chart[]): string {
  let top = gap;
  const parts = charts.map((chart) => {
    const text = `<g transform="translate(0 ${top})">${drawChart(chart)}</g>`;
    top += headHeight + chart.bars.length * rowHeight + gap;
    return text;
  });
  const style = 'text{font:13px system-ui,sans-serif;fill:#222}.title{font-weight:600;font-size:15px}';
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${top}" width="${width}" height="${top}" role="img">
<style>${style}</style>
<rect width="${width}" height="${top}" fill="#fff"/>
${parts.join('\n')}
</svg>
`;
}

function drawChart({ title, unit, scale, bars }: Chart): string {
  const marks = bars.flatMap(({ value, goal }) => (goal ? [value, goal.value] : [value])).filter((value) => value > 0);
  if (marks.length === 0) throw new Error(`nothing to draw for "${title}"`);
  const most = Math.max(...marks);
  const least = scale === 'log' ? Math.min(...marks) / 2 : 0;
  const place = (value: number): number => {
    const share = scale === 'log' ? Math.log(Math.max(value, least) / least) / Math.log(most / least) : value / most;
    return round(share * (width - labelWidth - figureWidth));
  };
  const rows = bars.map((bar, index) => `<g transform="translate(0 ${headHeight + index * rowHeight})">${drawBar(bar, place)}</g>`);
  const note = scale === 'log' ? `${unit}, logarithmic` : unit;
  return `<text class="title" x="12" y="16">${escaped(`${title} (${note})`)}</text>${rows.join('')}`;
}

function drawBar({ label, value, goal }: Bar, place: (value: number) => number): string {
  const colour = !goal ? colours.plain : isMet(value, goal) ? colours.met : colours.missed;
  const end = labelWidth + place(value);
  const line = goal ? labelWidth + place(goal.value) : 0;
  return [
    `<text x="${labelWidth - 10}" y="14" text-anchor="end">${escaped(label)}</text>`,
    `<rect x="${labelWidth}" y="3" width="${place(value)}" height="${rowHeight - 7}" fill="${colour}"/>`,
    goal ? `<line x1="${line}" x2="${line}" y1="0" y2="${rowHeight - 2}" stroke="#222" stroke-width="2" stroke-dasharray="3 2"/>` : '',
    `<text x="${Math.max(end, line) + 6}" y="14">${escaped(`${figure(value)}${goal ? ` / ${figure(goal.value)}` : ''}`)}</text>`,
  ].join('');
}

function isMet(value: number, { value: goal, least = false }: { readonly value: number; readonly least?: boolean }): boolean {
  return least ? value >= goal : value <= goal;
}

/** Three digits are enough to look at. */
function figure(value: number): string {
  return value >= 100 ? String(Math.round(value)) : String(Number(value.toPrecision(3)));
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
