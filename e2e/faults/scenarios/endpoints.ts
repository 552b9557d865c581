import { setTimeout as pause } from 'node:timers/promises';
import { ingress, type Manifest, service, slices } from '../manifests.ts';
import type { Target } from '../messages.ts';
import { probe, timeUntil } from '../probe.ts';
import type { Scenario, Size } from '../scenario.ts';
import { hosts, idempotentLoad, plainKinds, type Stage } from '../stage.ts';

/** An endpoint that leaves goes on for this long, as a Pod with a preStop sleep does. NGINX asks for endpoints once a second. */
const drainMs = 2_000;

const rounds = (size: Size, short: number) => (size.long ? short * 10 : short);

/** Those that leave are split: half of them goes away, the other half stays up though nobody names it any more. */
async function replaceOften(stage: Stage, count: number, leave: (half: readonly string[]) => Promise<unknown>): Promise<readonly string[]> {
  let current = await stage.open('app', 4);
  await stage.save('endpoints-app', slices('app', current, stage.backendPort));
  await pause(drainMs);
  const leaving: Promise<unknown>[] = [];
  const staying: string[] = [];
  for (let round = 0; round < count; round += 1) {
    const next = await stage.open('app', 4);
    await stage.save('endpoints-app', slices('app', next, stage.backendPort));
    leaving.push(leave(current.slice(0, 2)));
    staying.push(...current.slice(2));
    current = next;
    await pause(500);
  }
  await Promise.all(leaving);
  await pause(drainMs);
  await stage.end(staying, 'drain');
  return [`${count} times 4 endpoints by 4 others`];
}

export const endpointScenarios: readonly Scenario[] = [
  {
    name: 'endpoints are replaced every 0.5 s, half of the old ones refuse 2 s after they left',
    act: (stage, size) =>
      replaceOften(stage, rounds(size, 6), async (half) => {
        await pause(drainMs);
        await stage.end(half, 'drain');
      }),
  },
  {
    name: 'endpoints are replaced every 0.5 s, half of the old ones refuse at once: requests that may be repeated',
    act: async (stage, size) => {
      await stage.load([idempotentLoad]);
      let cut = 0;
      const figures = await replaceOften(stage, rounds(size, 6), async (half) => {
        cut += await stage.end(half, 'kill');
      });
      return [...figures, `cut off in backends ${cut}`];
    },
  },
  {
    name: 'endpoints are replaced every 0.5 s, half of the old ones refuse at once: POST as well',
    limit: { failed: 20, long: 120, why: 'a POST that a dying backend has taken is not repeated' },
    act: async (stage, size) => {
      let cut = 0;
      const figures = await replaceOften(stage, rounds(size, 6), async (half) => {
        cut += await stage.end(half, 'kill');
      });
      return [...figures, `cut off in backends ${cut}`];
    },
  },
  {
    name: 'a Service is scaled to 0 and back',
    act: async (stage) => {
      const host = 'zero.faults.test';
      const addresses = await stage.open('zero', 2);
      const objects = [service('zero', stage.backendPort), ingress({ name: 'zero', host, paths: { '/': 'zero' } })];
      await stage.save('endpoints-zero', slices('zero', addresses, stage.backendPort));
      await stage.reloaded(() => stage.save('zero', objects));
      await stage.load([{ host, services: ['zero'], kinds: plainKinds, perSecond: 60, allowed: [503] }]);
      await stage.save('endpoints-zero', slices('zero', [], stage.backendPort));
      const down = await timeUntil('no endpoint is 503', async () => (await probe(stage.http, host)).status === 503);
      await stage.end(addresses, 'drain');
      await pause(1_000);
      await stage.save('endpoints-zero', slices('zero', await stage.open('zero', 2), stage.backendPort));
      const up = await timeUntil('endpoints are back', async () => (await probe(stage.http, host)).status === 200);
      await pause(500);
      await stage.load([]);
      await stage.remove('zero');
      await stage.remove('endpoints-zero');
      return [`503 after ${down} ms`, `back after ${up} ms`];
    },
  },
  {
    name: '200 Services change their endpoints at once',
    act: (stage) => manyServices(stage, 200),
  },
  {
    name: '1,000 endpoints in one Service, and back to 4 (DNS over TCP)',
    act: async (stage) => {
      const many = await stage.open('app', 1000);
      await stage.load([{ host: hosts.app, services: ['app'], kinds: plainKinds, perSecond: 250 }]);
      await stage.save('endpoints-app', slices('app', many, stage.backendPort));
      const waiting = new Set(many);
      const allReached = await timeUntil(
        'every one of 1,000 endpoints is used',
        async () => {
          for (const address of Object.keys(await stage.asked())) waiting.delete(address);
          return waiting.size === 0;
        },
        40_000,
      );
      await stage.load([]);
      const few = await stage.open('app', 4);
      await stage.save('endpoints-app', slices('app', few, stage.backendPort));
      const back = await timeUntil('the four endpoints alone', async () => few.includes((await probe(stage.http, hosts.app)).address));
      await pause(drainMs);
      await stage.end(many, 'drain');
      return [`all 1,000 were used within ${allReached} ms`, `back after ${back} ms`];
    },
  },
  {
    name: 'the Pods of a rolling update listen on another port',
    act: async (stage) => {
      const old = await stage.open('app', 2);
      await stage.save('endpoints-app', slices('app', old, stage.backendPort));
      await pause(drainMs);
      const port = stage.backendPort + 1;
      const fresh = await stage.open('app', 2, port);
      await stage.save('endpoints-app', [...slices('app', old, stage.backendPort), ...slices('app', fresh, port)]);
      await pause(drainMs);
      await stage.save('endpoints-app', slices('app', fresh, port));
      await timeUntil('the new port alone', async () => fresh.includes((await probe(stage.http, hosts.app)).address));
      await pause(drainMs);
      await stage.end(old, 'drain');
      const last = await stage.open('app', 4);
      await stage.save('endpoints-app', slices('app', last, stage.backendPort));
      await timeUntil('the old port again', async () => last.includes((await probe(stage.http, hosts.app)).address));
      await pause(drainMs);
      await stage.end(fresh, 'drain');
      return [];
    },
  },
];

async function manyServices(stage: Stage, count: number): Promise<readonly string[]> {
  const names = Array.from({ length: count }, (_, index) => `many-${index}`);
  const pools = [await stage.open('many', 8), await stage.open('many', 8)];
  const save = (pool: readonly string[]) => {
    const objects: Manifest[] = names.flatMap((name, index) =>
      slices(name, [pool[index % 8] ?? '', pool[(index + 1) % 8] ?? ''], stage.backendPort),
    );
    return stage.save('endpoints-many', objects);
  };
  await save(pools[0] ?? []);
  const routes = names.flatMap((name) => [
    service(name, stage.backendPort),
    ingress({ name, host: `${name}.faults.test`, paths: { '/': name } }),
  ]);
  await stage.reloaded(() => stage.save('many', routes));
  const targets: readonly Target[] = names
    .filter((_, index) => index % 10 === 0)
    .map((name) => ({ host: `${name}.faults.test`, services: ['many'], kinds: plainKinds, perSecond: 4 }));
  await stage.load(targets);
  const before = stage.controller.reloads();
  const times: number[] = [];
  for (const pool of [1, 0, 1]) {
    await save(pools[pool] ?? []);
    times.push(await timeUntil('all have changed', () => allAnswerFrom(stage, names, new Set(pools[pool]))));
    await pause(500);
  }
  const reloads = stage.controller.reloads() - before;
  if (reloads > 0) throw new Error(`${reloads} reloads for endpoints`);
  await stage.load([]);
  await stage.remove('many');
  await stage.remove('endpoints-many');
  await pause(drainMs);
  for (const pool of pools) await stage.end(pool, 'drain');
  return [`all live after ${times.join(', ')} ms`];
}

async function allAnswerFrom(stage: Stage, names: readonly string[], addresses: ReadonlySet<string>): Promise<boolean> {
  for (const name of names) {
    const { address } = await probe(stage.http, `${name}.faults.test`);
    if (!addresses.has(address)) return false;
  }
  return true;
}
