import { setTimeout as pause } from 'node:timers/promises';
import { ingress, type Manifest, service, slices } from '../manifests.ts';
import { probe, spread, timeUntil } from '../probe.ts';
import type { Scenario } from '../scenario.ts';
import { plainKinds, type Stage } from '../stage.ts';

const isServed = (stage: Stage, host: string) => async () => (await probe(stage.http, host)).status === 200;

export const routeScenarios: readonly Scenario[] = [
  {
    name: 'routes are added and removed one by one',
    act: async (stage, { long }) => {
      const count = long ? 200 : 30;
      const times: number[] = [];
      const names = Array.from({ length: count }, (_, index) => `one-${index}`);
      for (const name of names) {
        const host = `${name}.faults.test`;
        await stage.save(name, [ingress({ name, host, paths: { '/': 'stable' } })]);
        times.push(await timeUntil(`${host} answers`, isServed(stage, host)));
      }
      for (const name of names) {
        await stage.remove(name);
        await pause(100);
      }
      await timeUntil('the last one is gone', async () => (await probe(stage.http, `${names.at(-1)}.faults.test`)).status === 404);
      return [`${count} routes`, `live: ${spread(times)}`];
    },
  },
  {
    name: '500 routes at once, and away',
    act: async (stage) => {
      const routes = Array.from({ length: 500 }, (_, index) =>
        ingress({ name: `bulk-${index}`, host: `bulk-${index}.faults.test`, paths: { '/': 'stable', '/a': 'app' } }),
      );
      const live = await stage.reloaded(() => stage.save('bulk', routes));
      if (!(await isServed(stage, 'bulk-499.faults.test')())) throw new Error('the last one does not answer');
      const gone = await stage.reloaded(() => stage.remove('bulk'));
      return [`live after ${live} ms`, `gone after ${gone} ms`];
    },
  },
  {
    name: 'a host is renamed',
    act: async (stage) => {
      const save = (host: string) => stage.save('rename', [ingress({ name: 'rename', host, paths: { '/': 'stable' } })]);
      await stage.reloaded(() => save('old.faults.test'));
      const target = { services: ['stable'], kinds: plainKinds, perSecond: 50, allowed: [404] };
      await stage.load([
        { host: 'old.faults.test', ...target },
        { host: 'new.faults.test', ...target },
      ]);
      const times: number[] = [];
      for (const host of ['new', 'old', 'new', 'old', 'new']) {
        times.push(await stage.reloaded(() => save(`${host}.faults.test`)));
        await pause(200);
      }
      await stage.load([]);
      await stage.remove('rename');
      return [`live: ${spread(times)}`];
    },
  },
  {
    name: 'a host and path go to a Service that NGINX does not know yet',
    act: (stage, { long }) => switchServices(stage, long ? 50 : 10, (target) => ({ '/': target })),
  },
  {
    name: 'a path below a route goes to a Service that NGINX does not know yet',
    act: (stage, { long }) => switchServices(stage, long ? 50 : 5, (target) => ({ '/': 'stable', '/below': target })),
  },
];

/** One host under heavier load; each time its route names a Service that no Ingress named before. */
async function switchServices(
  stage: Stage,
  count: number,
  pathsTo: (target: string) => Record<string, string>,
): Promise<readonly string[]> {
  const names = Array.from({ length: count + 1 }, (_, index) => `switch-${index}`);
  const addresses = await stage.open('switch', 2);
  const objects: Manifest[] = names.flatMap((name) => [service(name, stage.backendPort), ...slices(name, addresses, stage.backendPort)]);
  const host = 'switch.faults.test';
  const save = (paths: Record<string, string>) => stage.save('switch', [ingress({ name: 'switch', host, paths })]);
  await stage.save('switched', objects);
  await stage.reloaded(() => save({ ...pathsTo('switch-0'), '/below': 'stable' }));
  await stage.load([{ host, path: '/below/', services: ['switch', 'stable'], kinds: plainKinds, perSecond: 250 }]);
  await pause(300);
  const times: number[] = [];
  for (const name of names.slice(1)) {
    times.push(await stage.reloaded(() => save(pathsTo(name))));
    await pause(300);
  }
  await stage.load([]);
  await stage.remove('switch');
  await stage.remove('switched');
  await pause(1_500);
  await stage.end(addresses, 'drain');
  return [`${count} times`, `live: ${spread(times)}`];
}
