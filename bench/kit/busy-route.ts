import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { keepAdding, type Running } from './change-kinds.ts';
import { type Summary, summarise } from './figures.ts';
import { hostOf } from './manifests.ts';
import { milliseconds, type Table } from './report.ts';
import { runWrk } from './wrk.ts';

/** Requests of one route while nothing happens, and while Ingresses arrive. */
export interface BusyRoute {
  readonly name: string;
  /** A second. */
  readonly undisturbed: Summary;
  readonly disturbed: Summary;
  /** Microseconds. */
  readonly p99: { readonly undisturbed: number; readonly disturbed: number };
  readonly reloads: number;
  readonly failed: number;
}

interface Wanted {
  readonly name: string;
  /** The number of the first Ingress to add. */
  readonly from: number;
  readonly rounds: number;
  readonly seconds: number;
  readonly folder: string;
}

/** One Ingress a second is added in every other round, so that what the machine does otherwise hits both alike. */
export async function measureBusyRoute(running: Running, { name, from, rounds, seconds, folder }: Wanted): Promise<BusyRoute> {
  const { gatehouse } = running;
  const target = { url: `http://127.0.0.1:${gatehouse.httpPort}/`, targets: [{ host: hostOf(0), path: '/api' }] };
  const load = () => runWrk({ ...target, connections: 32, seconds, method: 'GET', bodyBytes: 0 }, join(folder, 'busy.lua'));
  const [quietRounds, busyRounds] = [[], []] as Awaited<ReturnType<typeof load>>[][];
  let next = from;
  let reloads = 0;
  for (let round = 0; round < rounds; round += 1) {
    quietRounds?.push(await load());
    const before = gatehouse.reloads();
    const adding = keepAdding(running, next, 1000);
    busyRounds?.push(await load());
    next = await adding.stop();
    reloads += gatehouse.reloads() - before;
    // Workers that were replaced end with their last connections.
    await pause(2_000);
  }
  const all = { undisturbed: quietRounds ?? [], disturbed: busyRounds ?? [] };
  const perSecond = (some: typeof all.disturbed) => summarise(some.map((one) => one.perSecond));
  const p99 = (some: typeof all.disturbed) => summarise(some.map((one) => one.p99)).p50;
  return {
    name,
    undisturbed: perSecond(all.undisturbed),
    disturbed: perSecond(all.disturbed),
    p99: { undisturbed: p99(all.undisturbed), disturbed: p99(all.disturbed) },
    reloads,
    failed: [...all.undisturbed, ...all.disturbed].reduce((sum, one) => sum + one.failed, 0),
  };
}

const goal = 0.8;

export function busyTable(all: readonly BusyRoute[]): Table {
  return {
    title: 'A busy route while one Ingress a second is added, rounds with and without in turn',
    columns: ['requests a second, undisturbed', 'while Ingresses arrive', 'part', 'p99', 'p99 while Ingresses arrive', 'reloads', 'failed'],
    rows: all.map(({ name, undisturbed, disturbed, p99, reloads, failed }) => {
      const part = disturbed.p50 / undisturbed.p50;
      return {
        name,
        values: [
          rate(undisturbed),
          rate(disturbed),
          part.toFixed(2),
          milliseconds(p99.undisturbed / 1000),
          milliseconds(p99.disturbed / 1000),
          String(reloads),
          String(failed),
        ],
        goals: [
          undefined,
          undefined,
          { text: `>= ${goal}`, isMet: part >= goal },
          undefined,
          undefined,
          undefined,
          { text: '0', isMet: failed === 0 },
        ],
      };
    }),
  };
}

function rate({ p50, spread }: Summary): string {
  return `${Math.round(p50)} ± ${Math.round(spread * 50)} %`;
}
