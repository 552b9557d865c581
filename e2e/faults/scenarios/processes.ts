import { setTimeout as pause } from 'node:timers/promises';
import { busyFor, runInThread } from '../inspector.ts';
import { ingress, slices } from '../manifests.ts';
import { probe, timeUntil } from '../probe.ts';
import type { Scenario } from '../scenario.ts';
import { hosts, type Stage } from '../stage.ts';

/** Replaces the endpoints of `app` by fresh ones; the old ones stay up. Resolves with the milliseconds until NGINX uses them. */
async function moveApp(stage: Stage, limitMs = 10_000): Promise<number> {
  const fresh = await stage.open('app', 4);
  await stage.save('endpoints-app', slices('app', fresh, stage.backendPort));
  const isMoved = async () => fresh.includes((await probe(stage.http, hosts.app)).address);
  return timeUntil('the new endpoints are used', isMoved, limitMs);
}

/** A new route shows that the controller and NGINX do their work; it is removed again. Resolves with the time to its first answer. */
async function routeWorks(stage: Stage, limitMs = 10_000): Promise<number> {
  const host = 'works.faults.test';
  await stage.save('works', [ingress({ name: 'works', host, paths: { '/': 'stable' } })]);
  const live = await timeUntil('a new route answers', async () => (await probe(stage.http, host)).status === 200, limitMs);
  await pause(300);
  await stage.remove('works');
  await timeUntil('the route is gone', async () => (await probe(stage.http, host)).status === 404, limitMs);
  return live;
}

export const processScenarios: readonly Scenario[] = [
  {
    name: 'the controller is killed and started again, and endpoints change meanwhile',
    replaces: true,
    act: async (stage) => {
      const { master } = await stage.nginx();
      await stage.controller.end('SIGKILL');
      await pause(2_500);
      const fresh = await stage.open('app', 4);
      await stage.save('endpoints-app', slices('app', fresh, stage.backendPort));
      const began = performance.now();
      await stage.restart();
      const started = Math.round(performance.now() - began);
      await stage.controller.line(/taking over the NGINX of an earlier run/, 0);
      await timeUntil('the new endpoints are used', async () => fresh.includes((await probe(stage.http, hosts.app)).address));
      if ((await stage.nginx()).master !== master) throw new Error('NGINX was started anew');
      const reloads = stage.controller.reloads();
      const route = await routeWorks(stage);
      return [`serving again after ${started} ms`, `reloads by the start ${reloads}`, `then a new route is live after ${route} ms`];
    },
  },
  {
    name: 'a worker of NGINX is killed',
    limit: { failed: 40, why: 'what that worker had: open requests and streams' },
    act: async (stage) => {
      const { workers } = await stage.nginx();
      const [victim] = workers;
      if (victim === undefined) throw new Error('NGINX has no worker');
      process.kill(victim, 'SIGKILL');
      const back = await timeUntil('there are two workers again', async () => {
        const now = (await stage.nginx()).workers;
        return now.length === workers.length && !now.includes(victim);
      });
      await moveApp(stage);
      return [`a new worker after ${back} ms`];
    },
  },
  {
    name: 'the master of NGINX is killed',
    replaces: true,
    limit: { failed: 150, why: 'requests from the end of the old listening sockets to the new ones' },
    act: async (stage) => {
      const { master } = await stage.nginx();
      const from = stage.controller.log.length;
      const began = performance.now();
      process.kill(master, 'SIGKILL');
      await stage.controller.line(/^NGINX answers again/, from);
      const back = Math.round(performance.now() - began);
      const route = await routeWorks(stage);
      return [`a new master answers after ${back} ms`, `then a new route is live after ${route} ms`];
    },
  },
  {
    name: 'the DNS thread is stalled',
    act: async (stage) => {
      const stalledMs = 10_000;
      await runInThread(stage.controller, 'endpoints', busyFor(stalledMs));
      const milliseconds = await moveApp(stage, stalledMs + 10_000);
      return [`stalled ${stalledMs} ms`, `an endpoint that changed meanwhile is live after ${milliseconds} ms`];
    },
  },
  {
    name: 'the DNS thread ends',
    act: async (stage) => {
      const from = stage.controller.log.length;
      await runInThread(stage.controller, 'endpoints', 'setTimeout(() => process.exit(1), 50)');
      await stage.controller.line(/the DNS thread died/, from);
      const milliseconds = await moveApp(stage);
      return [`endpoints are live again after ${milliseconds} ms`];
    },
  },
  {
    name: 'the event loop of the controller is blocked',
    act: async (stage, { long }) => {
      const blockedMs = long ? 5_000 : 3_000;
      await runInThread(stage.controller, 'main', busyFor(blockedMs));
      const live = await routeWorks(stage, blockedMs + 10_000);
      return [`blocked ${blockedMs} ms`, `a route that was saved meanwhile is live after ${live} ms`];
    },
  },
  {
    name: 'the controller is stopped whole, as by a debugger, and goes on',
    act: async (stage, { long }) => {
      const stoppedMs = long ? 10_000 : 4_000;
      process.kill(stage.controller.pid, 'SIGSTOP');
      await pause(stoppedMs);
      process.kill(stage.controller.pid, 'SIGCONT');
      const milliseconds = await moveApp(stage);
      return [`stopped ${stoppedMs} ms`, `endpoints are live after ${milliseconds} ms`];
    },
  },
  {
    name: 'nobody reads the log of the controller any more',
    replaces: true,
    act: async (stage) => {
      stage.controller.stopReading();
      const live = await routeWorks(stage);
      await moveApp(stage);
      if (!stage.controller.isRunning()) throw new Error('the controller has ended');
      await stage.controller.end('SIGKILL');
      await stage.restart();
      return [`a new route is live after ${live} ms`];
    },
  },
  {
    name: 'NGINX ignores a reload until its master goes on',
    act: async (stage) => {
      const { master } = await stage.nginx();
      const from = stage.controller.log.length;
      process.kill(master, 'SIGSTOP');
      try {
        await stage.save('ignored', [ingress({ name: 'ignored', host: 'ignored.faults.test', paths: { '/': 'stable' } })]);
        await stage.controller.line(/refused at (reload|verify)/, from, 30_000);
      } finally {
        process.kill(master, 'SIGCONT');
      }
      const isServed = async () => (await probe(stage.http, 'ignored.faults.test')).status === 200;
      const live = await timeUntil('the route is live', isServed, 20_000);
      await stage.remove('ignored');
      return ['said to be rejected', `live ${live} ms after the master goes on`];
    },
  },
];
