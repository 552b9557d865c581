import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import type { ObjectEvent } from '../model/events.ts';
import { kinds, refOf, refText } from '../model/objects.ts';
import { type Kube, type KubeOptions, startKube } from './kube.ts';
import { createKubeApi, type KubeApi } from './kube-api.ts';
import { parseLabelSelector } from './kube-selector.ts';
import { startTestbed, type Testbed } from './kube-testbed.ts';
import { createStore, type Store } from './store.ts';

let testbed: Testbed;
let api: KubeApi;
let kube: Kube | undefined;
let store: Store;
let delays: number[];
let troubles: string[];
let events: string[];
let wake: (() => void)[];

beforeEach(async () => {
  testbed = await startTestbed();
  api = createKubeApi({ server: testbed.url, userAgent: 'gatehouse/test', perSecond: 1e6 });
  store = createStore({ kinds, now: () => 0 });
  delays = [];
  troubles = [];
  events = [];
  wake = [];
  // The kinds that a test does not speak about have something in them, so that "empty" is never true by accident.
  testbed.put('namespaces', { metadata: { name: 'default', labels: { team: 'web' } } });
  testbed.put('ingressclasses', { metadata: { name: 'nginx' }, spec: { controller: 'k8s.io/ingress-nginx' } });
});

afterEach(async () => {
  await kube?.stop();
  kube = undefined;
  api.close();
  await testbed.close();
});

function start(options: Partial<KubeOptions> = {}): Kube {
  kube = startKube({
    api,
    sink,
    timing: {
      now: () => 0,
      epoch: () => 0,
      random: () => 1,
      wait: async (milliseconds) => {
        delays.push(milliseconds);
        await new Promise((resolve) => setImmediate(resolve));
      },
    },
    onTrouble: ({ scope, message }) => {
      troubles.push(`${scope.resource.apiKind}: ${message ?? 'well again'}`);
      for (const resolve of wake) resolve();
    },
    ...options,
  });
  return kube;
}

function sink(event: ObjectEvent): void {
  store.apply(event);
  events.push(textOf(event));
  for (const resolve of wake) resolve();
}

function textOf(event: ObjectEvent): string {
  if (event.type === 'synced') return `synced ${event.kind}`;
  if (event.type === 'upsert') return `upsert ${refText(refOf(event.object))}`;
  if (event.type === 'delete') return `delete ${refText(event.ref)}`;
  return `diagnostics ${event.part}: ${event.diagnostics.map((one) => one.field).join(' ')}`;
}

/** Waits for events until a condition holds. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise<void>((resolve) => wake.push(resolve));
}

const synced = (): Promise<void> => until(() => store.isSynced());
const happened = (text: string): Promise<void> => until(() => events.includes(text));
const service = (name: string, namespace = 'default', port = 80) => ({
  metadata: { name, namespace },
  spec: { type: 'ClusterIP', clusterIP: '10.0.0.1', selector: { app: name }, ports: [{ port }] },
});
const secret = (name: string, text = 'one', namespace = 'default') => ({
  metadata: { name, namespace },
  type: 'Opaque',
  data: { text: Buffer.from(text).toString('base64') },
});
const secretText = (name: string): string | undefined => {
  const found = store.snapshot().secrets.get(`default/${name}`)?.data.get('text');
  return found && Buffer.from(found).toString();
};
const requestsOf = (plural: string): readonly string[] => testbed.requests.filter((one) => new RegExp(`/${plural}(\\?|$|/)`).test(one));
const references = (secrets: readonly string[], configMaps: readonly string[] = []) => ({
  secrets: new Set(secrets),
  configMaps: new Set(configMaps),
});

test('a collection is listed in pages of 500, then watched from where the list ended', async () => {
  for (let index = 0; index < 1203; index += 1) testbed.put('services', service(`s${index}`));
  start();
  await synced();
  await testbed.watching('services');
  assert.equal(store.snapshot().services.size, 1203);
  const seen = requestsOf('services');
  assert.deepEqual(seen.slice(0, 3), [
    'GET /api/v1/services?limit=500',
    'GET /api/v1/services?limit=500&continue=500',
    'GET /api/v1/services?limit=500&continue=1000',
  ]);
  assert.match(seen[3] ?? '', new RegExp(`watch=true&allowWatchBookmarks=true&resourceVersion=${testbed.version()}&timeoutSeconds=600$`));
});

test('changes, new objects and deletions arrive through the watch', async () => {
  testbed.put('services', service('a'));
  start();
  await synced();
  await testbed.watching('services');
  testbed.put('services', service('a', 'default', 81));
  testbed.put('services', service('b'));
  testbed.remove('services', 'default', 'a');
  await happened('delete Service default/a');
  assert.deepEqual(
    events.filter((one) => one.includes('Service ')),
    ['upsert Service default/a', 'upsert Service default/a', 'upsert Service default/b', 'delete Service default/a'],
  );
});

for (const how of ['clean', 'reset', 'middle'] as const) {
  test(`a watch that is cut (${how}) goes on from the last version, at once and without a list`, async () => {
    start();
    await synced();
    await testbed.watching('services');
    testbed.put('services', service('before'));
    await happened('upsert Service default/before');
    const version = testbed.version();
    testbed.cut(how);
    testbed.put('services', service('meanwhile'));
    await happened('upsert Service default/meanwhile');
    const seen = requestsOf('services');
    assert.equal(seen.filter((one) => one.includes('limit=')).length, 1);
    assert.match(seen.at(-1) ?? '', new RegExp(`resourceVersion=${version}&`));
  });
}

test('a bookmark moves the version on, so that a cut watch of a quiet kind does not expire', async () => {
  start();
  await synced();
  await testbed.watching('ingresses');
  testbed.say('ingresses', JSON.stringify({ type: 'BOOKMARK', object: { kind: 'Ingress', metadata: { resourceVersion: '777' } } }));
  testbed.cut('clean');
  await testbed.watching('ingresses');
  assert.match(requestsOf('ingresses').at(-1) ?? '', /resourceVersion=777&/);
});

for (const how of ['as a status', 'as an event'] as const) {
  test(`410 Gone ${how} leads to a new list, which deletes what vanished and keeps what stayed`, async () => {
    testbed.put('services', service('stays'));
    testbed.put('services', service('vanishes'));
    start();
    await synced();
    await testbed.watching('services');
    if (how === 'as a status') {
      testbed.fault = ({ url }) => (url.searchParams.has('watch') ? { status: 0 } : undefined);
      testbed.cut('reset');
      testbed.remove('services', 'default', 'vanishes');
      testbed.put('services', service('new'));
      testbed.compact();
      testbed.fault = undefined;
    } else {
      // What the watch delivers before the error is lost on purpose: only the list can tell.
      const gone = { type: 'ERROR', object: { kind: 'Status', code: 410, message: 'too old resource version' } };
      testbed.say('services', JSON.stringify(gone));
      testbed.remove('services', 'default', 'vanishes');
      testbed.put('services', service('new'));
    }
    await happened('delete Service default/vanishes');
    await happened('upsert Service default/new');
    assert.deepEqual([...store.snapshot().services.keys()].sort(), ['default/new', 'default/stays']);
    assert.equal(requestsOf('services').filter((one) => one.includes('limit=')).length, 2);
  });
}

test('a list whose continue token has expired begins anew', async () => {
  for (let index = 0; index < 600; index += 1) testbed.put('services', service(`s${index}`));
  let refused = false;
  testbed.fault = ({ url }) => {
    if (refused || !url.searchParams.has('continue')) return undefined;
    refused = true;
    return { status: 410 };
  };
  start();
  await synced();
  assert.equal(store.snapshot().services.size, 600);
});

test('an API server that is away changes nothing; attempts become rarer, up to 30 s, and it is told once', async () => {
  testbed.put('services', service('a'));
  start();
  await synced();
  for (const plural of ['services', 'ingresses', 'secrets']) await testbed.watching(plural);
  let failures = 0;
  testbed.fault = ({ url }) => {
    if (!url.pathname.endsWith('/services')) return undefined;
    failures += 1;
    return { status: 0 };
  };
  delays = [];
  testbed.cut('reset');
  await until(() => troubles.length > 0);
  while (failures < 12) await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual([...store.snapshot().services.keys()], ['default/a']);
  assert.equal(store.isSynced(), true);
  assert.match(kube?.health()['Service']?.trouble ?? '', /socket hang up|ECONNRESET/);
  testbed.fault = undefined;
  testbed.put('services', service('b'));
  await happened('upsert Service default/b');
  assert.deepEqual(kube?.health()['Service'], { synced: true });
  const grown = delays.filter((delay, index) => delays.indexOf(delay) === index);
  assert.deepEqual(grown.slice(0, 9), [200, 400, 800, 1600, 3200, 6400, 12800, 25600, 30000]);
  assert.equal(troubles.filter((one) => one.startsWith('Service')).at(-1), 'Service: well again');
  assert.ok(troubles.filter((one) => one.startsWith('Service')).length <= 4, troubles.join('\n'));
});

test('two refused watches in a row lead to a list, as the version itself may be the reason', async () => {
  start();
  await synced();
  await testbed.watching('services');
  let refused = 0;
  testbed.fault = ({ url }) => {
    if (!url.searchParams.has('watch') || !url.pathname.endsWith('/services') || refused === 2) return undefined;
    refused += 1;
    return { status: 500 };
  };
  testbed.cut('reset');
  testbed.put('services', service('late'));
  await until(() => troubles.includes('Service: well again'));
  assert.deepEqual([...store.snapshot().services.keys()], ['default/late']);
  assert.equal(requestsOf('services').filter((one) => one.includes('limit=')).length, 2);
  assert.deepEqual(
    troubles.filter((one) => one.startsWith('Service')),
    ['Service: aborted', 'Service: told to fail (HTTP 500)', 'Service: well again'],
  );
});

test('IngressClasses that may not be read count as none; it is said once, and they come when the right does', async () => {
  testbed.fault = ({ url }) => (url.pathname.endsWith('/ingressclasses') ? { status: 403 } : undefined);
  start();
  await synced();
  assert.equal(store.snapshot().ingressClasses.size, 0);
  await until(() => troubles.length > 0);
  while (delays.length < 3) await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(troubles, ['IngressClass: told to fail (HTTP 403)']);
  testbed.fault = undefined;
  await happened('upsert IngressClass nginx');
});

test('Ingresses that may not be read keep the whole from counting as synced', async () => {
  testbed.fault = ({ url }) => (url.pathname.endsWith('/ingresses') ? { status: 403 } : undefined);
  start();
  await until(() => events.filter((one) => one.startsWith('synced')).length === kinds.length - 1);
  while (delays.length < 3) await new Promise((resolve) => setImmediate(resolve));
  assert.equal(store.isSynced(), false);
  assert.deepEqual(kube?.health()['Ingress'], { synced: false, trouble: 'told to fail (HTTP 403)' });
});

test('an object that the decoder refuses keeps its last good version, and the complaint goes with the object', async () => {
  testbed.put('services', service('a'));
  start();
  await synced();
  await testbed.watching('services');
  testbed.put('services', service('a', 'default', 99999));
  await happened('diagnostics Service default/a: spec.ports[0].port');
  assert.equal(store.snapshot().services.get('default/a')?.ports[0]?.port, 80);
  testbed.remove('services', 'default', 'a');
  await happened('diagnostics Service default/a: ');
  assert.deepEqual(store.diagnostics(), []);
});

test('fields that Gatehouse does not know are no complaint: the API server knows them', async () => {
  testbed.put('services', { ...service('a'), spec: { ...service('a').spec, ofTheFuture: true } });
  start();
  await synced();
  assert.deepEqual(store.diagnostics(), []);
  assert.equal(store.snapshot().services.size, 1);
});

test('one namespace is read by paths of that namespace, without Namespaces', async () => {
  testbed.put('services', service('in', 'mine'));
  testbed.put('services', service('out', 'other'));
  start({ watchNamespace: 'mine' });
  await synced();
  assert.deepEqual([...store.snapshot().services.keys()], ['mine/in']);
  assert.deepEqual(
    requestsOf('namespaces').filter((one) => one.startsWith('GET /api/v1/namespaces?')),
    [],
  );
  assert.ok(testbed.requests.includes('GET /apis/networking.k8s.io/v1/namespaces/mine/ingresses?limit=500'));
});

test('a pinned object of another namespace is followed by its name', async () => {
  testbed.put('services', service('in', 'mine'));
  testbed.put('services', service('public', 'other'));
  testbed.put('services', service('private', 'other'));
  start({ watchNamespace: 'mine', pinned: [{ kind: 'Service', namespace: 'other', name: 'public' }] });
  await synced();
  assert.deepEqual([...store.snapshot().services.keys()].sort(), ['mine/in', 'other/public']);
  await testbed.watching('services', 2);
  testbed.remove('services', 'other', 'public');
  await happened('delete Service other/public');
});

test('a namespace that gains or loses the selected label brings or takes its objects at once', async () => {
  testbed.put('namespaces', { metadata: { name: 'shop', labels: {} } });
  testbed.put('services', service('web'));
  testbed.put('services', service('cart', 'shop'));
  testbed.put('services', service('public', 'shop'));
  const selector = parseLabelSelector('team in (web)');
  assert.ok(selector.ok);
  start({ namespaceSelector: selector.matches, pinned: [{ kind: 'Service', namespace: 'shop', name: 'public' }] });
  await synced();
  assert.deepEqual([...store.snapshot().services.keys()].sort(), ['default/web', 'shop/public']);
  await testbed.watching('namespaces');
  testbed.put('namespaces', { metadata: { name: 'shop', labels: { team: 'web' } } });
  await happened('upsert Service shop/cart');
  testbed.put('namespaces', { metadata: { name: 'default', labels: {} } });
  await happened('delete Service default/web');
  assert.deepEqual([...store.snapshot().services.keys()].sort(), ['shop/cart', 'shop/public']);
});

test('no kind counts as synced before the selected namespaces are known', async () => {
  testbed.fault = ({ url }) => (url.pathname === '/api/v1/namespaces' ? { status: 500 } : undefined);
  start({ namespaceSelector: () => true });
  for (const plural of ['services', 'ingresses', 'secrets', 'configmaps', 'endpointslices']) await testbed.watching(plural);
  assert.deepEqual(
    events.filter((one) => one.startsWith('synced')),
    [],
  );
  testbed.fault = undefined;
  await synced();
});

test('Secrets are listed without their data, and only those that are referenced are read', async () => {
  testbed.put('secrets', secret('wanted'));
  testbed.put('secrets', secret('other'));
  testbed.put('secrets', { ...secret('release'), type: 'helm.sh/release.v1' });
  const running = start();
  await synced();
  assert.equal(store.snapshot().secrets.size, 0);
  await running.setReferenced(references(['default/wanted', 'default/missing']));
  assert.equal(secretText('wanted'), 'one');
  assert.equal(store.snapshot().secrets.size, 1);
  assert.deepEqual(
    requestsOf('secrets').filter((one) => !one.includes('?')),
    ['GET /api/v1/namespaces/default/secrets/wanted'],
  );
  await running.setReferenced(references([]));
  assert.equal(store.snapshot().secrets.size, 0);
});

test('a change of a referenced Secret is delivered by the watch itself, that of another is not', async () => {
  testbed.put('secrets', secret('wanted'));
  const running = start();
  await synced();
  await running.setReferenced(references(['default/wanted', 'default/later']));
  await testbed.watching('secrets');
  testbed.put('secrets', secret('other', 'two'));
  testbed.put('secrets', secret('wanted', 'two'));
  testbed.put('secrets', secret('later', 'new'));
  await happened('upsert Secret default/later');
  assert.deepEqual([secretText('wanted'), secretText('later'), secretText('other')], ['two', 'new', undefined]);
  assert.equal(requestsOf('secrets').filter((one) => !one.includes('?')).length, 1);
  testbed.remove('secrets', 'default', 'wanted');
  await happened('delete Secret default/wanted');
});

test('a referenced Secret that changed while the watch was away is read again after the new list', async () => {
  testbed.put('secrets', secret('wanted'));
  testbed.put('secrets', secret('same'));
  const running = start();
  await synced();
  await running.setReferenced(references(['default/wanted', 'default/same']));
  await testbed.watching('secrets');
  testbed.fault = ({ url }) => (url.searchParams.has('watch') ? { status: 0 } : undefined);
  testbed.cut('reset');
  testbed.put('secrets', secret('wanted', 'two'));
  testbed.compact();
  testbed.fault = undefined;
  await until(() => secretText('wanted') === 'two');
  const reads = requestsOf('secrets').filter((one) => !one.includes('?'));
  assert.equal(reads.filter((one) => one.endsWith('/same')).length, 1);
});

test('a Secret that cannot be read now does not hold up the build, and arrives later', async () => {
  testbed.put('secrets', secret('wanted'));
  const running = start();
  await synced();
  testbed.fault = ({ url }) => (url.pathname.endsWith('/wanted') ? { status: 500 } : undefined);
  await running.setReferenced(references(['default/wanted']));
  assert.equal(secretText('wanted'), undefined);
  testbed.fault = undefined;
  await happened('upsert Secret default/wanted');
});

test('many Secrets that are missing at once are read by one list, not one by one', async () => {
  const names = Array.from({ length: 700 }, (_, index) => `s${index}`);
  for (const name of [...names, 'other']) testbed.put('secrets', secret(name));
  const running = start();
  await synced();
  await running.setReferenced(references(names.map((name) => `default/${name}`)));
  assert.equal(store.snapshot().secrets.size, 700);
  assert.equal(requestsOf('secrets').filter((one) => !one.includes('?')).length, 0);
});

test('asking twice for the same Secret reads it once', async () => {
  testbed.put('secrets', secret('wanted'));
  const running = start();
  await synced();
  const wanted = references(['default/wanted']);
  await Promise.all([running.setReferenced(wanted), running.setReferenced(wanted)]);
  assert.equal(secretText('wanted'), 'one');
  assert.equal(requestsOf('secrets').filter((one) => !one.includes('?')).length, 1);
});

test('stopping ends every request', async () => {
  const running = start();
  await synced();
  await testbed.watching('services');
  await running.stop();
  kube = undefined;
  assert.deepEqual(troubles, []);
});
