/**
 * What size costs: `node bench/scale.ts [--sizes 1000,5000] [--services each,100] [--changes 3] [--layouts files]`, where layouts are `files` and `one-file`.
 * Exit code 1 only when something could not be measured; goals that are missed are printed as such.
 */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs, promisify } from 'node:util';
import { runPaths } from '../src/model/settings.ts';
import { ask, untilAnswered } from './kit/asking.ts';
import { median } from './kit/figures.ts';
import { type Gatehouse, startGatehouse } from './kit/gatehouse.ts';
import { hostOf, type Manifests, usualPaths, writeManifests } from './kit/manifests.ts';
import { freePorts, startBackend, theNginx } from './kit/nginx.ts';
import { type Place, withPlace } from './kit/place.ts';
import { cpuSeconds, memoryOf, nginxPids } from './kit/processes.ts';
import { say } from './kit/report.ts';
import { saveResults } from './kit/results.ts';
import { sizeCharts, sizeRows } from './kit/sizes.ts';
import type { Stages } from './stages.ts';

const run = promisify(execFile);
const restSeconds = 10;

interface Wanted {
  readonly ingresses: number;
  /** How many Services the Ingresses share. */
  readonly services: number;
  readonly layout: 'files' | 'one file';
  readonly changes: number;
}

/** Milliseconds and megabytes. */
export type Measured = Wanted & Stages & Awaited<ReturnType<typeof serveAndChange>>;

async function measure(wanted: Wanted): Promise<Measured> {
  return withPlace(async (place) => {
    const [backendPort = 0] = await freePorts(1);
    const backend = await startBackend(join(place.folder, 'backend'), backendPort);
    place.onEnd(backend.stop);
    const estate = { ingresses: wanted.ingresses, services: wanted.services, paths: usualPaths, backendPort };
    const manifests = await writeManifests(join(place.folder, 'manifests'), estate, wanted.layout);
    const stages = await run(process.execPath, [join(import.meta.dirname, 'stages.ts'), manifests.folder]);
    return { ...wanted, ...(JSON.parse(stages.stdout) as Stages), ...(await serveAndChange(place, manifests, wanted)) };
  });
}

async function serveAndChange(place: Place, manifests: Manifests, { ingresses, changes }: Wanted) {
  const gatehouse = await startGatehouse({ manifests: manifests.folder, folder: place.folder, workers: 2 });
  place.onEnd(gatehouse.stop);
  const last = { port: gatehouse.httpPort, host: hostOf(ingresses - 1), path: '/shop' };
  const answered = await untilAnswered(last, ({ status }) => status === 200);
  await gatehouse.line(0, ({ msg }) => msg.startsWith('reloaded '));
  await quiet(gatehouse);
  const cpuAtRest = await restOf(gatehouse);
  const idle = await memoryOfBoth(gatehouse);
  const startReloads = gatehouse.reloads();
  const routes = await changeRoutes(gatehouse, manifests, changes);
  const routeReloads = gatehouse.reloads() - startReloads;
  const endpoints = await changeEndpoints(gatehouse, manifests, changes);
  // The controller gives memory back when nothing has happened for a while.
  await pause(untilGivenBackMs);
  return {
    coldStart: answered - gatehouse.startedAt,
    runtimeStart: await startOfRuntime(),
    routeChange: median(routes),
    routeChangeMax: Math.max(...routes),
    endpointChange: median(endpoints),
    endpointChangeMax: Math.max(...endpoints),
    cpuAtRest,
    startReloads,
    routeReloads,
    endpointReloads: gatehouse.reloads() - startReloads - routeReloads,
    nginxTest: await timeOfTest(gatehouse),
    memory: { idle, afterChanges: await memoryOfBoth(gatehouse) },
  };
}

const untilGivenBackMs = 15_000;

async function memoryOfBoth(gatehouse: Gatehouse) {
  return { controller: await memoryOf([gatehouse.pid]), nginx: await memoryOf(await nginxPids(await gatehouse.nginxPid())) };
}

/** Parts of a core (0 to 1) that are in use while nothing happens but that NGINX asks for endpoints. */
async function restOf(gatehouse: Gatehouse) {
  const nginx = await nginxPids(await gatehouse.nginxPid());
  // The questions of a start come all at once; they spread within a few seconds.
  await pause(5000);
  const before = { controller: await cpuSeconds([gatehouse.pid]), nginx: await cpuSeconds(nginx) };
  await pause(restSeconds * 1000);
  return {
    controller: ((await cpuSeconds([gatehouse.pid])) - before.controller) / restSeconds,
    nginx: ((await cpuSeconds(nginx)) - before.nginx) / restSeconds,
  };
}

/** From the moment when the write has returned until the new host answers. */
async function changeRoutes(gatehouse: Gatehouse, manifests: Manifests, changes: number): Promise<readonly number[]> {
  const times: number[] = [];
  for (let number = 0; number < changes; number += 1) {
    const added = { host: `new-${number}.bench.test`, path: `/new-${number}` };
    const question = { port: gatehouse.httpPort, ...added };
    if ((await ask(question)).status !== 404) throw new Error(`${added.host} is answered before it exists`);
    const lines = gatehouse.log.length;
    await manifests.changeIngress(number, added);
    const saved = performance.now();
    times.push((await untilAnswered(question, ({ status }) => status === 200)) - saved);
    await gatehouse.line(lines, ({ msg }) => msg.startsWith('reloaded '));
    await quiet(gatehouse);
  }
  return times;
}

/** From the moment when the write has returned until the new endpoint answers. */
async function changeEndpoints(gatehouse: Gatehouse, manifests: Manifests, changes: number): Promise<readonly number[]> {
  const times: number[] = [];
  for (let number = 0; number < changes; number += 1) {
    const address = number % 2 === 0 ? '127.0.0.2' : '127.0.0.1';
    // NGINX asks once a second; without this every change would come just after it has asked.
    await pause(Math.random() * 1000);
    const lines = gatehouse.log.length;
    await manifests.changeEndpoint(0, address);
    const saved = performance.now();
    const question = { port: gatehouse.httpPort, host: hostOf(0), path: '/shop' };
    times.push((await untilAnswered(question, ({ body }) => body === `${address}\n`)) - saved);
    await gatehouse.line(lines, ({ msg }) => msg.startsWith('live '));
  }
  return times;
}

/** After a slow batch the controller leaves NGINX alone for as long as that took; a change in that time would wait. */
async function quiet(gatehouse: Gatehouse): Promise<void> {
  const last = gatehouse.log.findLast(({ ms }) => ms !== undefined);
  const rest = (last?.at ?? 0) + (last?.ms ?? 0) + 150 - performance.now();
  await pause(Math.max(0, rest));
}

async function timeOfTest({ runDirectory }: Gatehouse): Promise<number> {
  const times: number[] = [];
  for (let round = 0; round < 3; round += 1) {
    const start = performance.now();
    await run(theNginx(), ['-t', '-q', '-e', 'stderr', '-c', runPaths(runDirectory).config]);
    times.push(performance.now() - start);
  }
  return median(times);
}

/** What Node itself takes to start and end, with no program of ours. */
async function startOfRuntime(): Promise<number> {
  const start = performance.now();
  await run(process.execPath, ['-e', '0']);
  return performance.now() - start;
}

const { values } = parseArgs({
  options: {
    sizes: { type: 'string', default: '1000,5000' },
    services: { type: 'string', default: 'each,100' },
    changes: { type: 'string', default: '3' },
    layouts: { type: 'string', default: 'files' },
  },
});
const layouts = values.layouts.split(',').map((name) => (name === 'files' ? ('files' as const) : ('one file' as const)));
const wanted = values.sizes.split(',').flatMap((size) =>
  values.services.split(',').flatMap((services) =>
    layouts.map((layout): Wanted => {
      const ingresses = Number(size);
      return { ingresses, services: services === 'each' ? ingresses : Number(services), layout, changes: Number(values.changes) };
    }),
  ),
);
const results: Measured[] = [];
for (const one of wanted.filter(({ ingresses, services }) => services <= ingresses)) {
  say(`scale: ${one.ingresses} Ingresses × ${usualPaths.length} paths, ${one.services} Services, ${one.layout}`);
  results.push(await measure(one));
}
const name = (one: Measured) => `${one.ingresses} × ${usualPaths.length}, ${one.services} Services, ${one.layout}`;
await saveResults('scale', {
  results,
  tables: [{ title: 'What size costs', columns: results.map(name), rows: sizeRows(results) }],
  charts: sizeCharts(results),
});
