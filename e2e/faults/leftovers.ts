import { setTimeout as pause } from 'node:timers/promises';
import { waitFor } from '../../src/apply/nginx-processes.ts';
import { collectGarbage } from './inspector.ts';
import { descriptors, residentMegabytes } from './processes.ts';
import type { Verdict } from './scenario.ts';
import type { Stage } from './stage.ts';

const names = ['controller', 'master', 'workers'] as const;
type Name = (typeof names)[number];

/** How many more descriptors are no leak: watches of the runtime come and go, and a worker keeps up to 32 idle connections to each of two Services. */
const tolerated: Readonly<Record<Name, number>> = { controller: 10, master: 10, workers: 64 };

/** How much more memory than at first is no leak, in megabytes: what 500 routes took is not given back to the system. */
const grown: Readonly<Record<Name, number>> = { controller: 120, master: 30, workers: 30 };

/** How much more memory in the last quarter than ever before is flat, in megabytes. What NGINX took for 500 routes it keeps, and a new master has not met them yet. */
const flat: Readonly<Record<Name, number>> = { controller: 10, master: 3, workers: 5 };

/** Fewer samples than this say nothing about a trend. */
const fewestSamples = 8;

/** Watches processes while scenarios come and go. */
export interface Leftovers {
  /** Looks at them between two scenarios. */
  sample(): Promise<void>;
  /** Ends the load, looks again, and compares. */
  compare(): Promise<Verdict>;
}

/** Looks at the processes before any scenario. */
export async function leftovers(stage: Stage): Promise<Leftovers> {
  const start = performance.now();
  const samples: Sample[] = [];
  await stage.run();
  await pause(1_000);
  await stage.take();
  await stage.quiet();
  await pause(500);
  const before = await look(stage);
  return {
    async sample() {
      samples.push({ minutes: (performance.now() - start) / 60_000, ...(await look(stage)) });
    },
    async compare() {
      await stage.quiet();
      const problems: string[] = [];
      const isGone = async () => (await stage.nginx()).ending.length === 0;
      if (!(await waitFor(isGone, 15_000))) problems.push(`workers that do not end: ${(await stage.nginx()).ending.join(', ')}`);
      const after = await look(stage);
      problems.push(...differences(before, after), ...trend(samples));
      const lines = [
        `before: ${lookText(before)}`,
        ...samples.filter((_, index) => isQuarter(index, samples.length)).map((one) => `${one.minutes.toFixed(1)} min: ${lookText(one)}`),
        `after: ${lookText(after)}`,
        ...quarterTexts(samples),
        ...problems.map((problem) => `    ! ${problem}`),
      ];
      return { name: 'nothing is left over', passed: problems.length === 0, text: lines.join('\n     ') };
    },
  };
}

type Look = Awaited<ReturnType<typeof look>>;
type Sample = Look & { readonly minutes: number };

/** Memory without what is garbage by then. */
async function look(stage: Stage) {
  await collectGarbage(stage.controller);
  const { master, workers, ending } = await stage.nginx();
  const most = async (measure: (pid: number) => Promise<number>) => Math.max(...(await Promise.all(workers.map(measure))));
  return {
    workers: workers.length,
    ending: ending.length,
    descriptors: {
      controller: await descriptors(stage.controller.pid),
      master: await descriptors(master),
      workers: await most(descriptors),
    },
    megabytes: {
      controller: await residentMegabytes(stage.controller.pid),
      master: await residentMegabytes(master),
      workers: await most(residentMegabytes),
    },
  };
}

function differences(before: Look, after: Look): readonly string[] {
  return names.flatMap((name) => {
    const more = after.descriptors[name] - before.descriptors[name];
    const larger = after.megabytes[name] - before.megabytes[name];
    return [
      ...(more > tolerated[name] ? [`the ${name} has ${more} more file descriptors than before`] : []),
      ...(larger > grown[name] ? [`the ${name} has ${larger} MB more than before`] : []),
    ];
  });
}

/** The middle of each quarter of the run. */
function quarters(samples: readonly Sample[], name: Name): readonly number[] {
  return [0, 1, 2, 3].map((quarter) => {
    const part = samples.slice((quarter * samples.length) / 4, ((quarter + 1) * samples.length) / 4);
    const sorted = part.map(({ megabytes }) => megabytes[name]).sort((a, b) => a - b);
    return sorted[sorted.length >> 1] ?? 0;
  });
}

function trend(samples: readonly Sample[]): readonly string[] {
  if (samples.length < 4 * fewestSamples) return [];
  return names.flatMap((name) => {
    const last = quarters(samples, name).at(-1) ?? 0;
    const most = Math.max(...samples.slice(0, (samples.length * 3) / 4).map(({ megabytes }) => megabytes[name]));
    return last - most > flat[name]
      ? [`the memory of the ${name} grows: at most ${most} MB before the last quarter, ${last} MB in it`]
      : [];
  });
}

function quarterTexts(samples: readonly Sample[]): readonly string[] {
  if (samples.length < 4) return [];
  return [`RSS by quarter, median: ${names.map((name) => `${name} ${quarters(samples, name).join(', ')} MB`).join('; ')}`];
}

function isQuarter(index: number, length: number): boolean {
  return [0.25, 0.5, 0.75].some((part) => index === Math.floor(part * length));
}

function lookText({ workers, ending, descriptors: count, megabytes }: Look): string {
  const of = (name: Name) => `${count[name]} descriptors and ${megabytes[name]} MB`;
  const old = ending > 0 ? `, ${ending} that are ending` : '';
  return `controller ${of('controller')}, master ${of('master')}, the larger of ${workers} workers ${of('workers')}${old}`;
}
