import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { fieldsOf } from '../model/api.ts';
import { type Diagnostic, diagnostic } from '../model/diagnostic.ts';
import { kinds, type ObjectRef } from '../model/objects.ts';
import { decode } from '../sources/decode/kinds.ts';
import { createKubeApi, type KubeApi } from '../sources/kube-api.ts';
import { startTestbed, type Testbed } from '../sources/kube-testbed.ts';
import { createStore, type Store } from '../sources/store.ts';
import { createEvents, type Events } from './events.ts';

const web: ObjectRef = { kind: 'Ingress', namespace: 'default', name: 'web' };
const missing = diagnostic('ServiceMissing', web, 'spec.rules[0].http.paths[0].backend.service.name', 'there is no Service "cart"');

let testbed: Testbed;
let api: KubeApi;
let store: Store;
let leads: boolean;
let delays: number[];
let troubles: string[];

beforeEach(async () => {
  testbed = await startTestbed();
  api = createKubeApi({ server: testbed.url, userAgent: 'gatehouse/test', perSecond: 1e6 });
  store = createStore({ kinds, now: () => 0 });
  leads = true;
  delays = [];
  troubles = [];
  upsert({
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: { name: 'web', namespace: 'default', uid: 'uid-web', resourceVersion: '5' },
    spec: { defaultBackend: { service: { name: 'cart', port: { number: 80 } } } },
  });
});

afterEach(async () => {
  api.close();
  await testbed.close();
});

function upsert(value: unknown): void {
  const { object } = decode(value);
  assert.ok(object);
  store.apply({ type: 'upsert', object });
}

function start(instance = 'gatehouse-1'): Events {
  let now = 0;
  return createEvents({
    api,
    isLeader: () => leads,
    instance,
    timing: {
      now: () => now,
      epoch: () => Date.UTC(2030, 0, 1, 12),
      random: () => 1,
      wait: async (milliseconds) => {
        delays.push(milliseconds);
        now += milliseconds;
        await new Promise((resolve) => setImmediate(resolve));
      },
    },
    onTrouble: (message) => troubles.push(message),
  });
}

async function say(events: Events, ...diagnostics: readonly Diagnostic[]): Promise<void> {
  events.report({ snapshot: store.snapshot(), diagnostics });
  await events.idle();
}

const written = () => testbed.all('events').map((event) => event['message']);

test('a complaint becomes a Warning on its object, as kubectl describe shows it', async () => {
  await say(start(), missing);
  const [event] = testbed.all('events');
  const { name, ...metadata } = fieldsOf(event?.['metadata']);
  assert.match(String(name), /^web\.[0-9a-f]{16}$/);
  assert.deepEqual(metadata, { namespace: 'default', resourceVersion: String(testbed.version()) });
  assert.deepEqual(
    { ...event, metadata: undefined },
    {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: undefined,
      involvedObject: {
        apiVersion: 'networking.k8s.io/v1',
        kind: 'Ingress',
        name: 'web',
        namespace: 'default',
        uid: 'uid-web',
        resourceVersion: '5',
      },
      type: 'Warning',
      reason: 'ServiceMissing',
      message: 'spec.rules[0].http.paths[0].backend.service.name: there is no Service "cart"',
      source: { component: 'gatehouse' },
      reportingComponent: 'gatehouse',
      reportingInstance: 'gatehouse-1',
      firstTimestamp: '2030-01-01T12:00:00Z',
      lastTimestamp: '2030-01-01T12:00:00Z',
      count: 1,
    },
  );
});

test('a complaint that stays is told once; one that ends and comes back is told again', async () => {
  const events = start();
  await say(events, missing);
  await say(events, missing);
  assert.equal(written().length, 1);
  await say(events);
  await say(events, missing);
  assert.equal(written().length, 2);
});

test('a complaint whose words change is told again', async () => {
  const events = start();
  await say(events, missing);
  await say(events, { ...missing, message: 'there is no Service "basket"' });
  assert.equal(written().length, 2);
});

test('a complaint about an object of the cluster is kept in the namespace default', async () => {
  await say(start(), diagnostic('FieldUnknown', { kind: 'IngressClass', namespace: '', name: 'nginx' }, '', 'is odd'));
  assert.ok(testbed.requests.includes('POST /api/v1/namespaces/default/events'));
  const [event] = testbed.all('events');
  assert.deepEqual(event?.['involvedObject'], { apiVersion: 'networking.k8s.io/v1', kind: 'IngressClass', name: 'nginx' });
});

test('a follower writes nothing; when it becomes the leader it writes what is still wrong', async () => {
  leads = false;
  const events = start();
  const other = diagnostic('SecretMissing', web, 'spec.tls[0].secretName', 'there is no Secret "tls"');
  await say(events, missing, other);
  await say(events, other);
  assert.deepEqual(testbed.requests, []);
  leads = true;
  events.onLeadership();
  await events.idle();
  assert.deepEqual(written(), ['spec.tls[0].secretName: there is no Secret "tls"']);
});

test('what the leader before has told is not told again', async () => {
  await say(start('gatehouse-1'), missing);
  await say(start('gatehouse-2'), missing);
  assert.equal(written().length, 1);
  assert.deepEqual(troubles, []);
});

test('many complaints are written at a bounded rate', async () => {
  const many = Array.from({ length: 45 }, (_, index) => ({ ...missing, message: `number ${index}` }));
  await say(start(), ...many);
  assert.equal(written().length, 45);
  assert.deepEqual(delays, Array(20).fill(100));
});

test('an API server that fails is tried again; one that refuses is not, and says why once', async () => {
  let failures = 0;
  testbed.fault = () => {
    failures += 1;
    return failures <= 3 ? { status: 500 } : undefined;
  };
  const events = start();
  await say(events, missing);
  assert.equal(written().length, 1);
  assert.deepEqual(delays, [200, 400, 800]);
  testbed.fault = () => ({ status: 403 });
  await say(events, missing, { ...missing, message: 'a' }, { ...missing, message: 'b' });
  assert.equal(testbed.requests.length, 6);
  assert.deepEqual(troubles, [
    'an event cannot be written: told to fail (HTTP 500)',
    'an event cannot be written: told to fail (HTTP 403)',
  ]);
});

test('a message that is longer than an event may be is cut', async () => {
  await say(start(), { ...missing, field: '', message: 'x'.repeat(3000) });
  assert.equal(written()[0], `${'x'.repeat(1023)}…`);
});

test('complaints about things that are no objects of the cluster are left to the log', async () => {
  await say(start(), diagnostic('ManifestUnreadable', { kind: '', namespace: '', name: '' }, '', 'no YAML'));
  assert.deepEqual(testbed.requests, []);
});
