/**
 * How soon a change is live while requests go on: `node bench/change.ts [--changes 20] [--sizes 1,1000,5000] [--services N]`.
 * Exit code 1 only when something could not be measured; goals that are missed are printed as such.
 */
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { startSteadyLoad, untilAnswered } from './kit/asking.ts';
import { changeChart, changeTable, type Measured } from './kit/changes.ts';
import { summarise } from './kit/figures.ts';
import { type Gatehouse, startGatehouse } from './kit/gatehouse.ts';
import { hostOf, type Manifests, usualPaths, writeManifests } from './kit/manifests.ts';
import { freePorts, startBackend } from './kit/nginx.ts';
import { type Place, withPlace } from './kit/place.ts';
import { say } from './kit/report.ts';
import { saveResults } from './kit/results.ts';

const loadPerSecond = 50;
/** How many Ingresses come at once, and among how many. */
const burst = 1000;

interface Options {
  readonly changes: number;
  readonly services: number | undefined;
}

interface Running {
  readonly gatehouse: Gatehouse;
  readonly manifests: Manifests;
}

/** The p50 that is wanted for a new Ingress among so many, in milliseconds. */
const newIngressGoals: ReadonlyMap<number, number> = new Map([
  [1, 45],
  [1000, 300],
  [5000, 700],
  [10_000, 1500],
]);

async function start(place: Place, ingresses: number, { services = ingresses }: Options): Promise<Running> {
  const [backendPort = 0] = await freePorts(1);
  place.onEnd((await startBackend(join(place.folder, 'backend'), backendPort)).stop);
  const estate = { ingresses, services: Math.min(services, ingresses), paths: usualPaths, backendPort };
  const manifests = await writeManifests(join(place.folder, 'manifests'), estate, 'files');
  const gatehouse = await startGatehouse({ manifests: manifests.folder, folder: place.folder, workers: 2 });
  place.onEnd(gatehouse.stop);
  await untilAnswered({ port: gatehouse.httpPort, host: hostOf(ingresses - 1), path: '/shop' }, ({ status }) => status === 200);
  await gatehouse.line(0, ({ msg }) => msg.startsWith('reloaded '));
  return { gatehouse, manifests };
}

/** Measures while a light load goes on, and counts the reloads meanwhile. */
async function underLoad({ gatehouse }: Running, name: string, measure: () => Promise<readonly number[]>): Promise<Measured> {
  await quiet(gatehouse);
  const before = gatehouse.reloads();
  const load = startSteadyLoad({ port: gatehouse.httpPort, host: hostOf(0), path: '/api' }, loadPerSecond);
  try {
    const times = summarise(await measure());
    return { name, times, reloads: gatehouse.reloads() - before, load: await load.stop() };
  } finally {
    await load.stop();
  }
}

/**
 * The controller leaves NGINX alone for as long as the last reload took: a change to a quiet one is wanted. The chance in it
 * keeps the changes out of step with NGINX, which asks for endpoints once a second.
 */
async function quiet(gatehouse: Gatehouse): Promise<void> {
  const last = gatehouse.log.findLast(({ ms }) => ms !== undefined);
  const rest = last === undefined ? 0 : last.at + (last.ms ?? 0) + 150 - performance.now();
  await pause(Math.max(0, rest) + Math.random() * 1000);
}

/** One endpoint takes the place of another; the time until it answers. */
type ChangeEndpoint = (service: number) => Promise<number>;

function endpointChanger({ gatehouse, manifests }: Running): ChangeEndpoint {
  const moved = new Set<number>();
  return async (service) => {
    const isBack = moved.delete(service);
    if (!isBack) moved.add(service);
    const address = isBack ? '127.0.0.1' : '127.0.0.2';
    await manifests.changeEndpoint(service, address);
    const saved = performance.now();
    const question = { port: gatehouse.httpPort, host: hostOf(service), path: '/shop' };
    return (await untilAnswered(question, ({ body }) => body === `${address}\n`)) - saved;
  };
}

/** Of one Service after the other, or of the same one again and again, about once a second. */
async function endpointChanges({ gatehouse }: Running, change: ChangeEndpoint, services: readonly number[]): Promise<readonly number[]> {
  const times: number[] = [];
  for (const service of services) {
    const lines = gatehouse.log.length;
    times.push(await change(service));
    await gatehouse.line(lines, ({ msg }) => msg.startsWith('live '));
    await quiet(gatehouse);
  }
  return times;
}

/** The same while a new Ingress arrives every tenth of a second, so that reloads and their pauses never end. */
async function endpointsAmongRoutes(running: Running, from: number, services: readonly number[]): Promise<readonly number[]> {
  const times: number[] = [];
  const change = endpointChanger(running);
  let isOver = false;
  let index = from;
  const arriving = (async () => {
    for (; !isOver; index += 1) {
      await running.manifests.addIngresses(index, index + 1);
      await pause(100);
    }
  })();
  await pause(1000);
  for (const service of services) {
    times.push(await change(service));
    await pause(Math.random() * 1000);
  }
  isOver = true;
  await arriving;
  await untilAnswered({ port: running.gatehouse.httpPort, host: hostOf(index - 1), path: '/shop' }, ({ status }) => status === 200);
  await quiet(running.gatehouse);
  return times;
}

async function newIngresses({ gatehouse, manifests }: Running, first: number, changes: number): Promise<readonly number[]> {
  const times: number[] = [];
  for (let index = first; index < first + changes; index += 1) {
    const lines = gatehouse.log.length;
    await manifests.addIngresses(index, index + 1);
    const saved = performance.now();
    const question = { port: gatehouse.httpPort, host: hostOf(index), path: '/shop' };
    times.push((await untilAnswered(question, ({ status }) => status === 200)) - saved);
    await gatehouse.line(lines, ({ msg }) => msg.startsWith('reloaded '));
    await quiet(gatehouse);
  }
  return times;
}

/** From the moment when the first file is written until every one of them answers. */
async function manyAtOnce({ gatehouse, manifests }: Running, first: number): Promise<readonly number[]> {
  const start = performance.now();
  await manifests.addIngresses(first, first + burst);
  for (let index = first; index < first + burst; index += 1) {
    await untilAnswered({ port: gatehouse.httpPort, host: hostOf(index), path: '/shop' }, ({ status }) => status === 200);
  }
  const passed = performance.now() - start;
  await quiet(gatehouse);
  return [passed];
}

async function measureSize(size: number, options: Options): Promise<readonly Measured[]> {
  return withPlace(async (place) => {
    say(`change: starting with ${size} Ingresses`);
    const running = await start(place, size, options);
    const { changes } = options;
    const all: Measured[] = [];
    if (size === 1000) all.push(...(await measureEndpoints(running, size, options)));
    const p50 = newIngressGoals.get(size);
    const added = await underLoad(running, `new Ingress among ${size}`, () => newIngresses(running, size, changes));
    all.push({ ...added, ...(p50 !== undefined && { goal: { p50 } }) });
    if (size === 1000) {
      const many = await underLoad(running, `${burst} Ingresses at once into ${size}`, () => manyAtOnce(running, size + changes));
      all.push({ ...many, goal: { p50: 2500, reloads: 5 } });
      const services = Array.from({ length: changes }, (_, number) => changes + number);
      const first = size + changes + burst;
      const busy = await underLoad(running, 'endpoint while routes arrive', () => endpointsAmongRoutes(running, first, services));
      all.push({ ...busy, goal: { p50: 1000 } });
    }
    return all;
  });
}

async function measureEndpoints(running: Running, size: number, { changes }: Options): Promise<readonly Measured[]> {
  const change = endpointChanger(running);
  const numbers = Array.from({ length: changes }, (_, number) => number);
  const goal = { p50: 280, max: 1000, reloads: 0 };
  const each = await underLoad(running, `endpoint among ${size}`, () => endpointChanges(running, change, numbers));
  const same = numbers.map(() => 0);
  const again = await underLoad(running, 'endpoint of one Service again and again', () => endpointChanges(running, change, same));
  return [
    { ...each, goal },
    { ...again, goal: { ...goal, p50: 1000 } },
  ];
}

const { values } = parseArgs({
  options: {
    changes: { type: 'string', default: '20' },
    sizes: { type: 'string', default: '1,1000,5000' },
    services: { type: 'string' },
  },
});
const options = { changes: Number(values.changes), services: values.services === undefined ? undefined : Number(values.services) };
const results: Measured[] = [];
for (const size of values.sizes.split(',').map(Number)) results.push(...(await measureSize(size, options)));
const services = options.services === undefined ? 'a Service for each Ingress' : `${options.services} Services for all`;
await saveResults('change', {
  results: { ...options, measured: results },
  tables: [changeTable(`From a saved change to its answer, under ${loadPerSecond} requests a second, ${services}`, results)],
  charts: [changeChart(`From a change to its answer, median, ${services}`, results)],
});
