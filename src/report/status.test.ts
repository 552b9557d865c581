import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import type { Ingress, LoadBalancerAddress, Service } from '../model/objects.ts';
import { decode } from '../sources/decode/kinds.ts';
import { createKubeApi, type KubeApi } from '../sources/kube-api.ts';
import { startTestbed, type Testbed } from '../sources/kube-testbed.ts';
import { createStatus, type Status, type StatusOptions } from './status.ts';
import { addressesOf, readAddresses } from './status-addresses.ts';
import { isLastReplica } from './status-replicas.ts';

const ours: readonly LoadBalancerAddress[] = [{ ip: '192.0.2.1' }, { hostname: 'lb.example.com' }];

let testbed: Testbed;
let api: KubeApi;
let status: Status | undefined;
let leads: boolean;
let now: number;
let troubles: string[];
let tick: () => void;

beforeEach(async () => {
  testbed = await startTestbed();
  api = createKubeApi({ server: testbed.url, userAgent: 'gatehouse/test', perSecond: 1e6 });
  leads = true;
  now = 0;
  troubles = [];
  tick = () => undefined;
});

afterEach(async () => {
  await status?.stop({ clear: false });
  api.close();
  await testbed.close();
});

function start(options: Partial<StatusOptions> = {}): Status {
  status = createStatus({
    api,
    isLeader: () => leads,
    fieldManager: 'gatehouse',
    timing: {
      now: () => now,
      epoch: () => 0,
      random: () => 0,
      wait: (_milliseconds, signal) =>
        new Promise((resolve) => {
          tick = resolve;
          signal.addEventListener('abort', () => resolve(), { once: true });
        }),
    },
    onTrouble: (message) => troubles.push(message),
    ...options,
  });
  return status;
}

/** Puts an Ingress into the cluster and gives back what a source makes of it. */
function ingress(name: string, addresses: readonly LoadBalancerAddress[] = [], manager?: string): Ingress {
  const managedFields = manager
    ? [{ manager, subresource: 'status', fieldsV1: { 'f:status': { 'f:loadBalancer': { 'f:ingress': {} } } } }]
    : [];
  testbed.put('ingresses', {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: { name, namespace: 'default', uid: `uid-${name}`, managedFields },
    spec: { defaultBackend: { service: { name: 'web', port: { number: 80 } } } },
    status: { loadBalancer: { ingress: addresses } },
  });
  return read(name);
}

function read(name: string): Ingress {
  const { object } = decode(testbed.at('ingresses', 'default', name));
  assert.ok(object?.kind === 'Ingress');
  return object;
}

const addressesIn = (name: string) => read(name).loadBalancer;
const patches = () => testbed.requests.filter((one) => one.startsWith('PATCH'));

test('the addresses are written, sorted, into each Ingress that lacks them', async () => {
  const [one, two, right] = [ingress('one'), ingress('two', [{ ip: '198.51.100.7' }]), ingress('right', ours)];
  start().publish({ ingresses: [one, two, right], others: [], addresses: [...ours].reverse() });
  await status?.idle();
  assert.deepEqual([addressesIn('one'), addressesIn('two')], [ours, ours]);
  assert.deepEqual(
    [...patches()].sort(),
    ['one', 'two'].map((name) => `PATCH /apis/networking.k8s.io/v1/namespaces/default/ingresses/${name}/status?fieldManager=gatehouse`),
  );
});

test('only the leader writes, and a new leader looks at everything', async () => {
  leads = false;
  const one = ingress('one');
  const running = start();
  running.publish({ ingresses: [one], others: [], addresses: ours });
  await running.idle();
  assert.deepEqual(patches(), []);
  leads = true;
  running.onLeadership();
  await running.idle();
  assert.deepEqual(addressesIn('one'), ours);
});

test('without a known address nothing is written', async () => {
  const one = ingress('one', [{ ip: '198.51.100.7' }]);
  start().publish({ ingresses: [one], others: [], addresses: [] });
  await status?.idle();
  assert.deepEqual(testbed.requests, []);
});

test('what was written is not written again while the watch has not brought it back, but after a minute it is', async () => {
  const one = ingress('one');
  const running = start();
  running.publish({ ingresses: [one], others: [], addresses: ours });
  await running.idle();
  running.publish({ ingresses: [one], others: [], addresses: ours });
  await running.idle();
  assert.equal(patches().length, 1);
  now = 60_000;
  tick();
  await new Promise((resolve) => setImmediate(resolve));
  await running.idle();
  assert.equal(patches().length, 2);
});

test('changed addresses are written at once', async () => {
  const one = ingress('one');
  const running = start();
  running.publish({ ingresses: [one], others: [], addresses: ours });
  await running.idle();
  running.publish({ ingresses: [one], others: [], addresses: [{ ip: '192.0.2.9' }] });
  await running.idle();
  assert.deepEqual(addressesIn('one'), [{ ip: '192.0.2.9' }]);
});

test('an Ingress that is served no more loses our addresses, if it was us who wrote them', async () => {
  const mine = ingress('mine', ours, 'gatehouse');
  const foreign = ingress('foreign', ours, 'other-controller');
  const unknown = ingress('unknown', ours);
  const elsewhere = ingress('elsewhere', [{ ip: '198.51.100.7' }], 'gatehouse');
  start().publish({ ingresses: [], others: [mine, foreign, unknown, elsewhere], addresses: ours });
  await status?.idle();
  assert.deepEqual(['mine', 'foreign', 'unknown', 'elsewhere'].map(addressesIn), [[], ours, ours, [{ ip: '198.51.100.7' }]]);
});

test('a status that another controller writes at the same moment is not taken from it', async () => {
  const mine = ingress('mine', ours, 'gatehouse');
  testbed.fault = ({ method }) => {
    if (method !== 'PATCH') return undefined;
    testbed.fault = undefined;
    ingress('mine', [{ ip: '198.51.100.7' }], 'other-controller');
    return undefined;
  };
  start().publish({ ingresses: [], others: [mine], addresses: ours });
  await status?.idle();
  assert.deepEqual(addressesIn('mine'), [{ ip: '198.51.100.7' }]);
});

test('a failure is told once and tried again later', async () => {
  const one = ingress('one');
  testbed.fault = () => ({ status: 403 });
  const running = start();
  for (let round = 0; round < 2; round += 1) {
    running.publish({ ingresses: [one], others: [], addresses: ours });
    await running.idle();
  }
  assert.deepEqual(troubles, ['the status of Ingress default/one cannot be written: told to fail (HTTP 403)']);
  testbed.fault = undefined;
  tick();
  await new Promise((resolve) => setImmediate(resolve));
  await running.idle();
  assert.deepEqual(addressesIn('one'), ours);
});

test('an Ingress that is gone meanwhile is no trouble', async () => {
  const one = ingress('one');
  testbed.remove('ingresses', 'default', 'one');
  start().publish({ ingresses: [one], others: [], addresses: ours });
  await status?.idle();
  assert.deepEqual(troubles, []);
});

test('at most ten are written at the same time', async () => {
  const all = Array.from({ length: 40 }, (_, index) => ingress(`i${index}`));
  let open = 0;
  let most = 0;
  const counting: KubeApi = {
    ...api,
    request: async (request) => {
      open += 1;
      most = Math.max(most, open);
      const answer = await api.request(request);
      open -= 1;
      return answer;
    },
  };
  start({ api: counting }).publish({ ingresses: all, others: [], addresses: ours });
  await status?.idle();
  assert.deepEqual([most, patches().length], [10, 40]);
});

test('the last replica takes its addresses back, a follower does not', async () => {
  const one = ingress('one', ours, 'gatehouse');
  const foreign = ingress('foreign', ours, 'other-controller');
  const running = start();
  running.publish({ ingresses: [one, foreign], others: [], addresses: ours });
  leads = false;
  await running.stop({ clear: true });
  assert.deepEqual(addressesIn('one'), ours);
  leads = true;
  await running.stop({ clear: true });
  assert.deepEqual([addressesIn('one'), addressesIn('foreign')], [[], ours]);
});

const service = (fields: Partial<Service>): Service => ({
  kind: 'Service',
  metadata: { namespace: 'gatehouse', name: 'gatehouse', labels: {}, annotations: {} },
  type: 'ClusterIP',
  clusterIP: '10.96.0.1',
  ports: [],
  hasSelector: true,
  sessionAffinity: 'None',
  publishNotReadyAddresses: false,
  ipFamilies: ['IPv4'],
  loadBalancer: [],
  externalIPs: [],
  ...fields,
});

const balanced = [{ ip: '192.0.2.2' }, { hostname: 'lb.example.com' }];
const services: readonly (readonly [string, Partial<Service>, readonly LoadBalancerAddress[]])[] = [
  ['a LoadBalancer has what it was given', { type: 'LoadBalancer', loadBalancer: balanced }, balanced],
  [
    'a LoadBalancer has its external addresses too, once each',
    { type: 'LoadBalancer', loadBalancer: balanced, externalIPs: ['192.0.2.2', '192.0.2.1'] },
    [{ ip: '192.0.2.1' }, ...balanced],
  ],
  ['a LoadBalancer that is pending has none', { type: 'LoadBalancer' }, []],
  ['a ClusterIP has its own', {}, [{ ip: '10.96.0.1' }]],
  ['a NodePort has its own', { type: 'NodePort' }, [{ ip: '10.96.0.1' }]],
  ['a NodePort has its external addresses instead', { type: 'NodePort', externalIPs: ['192.0.2.1'] }, [{ ip: '192.0.2.1' }]],
  ['an ExternalName has the name', { type: 'ExternalName', externalName: 'edge.example.com' }, [{ hostname: 'edge.example.com' }]],
];

for (const [title, fields, expected] of services) {
  test(`${title}`, () => {
    assert.deepEqual(addressesOf(service(fields)), expected);
  });
}

test('a list of addresses is read with spaces, sorted, once each', () => {
  assert.deepEqual(readAddresses('lb.example.com, 2001:db8::1,192.0.2.1,,192.0.2.1'), [
    { ip: '192.0.2.1' },
    { ip: '2001:db8::1' },
    { hostname: 'lb.example.com' },
  ]);
});

const pod = (name: string, hash: string, state: Record<string, unknown> = { status: { phase: 'Running' } }) => {
  const { metadata = {}, ...rest } = state as { metadata?: Record<string, unknown> };
  testbed.put('pods', {
    metadata: { name, namespace: 'gatehouse', labels: { app: 'gatehouse', 'pod-template-hash': hash }, ...metadata },
    ...rest,
  });
};

const ending = { metadata: { deletionTimestamp: '2030-01-01T00:00:00Z' }, status: { phase: 'Running' } };

test('a replica is the last one when its Pod ends and no other one with its labels lives', async () => {
  pod('one', 'a', ending);
  pod('ended', 'a', { status: { phase: 'Succeeded' } });
  pod('ending', 'a', ending);
  assert.equal(await isLastReplica({ api, namespace: 'gatehouse', pod: 'one' }), true);
  assert.equal(testbed.requests.at(-1), 'GET /api/v1/namespaces/gatehouse/pods?labelSelector=app%3Dgatehouse');
  pod('next', 'b', { status: { phase: 'Pending' } });
  assert.equal(await isLastReplica({ api, namespace: 'gatehouse', pod: 'one' }), false);
});

test('a controller that ends while its Pod stays is not the last replica', async () => {
  pod('one', 'a');
  assert.equal(await isLastReplica({ api, namespace: 'gatehouse', pod: 'one' }), false);
});

test('a replica that cannot find out is not the last one', async () => {
  pod('one', 'a', ending);
  testbed.fault = ({ url }) => (url.search === '' ? undefined : { status: 403 });
  assert.equal(await isLastReplica({ api, namespace: 'gatehouse', pod: 'one' }), false);
});
