/**
 * `node bench/stages.ts DIR`: reads, builds and renders a folder of manifests in a process that has done nothing before, and
 * prints the milliseconds of each stage as JSON, cold and warm. With --cpu-prof it shows where they go.
 */

import { readManifests } from '../src/commands/manifests.ts';
import { printedSettings } from '../src/commands/render.ts';
import { createRender } from '../src/render/render.ts';
import { buildRouting } from '../src/routing/build.ts';
import { defaultRoutingOptions } from '../src/routing/options.ts';
import { median } from './kit/figures.ts';

/** Milliseconds. */
export interface Stages {
  readonly read: number;
  readonly buildCold: number;
  readonly renderCold: number;
  readonly buildWarm: number;
  readonly renderWarm: number;
  readonly configBytes: number;
}

const warmRounds = 7;

async function timed<T>(work: () => T | Promise<T>): Promise<{ readonly value: T; readonly ms: number }> {
  const start = performance.now();
  const value = await work();
  return { value, ms: performance.now() - start };
}

async function measure(folder: string): Promise<Stages> {
  const read = await timed(() => readManifests({ paths: [folder] }));
  const { snapshot } = read.value;
  const build = () => buildRouting(snapshot, defaultRoutingOptions);
  const buildCold = await timed(build);
  // Compiling the templates is a part of the first rendering.
  const renderCold = await timed(() => createRender(printedSettings({ httpPort: 8080, httpsPort: 8443 }))(buildCold.value.topology));
  const render = createRender(printedSettings({ httpPort: 8080, httpsPort: 8443 }));
  const builds: number[] = [];
  const renders: number[] = [];
  for (let round = 0; round < warmRounds; round += 1) {
    const built = await timed(build);
    builds.push(built.ms);
    renders.push((await timed(() => render(built.value.topology))).ms);
  }
  const configBytes = Buffer.byteLength(renderCold.value.files.get('nginx.conf') ?? '');
  return {
    read: read.ms,
    buildCold: buildCold.ms,
    renderCold: renderCold.ms,
    buildWarm: median(builds),
    renderWarm: median(renders),
    configBytes,
  };
}

const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error('name a folder of manifests');
process.stdout.write(`${JSON.stringify(await measure(folder))}\n`);
