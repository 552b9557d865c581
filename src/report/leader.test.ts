import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import type { Timing } from '../model/timing.ts';
import { createKubeApi, type KubeApi } from '../sources/kube-api.ts';
import { startTestbed, type Testbed } from '../sources/kube-testbed.ts';
import { createLeader, type Leader } from './leader.ts';

/** A clock that stands still until a test moves it. */
interface TestClock extends Timing {
  /** Moves on, and resolves when everything that was waiting has come to wait again. */
  advance(milliseconds: number): Promise<void>;
  /** Resolves when so many are waiting. */
  sleepers(count: number): Promise<void>;
}

function createClock(): TestClock {
  let now = 1000;
  const waiting = new Set<{ readonly due: number; readonly resolve: () => void }>();
  let awaited: (() => void)[] = [];
  const sleepers = async (count: number): Promise<void> => {
    while (waiting.size !== count) await new Promise<void>((resolve) => awaited.push(resolve));
  };
  return {
    now: () => now,
    epoch: () => Date.UTC(2030, 0, 1) + now,
    random: () => 0,
    wait: (milliseconds, signal) =>
      new Promise((resolve) => {
        const entry = {
          due: now + milliseconds,
          resolve: () => {
            waiting.delete(entry);
            resolve();
          },
        };
        if (signal.aborted) return resolve();
        signal.addEventListener('abort', entry.resolve, { once: true });
        waiting.add(entry);
        for (const wake of awaited) wake();
        awaited = [];
      }),
    async advance(milliseconds) {
      const count = waiting.size;
      now += milliseconds;
      for (const entry of [...waiting]) if (entry.due <= now) entry.resolve();
      await sleepers(count);
    },
    sleepers,
  };
}

let testbed: Testbed;
let api: KubeApi;
let clock: TestClock;
let changes: string[];
let troubles: string[];
let leaders: Leader[];

beforeEach(async () => {
  testbed = await startTestbed();
  api = createKubeApi({ server: testbed.url, userAgent: 'gatehouse/test', perSecond: 1e6 });
  clock = createClock();
  changes = [];
  troubles = [];
  leaders = [];
});

afterEach(async () => {
  testbed.fault = undefined;
  for (const leader of leaders) await leader.stop();
  api.close();
  await testbed.close();
});

function join(identity: string, through = api): Leader {
  const leader = createLeader({
    api: through,
    lease: { namespace: 'gatehouse', name: 'ingress-controller-leader' },
    identity,
    timing: clock,
    onChange: (isLeader) => changes.push(`${identity} ${isLeader ? 'leads' : 'follows'}`),
    onTrouble: (message) => troubles.push(message),
  });
  leaders.push(leader);
  leader.start();
  return leader;
}

const spec = () => testbed.at('leases', 'gatehouse', 'ingress-controller-leader')?.['spec'];

test('the first replica creates the Lease and leads', async () => {
  const one = join('one');
  await clock.sleepers(1);
  assert.equal(one.isLeader(), true);
  assert.deepEqual(spec(), {
    holderIdentity: 'one',
    leaseDurationSeconds: 30,
    acquireTime: '2030-01-01T00:00:01.000000Z',
    renewTime: '2030-01-01T00:00:01.000000Z',
    leaseTransitions: 0,
  });
});

test('the holder renews every quarter of the duration and keeps its time of acquisition', async () => {
  join('one');
  await clock.sleepers(1);
  await clock.advance(7_500);
  assert.deepEqual(spec(), {
    holderIdentity: 'one',
    leaseDurationSeconds: 30,
    acquireTime: '2030-01-01T00:00:01.000000Z',
    renewTime: '2030-01-01T00:00:08.500000Z',
    leaseTransitions: 0,
  });
  assert.deepEqual(changes, ['one leads']);
});

test('a second replica follows as long as the first renews, whatever the clock in the Lease says', async () => {
  const lease = { holderIdentity: 'other', leaseDurationSeconds: 30, renewTime: '1999-01-01T00:00:00.000000Z', leaseTransitions: 4 };
  testbed.put('leases', { metadata: { name: 'ingress-controller-leader', namespace: 'gatehouse' }, spec: lease });
  const two = join('two');
  await clock.sleepers(1);
  for (let step = 0; step < 6; step += 1) {
    testbed.put('leases', {
      metadata: { name: 'ingress-controller-leader', namespace: 'gatehouse' },
      spec: { ...lease, renewTime: `1999-01-01T00:00:0${step}.000000Z` },
    });
    await clock.advance(7_500);
  }
  assert.equal(two.isLeader(), false);
  assert.deepEqual(changes, []);
});

test('a Lease that is not renewed for its duration is taken over, and the transition is counted', async () => {
  const lease = { holderIdentity: 'dead', leaseDurationSeconds: 30, renewTime: '2031-01-01T00:00:00.000000Z', leaseTransitions: 4 };
  testbed.put('leases', { metadata: { name: 'ingress-controller-leader', namespace: 'gatehouse', labels: { keep: 'me' } }, spec: lease });
  const two = join('two');
  await clock.sleepers(1);
  for (let step = 0; step < 3; step += 1) await clock.advance(7_500);
  assert.equal(two.isLeader(), false);
  await clock.advance(7_500);
  assert.equal(two.isLeader(), true);
  assert.deepEqual(spec(), {
    holderIdentity: 'two',
    leaseDurationSeconds: 30,
    acquireTime: '2030-01-01T00:00:31.000000Z',
    renewTime: '2030-01-01T00:00:31.000000Z',
    leaseTransitions: 5,
  });
  const metadata = testbed.at('leases', 'gatehouse', 'ingress-controller-leader')?.['metadata'] as Record<string, unknown>;
  assert.deepEqual(metadata['labels'], { keep: 'me' });
});

test('of two replicas that find the same Lease free, the API server lets one through', async () => {
  join('one');
  join('two');
  await clock.sleepers(2);
  assert.equal(changes.length, 1);
});

test('a replica that stops gives the Lease back, and the next one takes it at its next look', async () => {
  const one = join('one');
  await clock.sleepers(1);
  join('two');
  await clock.sleepers(2);
  await one.stop();
  assert.deepEqual(spec(), {
    holderIdentity: '',
    leaseDurationSeconds: 1,
    acquireTime: '2030-01-01T00:00:01.000000Z',
    renewTime: '2030-01-01T00:00:01.000000Z',
    leaseTransitions: 0,
  });
  await clock.advance(7_500);
  assert.deepEqual(changes, ['one leads', 'one follows', 'two leads']);
});

test('a leader that cannot renew steps down before the Lease runs out, says why once, and leads again when it can', async () => {
  const one = join('one');
  await clock.sleepers(1);
  testbed.fault = () => ({ status: 500 });
  await clock.advance(7_500);
  await clock.advance(7_500);
  assert.equal(one.isLeader(), true);
  await clock.advance(7_500);
  assert.equal(one.isLeader(), false);
  assert.deepEqual(changes, ['one leads', 'one follows']);
  assert.deepEqual(troubles, ['the Lease gatehouse/ingress-controller-leader cannot be used: told to fail (HTTP 500)']);
  testbed.fault = undefined;
  await clock.advance(7_500);
  assert.equal(one.isLeader(), true);
});

test('a leader whose process was asleep does not call itself leader when it wakes', async () => {
  const one = join('one');
  await clock.sleepers(1);
  const asked = testbed.requests.length;
  testbed.fault = () => ({ status: 0 });
  const before = one.isLeader();
  void clock.advance(60_000);
  assert.deepEqual([before, one.isLeader()], [true, false]);
  await clock.sleepers(1);
  assert.ok(testbed.requests.length > asked);
});

test('a leader that finds another name in the Lease steps down at once', async () => {
  const one = join('one');
  await clock.sleepers(1);
  testbed.put('leases', {
    metadata: { name: 'ingress-controller-leader', namespace: 'gatehouse' },
    spec: { holderIdentity: 'thief', leaseDurationSeconds: 30, renewTime: '2030-01-01T00:00:05.000000Z', leaseTransitions: 1 },
  });
  await clock.advance(7_500);
  assert.equal(one.isLeader(), false);
  assert.deepEqual(changes, ['one leads', 'one follows']);
});
