/**
 * What a request costs: Gatehouse's configuration against a hand-written one, on the same NGINX with the same backend, in turn.
 * `node bench/dataplane.ts [--rounds 5] [--seconds 2] [--only NAME] [--no-peers]`. Needs wrk; without it a line says so. Other proxies take part
 * that are installed, or named by HAPROXY, CADDY, TRAEFIK and OTHER_NGINX.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Contender, type Routes, startContenders } from './kit/contenders.ts';
import { type Summary, summarise } from './kit/figures.ts';
import { runHandshakes } from './kit/handshakes.ts';
import { hostOf } from './kit/manifests.ts';
import { findPeers, type Peer } from './kit/peers.ts';
import { withPlace } from './kit/place.ts';
import { cpuSeconds } from './kit/processes.ts';
import { type Row, say } from './kit/report.ts';
import { saveResults } from './kit/results.ts';
import { hasWrk, type Load, type LoadFigures, runWrk } from './kit/wrk.ts';

interface Scenario {
  readonly name: string;
  readonly routes: Routes;
  readonly scheme: 'http' | 'https';
  readonly load: Pick<Load, 'method' | 'bodyBytes' | 'connections'> | 'handshakes';
  /** Added to the path of each request. */
  readonly below: string;
  /** What is asked for where the paths are expressions. */
  readonly asked?: readonly string[];
}

const one: Routes = { ingresses: 1, services: 1, paths: ['/shop'] };
const hundredPaths = Array.from({ length: 100 }, (_, index) => `/part-${index}`);
const hundredExpressions = hundredPaths.map((path) => `${path}/[a-z]+`);
const small = { method: 'GET', bodyBytes: 0, connections: 32 } as const;
const mebibyte = 1024 * 1024;

const scenarios: readonly Scenario[] = [
  { name: '1 route', routes: one, scheme: 'http', load: small, below: '/x' },
  { name: '1,000 hosts', routes: { ...one, ingresses: 1000, services: 100 }, scheme: 'http', load: small, below: '/x' },
  { name: '100 paths on a host', routes: { ...one, paths: hundredPaths }, scheme: 'http', load: small, below: '/x' },
  {
    name: '100 regex paths on a host',
    routes: { ...one, paths: hundredExpressions, regex: true },
    scheme: 'http',
    load: small,
    below: '/x',
    asked: hundredPaths.map((path) => `${path}/shop`),
  },
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

/** One round of one contender. */
function runLoad(
  { routes, scheme, load, below, asked = routes.paths }: Scenario,
  { ports }: Contender,
  { seconds, script }: Round,
): Promise<LoadFigures> {
  if (load === 'handshakes') {
    return runHandshakes({ port: ports.https, host: hostOf(0), path: `${asked[0]}${below}`, connections: 4, seconds });
  }
  const hosts = Array.from({ length: routes.ingresses }, (_, index) => hostOf(index));
  const targets = hosts.flatMap((host) => asked.map((path) => ({ host, path: `${path}${below}` })));
  return runWrk({ url: `${scheme}://127.0.0.1:${ports[scheme]}/`, seconds, targets, ...load }, script);
}

interface Round {
  readonly seconds: number;
  /** A file for wrk that may be overwritten. */
  readonly script: string;
}

interface Turns {
  readonly rounds: number;
  readonly seconds: number;
  readonly peers: readonly Peer[];
}

/** Contenders take turns, and each round begins with another one, so that what the machine does otherwise hits all alike. */
async function measure(scenario: Scenario, { rounds, seconds, peers }: Turns): Promise<Measured> {
  return withPlace(async (place) => {
    const { routes, asked = routes.paths, below } = scenario;
    const contenders = await startContenders(place, { routes, asked: `${asked[0]}${below}`, peers });
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
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '2' },
    only: { type: 'string' },
    'no-peers': { type: 'boolean', default: false },
  },
});
if (!hasWrk()) {
  say('dataplane: skipped, as wrk is not installed (apt-get install wrk)');
} else {
  const { peers, missing } = values['no-peers'] ? { peers: [], missing: [] } : findPeers();
  for (const sentence of missing) say(`dataplane: ${sentence}`);
  const results: Measured[] = [];
  for (const scenario of scenarios.filter(({ name }) => values.only === undefined || name === values.only)) {
    say(`dataplane: ${scenario.name}`);
    results.push(await measure(scenario, { rounds: Number(values.rounds), seconds: Number(values.seconds), peers }));
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
