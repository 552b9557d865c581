import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { until } from './kit/machine.ts';
import { documents, endpoints, ingress, service } from './kit/manifests.ts';
import { type Pod, startGrpcPod, startWebPod } from './kit/pods.ts';
import { type Served, serveFiles, whyNotServed } from './kit/served.ts';
import { grpcLoad, plainLoad, socketLoad, stickyLoad } from './kit/steady-load.ts';
import { statusOf } from './kit/traffic.ts';

/** What a Pod waits with its end after it was taken out of its Service: a short `preStop`. */
const preStopMs = 500;
const replicas = 3;

const services = { web: startWebPod, beta: startWebPod, call: startGrpcPod, chat: startWebPod } as const;
type Name = keyof typeof services;
const names = Object.keys(services) as readonly Name[];

function rule(name: string, to: Name, annotations: Readonly<Record<string, string>>, host = `${name}.test`): string {
  return ingress({ name, host, service: to, annotations });
}

const canary = { canary: 'true', 'canary-weight': '50' };
const rules = documents(
  rule('persistent', 'web', { affinity: 'cookie', 'affinity-mode': 'persistent' }),
  rule('balanced', 'web', { affinity: 'cookie' }),
  rule('plain', 'web', { 'load-balance': 'round_robin' }),
  rule('plain-canary', 'beta', canary, 'plain.test'),
  rule('kept', 'web', { affinity: 'cookie', 'affinity-mode': 'persistent', 'session-cookie-name': 'kept' }),
  rule('kept-canary', 'beta', canary, 'kept.test'),
  rule('call', 'call', { 'backend-protocol': 'GRPC' }),
  rule('chat', 'chat', { 'load-balance': 'round_robin' }),
  ...names.map((name) => service(name)),
);

let served: Served;
let last = 0;
const pods = new Map<Name, Pod[]>();

async function start(name: Name): Promise<Pod> {
  last += 1;
  return services[name](`127.7.${names.indexOf(name)}.${last}`);
}

function publish(): Promise<void> {
  const texts = names.map((name) =>
    endpoints(
      name,
      (pods.get(name) ?? []).map(({ address }) => address),
    ),
  );
  return served.save('endpoints.yaml', documents(...texts));
}

/** Replaces one Pod of each Service: the new one is ready, then the old one is taken out, then it ends. */
async function replaceOne(): Promise<void> {
  const old: Pod[] = [];
  const fresh: Pod[] = [];
  for (const name of names) {
    const pod = await start(name);
    const [first, ...others] = pods.get(name) ?? [];
    if (first) old.push(first);
    fresh.push(pod);
    pods.set(name, [...others, pod]);
  }
  await publish();
  await until('the new Pods are asked', () => fresh.every((pod) => pod.asked() > 0));
  await pause(preStopMs);
  await Promise.all(old.map((pod) => pod.drain()));
}

const isThere = (address: string) => [...pods.values()].some((some) => some.some((pod) => pod.address === address));

describe('a rolling restart of all backends', { skip: whyNotServed() ?? false, timeout: 90_000 }, () => {
  before(async () => {
    for (const name of names) pods.set(name, await Promise.all(Array.from({ length: replicas }, () => start(name))));
    served = await serveFiles({ files: new Map([['rules.yaml', rules]]) });
    await publish();
    for (const host of ['persistent', 'balanced', 'plain', 'kept', 'call', 'chat']) {
      await until(`${host} has endpoints`, async () => (await statusOf(served.ports.http, `${host}.test`)) !== '503');
    }
  });
  after(async () => {
    await served.stop();
    await Promise.all([...pods.values()].flat().map((pod) => pod.drain()));
  });

  test('loses nothing under sticky, canary, gRPC and WebSocket load', async (t) => {
    const { http } = served.ports;
    const sticky = stickyLoad(http, 'persistent.test', isThere);
    const kept = stickyLoad(http, 'kept.test', isThere);
    const sockets = socketLoad(http, 'chat.test');
    const loads = {
      'sticky, persistent': sticky,
      'sticky, balanced': stickyLoad(http, 'balanced.test', () => false),
      'sticky canary': kept,
      canary: plainLoad(http, 'plain.test'),
      gRPC: grpcLoad(http, 'call.test'),
      WebSocket: sockets,
    };
    const reloads = served.reloads();
    const outcome = await restartAll().catch((error: unknown) => error);
    const failures: string[] = [];
    for (const [name, load] of Object.entries(loads)) {
      const result = await load.stop();
      t.diagnostic(`${name}: sent ${result.sent}, failed ${result.failures.length}`);
      failures.push(...[...new Set(result.failures)].map((why) => `${name}: ${why}`));
      assert.ok(result.sent > 30, `${name}: sent ${result.sent}`);
    }
    t.diagnostic(`clients moved ${sticky.moves()} and ${kept.moves()} times; sockets closed by their Pods: ${sockets.told()}`);
    assert.deepEqual(failures, []);
    assert.equal(outcome, undefined);
    assert.ok(sockets.told() > 0 && sticky.moves() > 0, 'something was replaced');
    assert.equal(served.reloads(), reloads);
  });
});

async function restartAll(): Promise<undefined> {
  for (let round = 0; round < replicas; round += 1) await replaceOne();
  return undefined;
}
