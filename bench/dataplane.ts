/**
 * What a request costs: Gatehouse's configuration against a hand-written one, on the same NGINX with the same backend, in turn.
 * `node bench/dataplane.ts [--rounds 5] [--seconds 2] [--only NAME]`. Needs wrk; without it a line says so.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { nginxChildren } from '../src/apply/nginx-processes.ts';
import { runPaths } from '../src/model/settings.ts';
import { untilAnswered } from './kit/asking.ts';
import { type Summary, summarise } from './kit/figures.ts';
import { startGatehouse } from './kit/gatehouse.ts';
import { handWritten } from './kit/hand-written.ts';
import { runHandshakes } from './kit/handshakes.ts';
import { type Estate, hostOf, writeManifests } from './kit/manifests.ts';
import { freePorts, startBackend, startPlainNginx } from './kit/nginx.ts';
import { type Place, withPlace } from './kit/place.ts';
import { cpuSeconds } from './kit/processes.ts';
import { type Row, say } from './kit/report.ts';
import { saveResults } from './kit/results.ts';
import { hasWrk, type Load, type LoadFigures, runWrk } from './kit/wrk.ts';

type Routes = Pick<Estate, 'ingresses' | 'services' | 'paths' | 'annotations'>;

interface Scenario {
  readonly name: string;
  readonly routes: Routes;
  readonly scheme: 'http' | 'https';
  readonly load: Pick<Load, 'method' | 'bodyBytes' | 'connections'> | 'handshakes';
  /** Added to the path of each request. */
  readonly below: string;
}

const one: Routes = { ingresses: 1, services: 1, paths: ['/shop'] };
const hundredPaths = Array.from({ length: 100 }, (_, index) => `/part-${index}`);
const small = { method: 'GET', bodyBytes: 0, connections: 32 } as const;
const mebibyte = 1024 * 1024;

const scenarios: readonly Scenario[] = [
  { name: '1 route', routes: one, scheme: 'http', load: small, below: '/x' },
  { name: '1,000 hosts', routes: { ...one, ingresses: 1000, services: 100 }, scheme: 'http', load: small, below: '/x' },
  { name: '100 paths on a host', routes: { ...one, paths: hundredPaths }, scheme: 'http', load: small, below: '/x' },
  { name: 'https, connections kept', routes: one, scheme: 'https', load: small, below: '/x' },
  { name: 'https, new handshakes', routes: one, scheme: 'https', load: 'handshakes', below: '/x' },
  { name: 'answers of 1 MiB', routes: one, scheme: 'http', load: { ...small, connections: 8 }, below: '/mebibyte' },
  {
    name: 'answers of 1 MiB, proxy-buffer-size 16k',
    routes: { ...one, annotations: { 'proxy-buffer-size': '16k' } },
    scheme: 'http',
    load: { ...small, connections: 8 },
    below: '/mebibyte',
  },
  {
    name: 'uploads of 1 MiB',
    routes: one,
    scheme: 'http',
    load: { ...small, method: 'POST', bodyBytes: mebibyte, connections: 8 },
    below: '/x',
  },
];

/** One of those that are compared. */
interface Contender {
  readonly name: string;
  readonly ports: { readonly http: number; readonly https: number };
  readonly workers: readonly number[];
}

interface Figures {
  readonly perCpuSecond: Summary;
  readonly perSecond: Summary;
  /** Microseconds. */
  readonly p50: Summary;
  readonly p99: Summary;
  readonly failed: number;
}

interface Measured {
  readonly scenario: string;
  readonly contenders: Readonly<Record<string, Figures>>;
}

async function startContenders(place: Place, routes: Routes, workers: number): Promise<readonly Contender[]> {
  const [backendPort = 0] = await freePorts(1);
  place.onEnd((await startBackend(join(place.folder, 'backend'), backendPort)).stop);
  const estate = { ...routes, backendPort };
  const manifests = await writeManifests(join(place.folder, 'manifests'), estate, 'files');
  const gatehouse = await startGatehouse({ manifests: manifests.folder, folder: place.folder, workers });
  place.onEnd(gatehouse.stop);
  const question = { host: hostOf(routes.ingresses - 1), path: `${routes.paths[0]}/x` };
  await untilAnswered({ port: gatehouse.httpPort, ...question }, ({ status }) => status === 200);
  await gatehouse.line(0, ({ msg }) => msg.startsWith('reloaded '));
  const contenders = [
    {
      name: 'gatehouse',
      ports: { http: gatehouse.httpPort, https: gatehouse.httpsPort },
      workers: await nginxChildren(await gatehouse.nginxPid()),
    },
  ];
  const certificate = `${runPaths(gatehouse.runDirectory).certificates}/default.pem`;
  for (const form of ['minimal', 'same headers'] as const) {
    const [httpPort = 0, httpsPort = 0] = await freePorts(2);
    const http = handWritten({ estate, httpPort, httpsPort, certificate, form });
    const nginx = await startPlainNginx({ folder: join(place.folder, form.replaceAll(' ', '-')), workers, http, port: httpPort });
    place.onEnd(nginx.stop);
    await untilAnswered({ port: httpPort, ...question }, ({ status }) => status === 200);
    contenders.push({ name: form, ports: { http: httpPort, https: httpsPort }, workers: await nginxChildren(nginx.pid) });
  }
  return contenders;
}

/** One round of one contender. */
function runLoad({ routes, scheme, load, below }: Scenario, { ports }: Contender, { seconds, script }: Round): Promise<LoadFigures> {
  if (load === 'handshakes') {
    return runHandshakes({ port: ports.https, host: hostOf(0), path: `${routes.paths[0]}${below}`, connections: 4, seconds });
  }
  const hosts = Array.from({ length: routes.ingresses }, (_, index) => hostOf(index));
  const targets = hosts.flatMap((host) => routes.paths.map((path) => ({ host, path: `${path}${below}` })));
  return runWrk({ url: `${scheme}://127.0.0.1:${ports[scheme]}/`, seconds, targets, ...load }, script);
}

interface Round {
  readonly seconds: number;
  /** A file for wrk that may be overwritten. */
  readonly script: string;
}

/** Contenders take turns, and each round begins with another one, so that what the machine does otherwise hits all alike. */
async function measure(scenario: Scenario, rounds: number, seconds: number): Promise<Measured> {
  return withPlace(async (place) => {
    const contenders = await startContenders(place, scenario.routes, 1);
    const samples = new Map(
      contenders.map(({ name }) => [
        name,
        { perCpuSecond: [] as number[], perSecond: [] as number[], p50: [] as number[], p99: [] as number[], failed: 0 },
      ]),
    );
    for (let round = 0; round < rounds * contenders.length; round += 1) {
      const turn = Math.floor(round / contenders.length);
      const contender = contenders[(round + turn) % contenders.length];
      const sample = contender && samples.get(contender.name);
      if (!contender || !sample) continue;
      const before = await cpuSeconds(contender.workers);
      const figures = await runLoad(scenario, contender, { seconds, script: join(place.folder, 'load.lua') });
      const cpu = (await cpuSeconds(contender.workers)) - before;
      sample.perCpuSecond.push(figures.requests / cpu);
      sample.perSecond.push(figures.perSecond);
      sample.p50.push(figures.p50);
      sample.p99.push(figures.p99);
      sample.failed += figures.failed;
    }
    const summed = [...samples].map(([name, { failed, perCpuSecond, perSecond, p50, p99 }]) => {
      const sums = { perCpuSecond: summarise(perCpuSecond), perSecond: summarise(perSecond), p50: summarise(p50), p99: summarise(p99) };
      return [name, { ...sums, failed }] as const;
    });
    return { scenario: scenario.name, contenders: Object.fromEntries(summed) };
  });
}

const goals = { perCpuSecond: 0.97, p99: 1.05 } as const;

function rowsOf({ scenario, contenders }: Measured): readonly Row[] {
  const gatehouse = contenders['gatehouse'];
  return Object.entries(contenders).map(([name, figures]) => {
    const isFirst = figures === gatehouse;
    const throughput = (gatehouse?.perCpuSecond.p50 ?? 0) / figures.perCpuSecond.p50;
    const latency = (gatehouse?.p99.p50 ?? 0) / figures.p99.p50;
    const isGoal = name === 'minimal';
    return {
      name: `${isFirst ? scenario : ''}`,
      values: [
        name,
        `${Math.round(figures.perCpuSecond.p50)} ± ${Math.round(figures.perCpuSecond.spread * 50)} %`,
        isFirst ? '' : throughput.toFixed(2),
        `${Math.round(figures.p50.p50)}`,
        `${Math.round(figures.p99.p50)} ± ${Math.round(figures.p99.spread * 50)} %`,
        isFirst ? '' : latency.toFixed(2),
        String(figures.failed),
      ],
      goals: [
        undefined,
        undefined,
        isGoal ? { text: `>= ${goals.perCpuSecond}`, isMet: throughput >= goals.perCpuSecond } : undefined,
        undefined,
        undefined,
        isGoal ? { text: `<= ${goals.p99}`, isMet: latency <= goals.p99 } : undefined,
      ],
    };
  });
}

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '5' }, seconds: { type: 'string', default: '2' }, only: { type: 'string' } },
});
if (!hasWrk()) {
  say('dataplane: skipped, as wrk is not installed (apt-get install wrk)');
} else {
  const results: Measured[] = [];
  for (const scenario of scenarios.filter(({ name }) => values.only === undefined || name === values.only)) {
    say(`dataplane: ${scenario.name}`);
    results.push(await measure(scenario, Number(values.rounds), Number(values.seconds)));
  }
  const columns = ['', 'requests per CPU second', 'gatehouse / this', 'p50 in µs', 'p99 in µs', 'gatehouse / this', 'failed'];
  const title = `What a request costs, one worker, median of ${values.rounds} rounds of ${values.seconds} s`;
  await saveResults('dataplane', {
    results: { ...values, measured: results },
    tables: [{ title, columns, rows: results.flatMap(rowsOf) }],
    charts: [
      {
        title: 'Requests per CPU second, as a part of a hand-written configuration',
        unit: 'ratio',
        scale: 'linear',
        bars: results.map((one) => ({ label: one.scenario, value: throughputOf(one), goal: { value: goals.perCpuSecond, least: true } })),
      },
    ],
  });
}

/** Against the minimal configuration. */
function throughputOf({ contenders }: Measured): number {
  return (contenders['gatehouse']?.perCpuSecond.p50 ?? 0) / (contenders['minimal']?.perCpuSecond.p50 ?? 1);
}
