import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { createKubeApi, type KubeApi } from '../sources/kube-api.ts';
import { startTestbed, type Testbed } from '../sources/kube-testbed.ts';
import { takeLease } from './leader-takeover.ts';

const lease = { namespace: 'gatehouse', name: 'leader' };
let testbed: Testbed;
let api: KubeApi;
let waits: number[];

beforeEach(async () => {
  testbed = await startTestbed();
  api = createKubeApi({ server: testbed.url, userAgent: 'gatehouse/test', perSecond: 1e6 });
  waits = [];
});

afterEach(async () => {
  api.close();
  await testbed.close();
});

function take(): Promise<void> {
  const timing = {
    now: () => 0,
    epoch: () => Date.UTC(2030, 0, 1),
    random: () => 0,
    wait: async (milliseconds: number) => {
      waits.push(milliseconds);
    },
  };
  return takeLease({ api, lease, identity: 'taker', ttlMs: 60_000, timing, signal: new AbortController().signal });
}

function put(spec: object): void {
  testbed.put('leases', { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: lease, spec });
}

const taken = {
  holderIdentity: 'taker',
  leaseDurationSeconds: 60,
  acquireTime: '2030-01-01T00:00:00.000000Z',
  renewTime: '2030-01-01T00:00:00.000000Z',
};
const spec = () => testbed.at('leases', 'gatehouse', 'leader')?.['spec'];

test('a Lease is taken from its holder, who gets the time to notice', async () => {
  put({ holderIdentity: 'one', leaseDurationSeconds: 30, renewTime: '2029-12-31T23:59:59.000000Z', leaseTransitions: 4, strategy: 'kept' });
  await take();
  assert.deepEqual(spec(), { ...taken, leaseTransitions: 5, strategy: 'kept' });
  assert.deepEqual(waits, [9_500]);
});

test('a Lease that nobody holds is taken without a wait, and one that is not there is made', async () => {
  await take();
  assert.deepEqual(spec(), { ...taken, leaseTransitions: 0 });
  put({});
  await take();
  assert.deepEqual(spec(), { ...taken, leaseTransitions: 1 });
  assert.deepEqual(waits, []);
});

test('a renewal that comes between is no hindrance', async () => {
  put({ holderIdentity: 'one', leaseDurationSeconds: 30 });
  testbed.fault = ({ method }) => {
    if (method !== 'PUT') return undefined;
    testbed.fault = undefined;
    put({ holderIdentity: 'one', leaseDurationSeconds: 30, leaseTransitions: 1 });
    return undefined;
  };
  await take();
  assert.deepEqual(spec(), { ...taken, leaseTransitions: 2 });
});

test('what the API server refuses is told', async () => {
  put({});
  testbed.fault = () => ({ status: 403 });
  await assert.rejects(take(), { message: 'the Lease gatehouse/leader cannot be taken: told to fail (HTTP 403)' });
});
