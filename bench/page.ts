/**
 * Writes docs/benchmarks.md and its plot from what was last measured, and from bench/notes.md: `node bench/page.ts`.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pageText } from './kit/page.ts';
import { drawCharts } from './kit/plot.ts';
import { say } from './kit/report.ts';
import { readResults } from './kit/results.ts';

const sections = [
  {
    name: 'dataplane',
    heading: 'What a request costs',
    about:
      'Gatehouse against hand-written configurations on the same NGINX and backend, in turn: `minimal` passes on nothing but the host, `same headers` tells the backend what Gatehouse tells it. By CPU time of the proxy, as that survives a busy machine.',
  },
  {
    name: 'change',
    heading: 'How soon a change is live',
    about: 'From the moment when a manifest is saved to the first answer by it, with a light load meanwhile.',
  },
  { name: 'scale', heading: 'What size costs', about: 'Ingresses with one host and three paths each, two workers of NGINX.' },
  {
    name: 'dns',
    heading: 'What the name server answers',
    about:
      'NGINX asks the controller for the endpoints of each upstream; here another process asks as fast as it gets answers, from new sockets, as after a reload.',
  },
] as const;

const root = join(import.meta.dirname, '..');
const read = await Promise.all(sections.map(async ({ name, ...section }) => ({ ...section, saved: await readResults(name) })));
const charts = read.flatMap(({ saved }) => saved?.charts ?? []);
if (charts.length === 0) throw new Error('nothing was measured yet: `make bench` measures and writes the page');
await writeFile(join(root, 'docs/benchmarks.md'), pageText(read, await readFile(join(root, 'bench/notes.md'), 'utf8')));
await writeFile(join(root, 'docs/benchmarks.svg'), drawCharts(charts));
say('written: docs/benchmarks.md, docs/benchmarks.svg');
