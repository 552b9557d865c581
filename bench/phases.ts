/**
 * Where the time goes from a saved route to its answer: `node bench/phases.ts [--ingresses 5000] [--services N] [--changes 3]`.
 * The parts of `gatehouse serve` run in this process, with a clock around each.
 */
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { startDataPlane } from '../src/commands/data-plane.ts';
import { createLoop } from '../src/loop.ts';
import { kinds } from '../src/model/objects.ts';
import { createReconcile } from '../src/reconcile.ts';
import { createRender } from '../src/render/render.ts';
import { createLog } from '../src/report/log.ts';
import { buildRouting } from '../src/routing/build.ts';
import { defaultRoutingOptions } from '../src/routing/options.ts';
import { startFolder } from '../src/sources/folder.ts';
import { createStore } from '../src/sources/store.ts';
import { untilAnswered } from './kit/asking.ts';
import { median } from './kit/figures.ts';
import { hostOf, usualPaths, writeManifests } from './kit/manifests.ts';
import { freePorts, startBackend, theNginx } from './kit/nginx.ts';
import { type Place, withPlace } from './kit/place.ts';
import { milliseconds, say, sayTable } from './kit/report.ts';

interface Wanted {
  readonly ingresses: number;
  readonly services: number;
  readonly changes: number;
}

/** Takes down when something was done; the time since the mark before belongs to that name. */
interface Clock {
  restart(): void;
  mark(name: string): void;
  /** Milliseconds by name, in the order of the marks. */
  readonly phases: ReadonlyMap<string, number>;
}

function createClock(): Clock {
  let last = performance.now();
  const phases = new Map<string, number>();
  return {
    restart() {
      phases.clear();
      last = performance.now();
    },
    mark(name) {
      const now = performance.now();
      phases.set(name, (phases.get(name) ?? 0) + now - last);
      last = now;
    },
    phases,
  };
}

/** `gatehouse serve` with a clock. Resolves when the first generation runs. */
async function startTimedServe(place: Place, manifests: string, clock: Clock) {
  const [httpPort = 0, httpsPort = 0] = await freePorts(2);
  const log = createLog({ format: 'text', level: 'error', write: (line) => process.stderr.write(line) });
  const how = { nginx: theNginx(), runDirectory: join(place.folder, 'run'), workerProcesses: 2, accessLog: 'off' } as const;
  const isRoot = process.getuid?.() === 0;
  const data = await startDataPlane({ ...how, httpPort, httpsPort, nginxMode: 'child', isRoot, log, onChange: () => loop.notify() });
  watchDataPlane(data, clock);
  const store = createStore({ kinds, now: Date.now });
  const render = createRender(data.settings);
  const reconcile = createReconcile({
    build: marked(clock, 'wait for the loop, snapshot', 'build', (snapshot) => buildRouting(snapshot, defaultRoutingOptions)),
    render: marked(clock, '', 'render', render),
    apply: async (input) => data.apply.apply({ ...input, endpoints: await data.liveEndpoints.resolve(input.runtime.endpoints) }),
    accepts: async (rendered) => (await data.apply.test(rendered)).ok,
    originAt: () => undefined,
    report: async () => clock.mark('prune old files'),
  });
  const loop = createLoop({
    handle: async () => {
      if (!store.isSynced()) return { milliseconds: 0 };
      const { outcome } = await reconcile(store.snapshot());
      return { milliseconds: outcome.kind === 'reloaded' ? outcome.milliseconds : 0 };
    },
    onError: (error) => say(String(error)),
  });
  const folder = await startFolder({
    paths: [manifests],
    sink: (event) => {
      clock.mark('notice, read, decode');
      if (store.apply(event)) loop.notify();
    },
  });
  place.onEnd(async () => {
    await folder.stop();
    await loop.stop();
    await data.stop(0);
  });
  await loop.idle();
  return { httpPort, loop };
}

function marked<A, R>(clock: Clock, before: string, name: string, work: (input: A) => R): (input: A) => R {
  return (input) => {
    if (before !== '') clock.mark(before);
    const result = work(input);
    clock.mark(name);
    return result;
  };
}

/** Puts a clock around what is asked of NGINX. The data plane keeps these objects, so what is replaced in them counts. */
function watchDataPlane({ nginx, dns }: Awaited<ReturnType<typeof startDataPlane>>, clock: Clock): void {
  const { test, reload } = nginx;
  const { whenAnswered } = dns;
  Object.assign(nginx, {
    test: async (path: string) => {
      clock.mark('compare, write the generation');
      const result = await test(path);
      clock.mark('nginx -t');
      return result;
    },
    reload: async () => {
      clock.mark('switch the link');
      await reload();
      clock.mark('nginx -s reload (the command)');
    },
  });
  Object.assign(dns, {
    whenAnswered: async (ids: readonly string[], limit: number) => {
      clock.mark('reload until verified');
      const missing = await whenAnswered(ids, limit);
      clock.mark('endpoints of new upstreams');
      return missing;
    },
  });
}

async function measure(place: Place, { changes, ...wanted }: Wanted) {
  const [backendPort = 0] = await freePorts(1);
  place.onEnd((await startBackend(join(place.folder, 'backend'), backendPort)).stop);
  const manifests = await writeManifests(join(place.folder, 'manifests'), { ...wanted, paths: usualPaths, backendPort }, 'files');
  const clock = createClock();
  const { httpPort, loop } = await startTimedServe(place, manifests.folder, clock);
  await untilAnswered({ port: httpPort, host: hostOf(0), path: '/shop' }, ({ status }) => status === 200);
  const all: ReadonlyMap<string, number>[] = [];
  for (let number = 0; number < changes; number += 1) {
    await pause(6000);
    const added = { host: `new-${number}.bench.test`, path: '/new' };
    await manifests.changeIngress(number, added);
    clock.restart();
    const saved = performance.now();
    const answered = await untilAnswered({ port: httpPort, ...added }, ({ status }) => status === 200);
    await loop.idle();
    all.push(new Map([...clock.phases, ['in all, to the first answer', answered - saved]]));
  }
  return all;
}

const { values } = parseArgs({
  options: { ingresses: { type: 'string', default: '5000' }, services: { type: 'string' }, changes: { type: 'string', default: '3' } },
});
const ingresses = Number(values.ingresses);
const wanted = { ingresses, services: Number(values.services ?? ingresses), changes: Number(values.changes) };
const all = await withPlace((place) => measure(place, wanted));
const names = [...new Set(all.flatMap((phases) => [...phases.keys()]))];
sayTable({
  title: `From a saved route to its answer: ${ingresses} Ingresses × 3 paths, ${wanted.services} Services, median of ${all.length}`,
  columns: ['median', 'each'],
  rows: names.map((name) => {
    const times = all.map((phases) => phases.get(name) ?? 0);
    return { name, values: [milliseconds(median(times)), times.map(Math.round).join(' ')] };
  }),
});
