/**
 * How soon a change is live while requests go on:
 * `node bench/change.ts [--changes 15] [--sizes 1,1000,5000] [--services each,100] [--only PART-OF-A-NAME] [--seconds 10]`.
 * Exit code 1 only when something could not be measured; goals that are missed are printed as such.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startSteadyLoad, untilAnswered } from './kit/asking.ts';
import { type BusyRoute, busyTable, measureBusyRoute } from './kit/busy-route.ts';
import {
  addSecureHost,
  certificateChanges,
  endpointChanger,
  endpointChanges,
  endpointsAmongRoutes,
  manyAtOnce,
  newIngresses,
  quiet,
  type Running,
  type Times,
} from './kit/change-kinds.ts';
import { changeChart, changeTable, type Measured } from './kit/changes.ts';
import { summarise } from './kit/figures.ts';
import { startGatehouse } from './kit/gatehouse.ts';
import { hostOf, usualPaths, writeManifests } from './kit/manifests.ts';
import { freePorts, startBackend } from './kit/nginx.ts';
import { type Place, withPlace } from './kit/place.ts';
import { say } from './kit/report.ts';
import { saveResults } from './kit/results.ts';
import { hasWrk } from './kit/wrk.ts';

const loadPerSecond = 50;
/** How many Ingresses come at once, and among how many. */
const burst = 1000;
/** Everything is measured among so many Ingresses; among others only new ones. */
const mainSize = 1000;

interface Options {
  readonly changes: number;
  /** Seconds of each round of a busy route. */
  readonly seconds: number;
  readonly only: string;
}

/** So many Ingresses, with a Service for each of them or with fewer for all. */
interface Size {
  readonly ingresses: number;
  readonly services: number;
}

/** The p50 that is wanted for a new Ingress among so many, in milliseconds. */
const newIngressGoals: ReadonlyMap<number, number> = new Map([
  [1, 45],
  [1000, 300],
  [5000, 700],
  [10_000, 1500],
]);

async function start(place: Place, { ingresses, services }: Size): Promise<Running> {
  const [backendPort = 0] = await freePorts(1);
  place.onEnd((await startBackend(join(place.folder, 'backend'), backendPort)).stop);
  const estate = { ingresses, services, paths: usualPaths, backendPort };
  const manifests = await writeManifests(join(place.folder, 'manifests'), estate, 'files');
  const gatehouse = await startGatehouse({ manifests: manifests.folder, folder: place.folder, workers: 2 });
  place.onEnd(gatehouse.stop);
  await untilAnswered({ port: gatehouse.httpPort, host: hostOf(ingresses - 1), path: '/shop' }, ({ status }) => status === 200);
  await gatehouse.line(0, ({ msg }) => msg.startsWith('reloaded '));
  return { gatehouse, manifests };
}

/** Measures while a light load goes on, and counts the reloads meanwhile. */
async function underLoad({ gatehouse }: Running, name: string, measure: () => Times): Promise<Measured> {
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

/** One sort of change, and what is wanted of it. */
interface Kind {
  readonly name: string;
  readonly goal?: Measured['goal'];
  readonly measure: () => Times;
}

/** In the order in which they follow one another: each knows which Ingresses are there by then. */
function kindsOf(running: Running, { ingresses, services }: Size, { changes }: Options): readonly Kind[] {
  const p50 = newIngressGoals.get(ingresses);
  const added: Kind = {
    name: `new Ingress among ${ingresses}`,
    ...(p50 !== undefined && { goal: { p50 } }),
    measure: () => newIngresses(running, ingresses, changes),
  };
  if (ingresses !== mainSize) return [added];
  const change = endpointChanger(running);
  const numbers = (from: number) => Array.from({ length: changes }, (_, number) => (from + number) % services);
  const goal = { p50: 280, max: 1000, reloads: 0 };
  return [
    { name: `endpoint among ${ingresses}`, goal, measure: () => endpointChanges(running, change, numbers(0)) },
    {
      name: 'endpoint of one Service again and again',
      goal: { ...goal, p50: 1000 },
      measure: () =>
        endpointChanges(
          running,
          change,
          numbers(0).map(() => 0),
        ),
    },
    { name: 'certificate', goal: { reloads: 0 }, measure: () => certificateChanges(running, changes) },
    added,
    {
      name: `${burst} Ingresses at once into ${ingresses}`,
      goal: { p50: 2500, reloads: 5 },
      measure: () => manyAtOnce(running, ingresses + changes, burst),
    },
    {
      name: 'endpoint while routes arrive',
      goal: { p50: 1000 },
      measure: () => endpointsAmongRoutes(running, change, ingresses + changes + burst, numbers(changes)),
    },
  ];
}

function nameOf({ ingresses, services }: Size): string {
  return services === ingresses ? 'a Service for each Ingress' : `${services} Services for all`;
}

async function measureSize(size: Size, options: Options): Promise<readonly Measured[]> {
  return withPlace(async (place) => {
    say(`change: starting with ${size.ingresses} Ingresses, ${nameOf(size)}`);
    const running = await start(place, size);
    const all: Measured[] = [];
    for (const { name, goal, measure } of kindsOf(running, size, options)) {
      if (!name.includes(options.only)) continue;
      say(`change: ${name}`);
      if (name === 'certificate') await addSecureHost(running);
      all.push({ ...(await underLoad(running, name, measure)), ...(goal && { goal }) });
    }
    return all;
  });
}

async function measureBusy(size: Size, { seconds }: Options): Promise<BusyRoute> {
  return withPlace(async (place) => {
    const name = `among ${size.ingresses}, ${nameOf(size)}`;
    say(`change: a busy route ${name}`);
    const running = await start(place, size);
    await quiet(running.gatehouse);
    return measureBusyRoute(running, { name, from: size.ingresses, rounds: 3, seconds, folder: place.folder });
  });
}

const { values } = parseArgs({
  options: {
    changes: { type: 'string', default: '15' },
    sizes: { type: 'string', default: '1,1000,5000' },
    services: { type: 'string', default: 'each,100' },
    only: { type: 'string', default: '' },
    seconds: { type: 'string', default: '10' },
  },
});
const options = { changes: Number(values.changes), seconds: Number(values.seconds), only: values.only };
const sizes = values.sizes.split(',').map(Number);
const forms = values.services.split(',').map((services) => {
  const wanted = sizes.map((ingresses) => ({ ingresses, services: services === 'each' ? ingresses : Number(services) }));
  // More Services than Ingresses would be the same as one for each.
  return wanted.filter((size) => services === 'each' || size.services < size.ingresses);
});
const measured: { readonly size: Size; readonly all: readonly Measured[] }[][] = [];
for (const form of forms) {
  const done: (typeof measured)[number] = [];
  for (const size of form) done.push({ size, all: await measureSize(size, options) });
  measured.push(done);
}
const busy: BusyRoute[] = [];
if (!'busy route'.includes(options.only)) say('change: the busy route is left out');
else if (!hasWrk()) say('change: the busy route is skipped, as wrk is not installed (apt-get install wrk)');
else for (const size of forms.flat().filter(({ ingresses }) => ingresses === mainSize)) busy.push(await measureBusy(size, options));
const groups = measured.flatMap((form) => {
  const results = form.flatMap(({ all }) => all);
  const services = form.map(({ size }) => nameOf(size)).at(-1) ?? '';
  return results.length > 0 ? [{ services, results }] : [];
});
await saveResults('change', {
  results: { ...values, groups, busy },
  tables: [
    ...groups.map(({ services, results }) =>
      changeTable(`From a saved change to its answer, under ${loadPerSecond} requests a second, ${services}`, results),
    ),
    ...(busy.length > 0 ? [busyTable(busy)] : []),
  ],
  charts: groups.map(({ services, results }) => changeChart(`From a change to its answer, median, ${services}`, results)),
});
