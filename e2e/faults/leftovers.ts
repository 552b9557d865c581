import { setTimeout as pause } from 'node:timers/promises';
import { waitFor } from '../../src/apply/nginx-processes.ts';
import { descriptors, memoryMegabytes } from './processes.ts';
import type { Verdict } from './scenario.ts';
import type { Stage } from './stage.ts';

/** How many more descriptors are no leak: watches of the runtime come and go, and a worker keeps up to 32 idle connections to each of two Services. */
const tolerated = { controller: 10, master: 10, workers: 64 } as const;

/** How much more memory is no leak, in megabytes: the heap of the controller grows before it is swept. */
const grown = { controller: 120, master: 30, workers: 30 } as const;

/** Looks at the processes before any scenario; `compare` ends the load and looks again. */
export async function leftovers(stage: Stage): Promise<{ compare(): Promise<Verdict> }> {
  await stage.run();
  await pause(1_000);
  await stage.take();
  await stage.quiet();
  await pause(500);
  const before = await look(stage);
  return {
    async compare() {
      await stage.quiet();
      const problems: string[] = [];
      const isGone = async () => (await stage.nginx()).ending.length === 0;
      if (!(await waitFor(isGone, 15_000))) problems.push(`workers that do not end: ${(await stage.nginx()).ending.join(', ')}`);
      await pause(500);
      const after = await look(stage);
      for (const name of ['controller', 'master', 'workers'] as const) {
        const more = after.descriptors[name] - before.descriptors[name];
        if (more > tolerated[name]) problems.push(`the ${name} has ${more} more file descriptors than before`);
        const larger = after.megabytes[name] - before.megabytes[name];
        if (larger > grown[name]) problems.push(`the ${name} has ${larger} MB more than before`);
      }
      const text = [`before: ${lookText(before)}`, `after: ${lookText(after)}`, ...problems.map((problem) => `    ! ${problem}`)].join(
        '\n     ',
      );
      return { name: 'nothing is left over', passed: problems.length === 0, text };
    },
  };
}

type Look = Awaited<ReturnType<typeof look>>;

async function look(stage: Stage) {
  const { master, workers } = await stage.nginx();
  const most = async (measure: (pid: number) => Promise<number>) => Math.max(...(await Promise.all(workers.map(measure))));
  return {
    workers: workers.length,
    descriptors: {
      controller: await descriptors(stage.controller.pid),
      master: await descriptors(master),
      workers: await most(descriptors),
    },
    megabytes: {
      controller: await memoryMegabytes(stage.controller.pid),
      master: await memoryMegabytes(master),
      workers: await most(memoryMegabytes),
    },
  };
}

function lookText({ workers, descriptors: count, megabytes }: Look): string {
  const of = (name: keyof typeof count) => `${count[name]} descriptors and ${megabytes[name]} MB`;
  return `controller ${of('controller')}, master ${of('master')}, the larger of ${workers} workers ${of('workers')}`;
}
