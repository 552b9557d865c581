import assert from 'node:assert/strict';
import { test } from 'node:test';
import { drawCharts } from './plot.ts';

/** Widths of the bars, their colours, and the texts beside them. */
function seen(svg: string) {
  const bars = [...svg.matchAll(/<rect x="330" y="3" width="([\d.]+)" height="\d+" fill="(#\w+)"/g)].map(
    ([, width, fill]) => `${width} ${fill}`,
  );
  const texts = [...svg.matchAll(/<text[^>]*>([^<]*)</g)].map(([, text]) => text);
  return { bars, texts };
}

test('bars are as long as their values, and tell by colour whether the goal is met', () => {
  const svg = drawCharts([
    {
      title: 'a & b',
      unit: 'ratio',
      scale: 'linear',
      bars: [
        { label: 'enough', value: 1, goal: { value: 0.97, least: true } },
        { label: 'not enough', value: 0.5, goal: { value: 0.97, least: true } },
        { label: 'too <much>', value: 0.25, goal: { value: 0.2 } },
        { label: 'no goal', value: 0.75 },
      ],
    },
  ]);
  assert.deepEqual(seen(svg), {
    bars: ['400 #2f7d4f', '200 #c2571a', '100 #c2571a', '300 #4a6fa5'],
    texts: ['a &amp; b (ratio)', 'enough', '1 / 0.97', 'not enough', '0.5 / 0.97', 'too &lt;much&gt;', '0.25 / 0.2', 'no goal', '0.75'],
  });
});

test('on a logarithmic scale ten times as much is always as much longer', () => {
  const bars = [0.01, 0.1, 1, 10].map((value) => ({ label: `${value}`, value }));
  const widths = seen(drawCharts([{ title: 't', unit: 'seconds', scale: 'log', bars }])).bars.map((bar) => Number.parseFloat(bar));
  const steps = widths.slice(1).map((width, index) => Math.round(width - (widths[index] ?? 0)));
  assert.equal(widths.at(-1), 400);
  assert.deepEqual(new Set(steps).size, 1);
});

test('charts stand below one another, in a picture that is high enough', () => {
  const chart = { title: 't', unit: 's', scale: 'linear', bars: [{ label: 'a', value: 1 }] } as const;
  const svg = drawCharts([chart, chart]);
  assert.deepEqual(
    [...svg.matchAll(/<g transform="translate\(0 (\d+)\)"><text class/g)].map(([, top]) => top),
    ['18', '92'],
  );
  assert.match(svg, /^<svg [^>]*viewBox="0 0 860 166"/);
});

test('a value of nothing is a bar of no length, and a chart of nothing is a mistake', () => {
  const draw = (values: readonly number[]) =>
    drawCharts([{ title: 't', unit: 's', scale: 'log', bars: values.map((value) => ({ label: 'x', value })) }]);
  assert.deepEqual(seen(draw([0, 1])).bars, ['0 #4a6fa5', '400 #4a6fa5']);
  assert.throws(() => draw([]), /nothing to draw for "t"/);
});
