import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { fieldsOf } from '../model/api.ts';
import { readOptions } from '../options.ts';
import { createLog } from '../report/log.ts';
import { createKubeApi, type KubeApi } from '../sources/kube-api.ts';
import { startTestbed, type Testbed } from '../sources/kube-testbed.ts';
import { withdrawCommand } from './withdraw.ts';

const address = [{ ip: '192.0.2.1' }];
let testbed: Testbed;
let api: KubeApi;
let lines: string[];

beforeEach(async () => {
  testbed = await startTestbed();
  api = createKubeApi({ server: testbed.url, userAgent: 'gatehouse/test', perSecond: 1e6 });
  lines = [];
});

afterEach(async () => {
  api.close();
  await testbed.close();
});

/** An Ingress `NAMESPACE/NAME` with an address that a manager wrote. */
function ingress(key: string, manager = 'gatehouse-k8s.io-ingress-nginx'): void {
  const [namespace, name] = key.split('/');
  const managedFields = [{ manager, subresource: 'status', fieldsV1: { 'f:status': { 'f:loadBalancer': { 'f:ingress': {} } } } }];
  testbed.put('ingresses', {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: { namespace, name, managedFields },
    status: { loadBalancer: { ingress: address } },
  });
}

/** The Ingresses that have an address. */
function published(): readonly string[] {
  return testbed.all('ingresses').flatMap(({ metadata, status }) => {
    const { namespace, name } = metadata as { readonly namespace: string; readonly name: string };
    const { loadBalancer } = status as { readonly loadBalancer: { readonly ingress: readonly object[] } };
    return loadBalancer.ingress.length > 0 ? [`${namespace}/${name}`] : [];
  });
}

async function withdraw(line = '', onWait: () => void = () => undefined): Promise<number> {
  const words = line === '' ? [] : line.split(' ');
  const options = readOptions(['withdraw', ...words], { POD_NAMESPACE: 'gate' }, { out: () => undefined, err: () => undefined });
  assert.ok(options.command === 'withdraw');
  const log = createLog({ format: 'json', level: 'info', write: (text) => lines.push(JSON.parse(text).msg) });
  return withdrawCommand(options, { api, log, timing: { now: () => 0, epoch: () => 0, random: () => 0, wait: async () => onWait() } });
}

test('the addresses that we wrote are taken back, all others stay', async () => {
  for (let count = 0; count < 25; count += 1) ingress(`shop/web-${count}`);
  ingress('shop/foreign', 'other-controller');
  ingress('shop/other-class', 'gatehouse-example.com-internal');
  assert.equal(await withdraw(), 0);
  assert.deepEqual(published(), ['shop/foreign', 'shop/other-class']);
  assert.deepEqual(lines, ['addresses withdrawn']);
});

test('the Lease belongs to nobody who could write before the first address goes', async () => {
  ingress('shop/web');
  await withdraw('--election-id=mine --controller-class=k8s.io/ingress-nginx');
  const { spec } = fieldsOf(testbed.at('leases', 'gate', 'mine'));
  assert.equal(fieldsOf(spec)['holderIdentity'], 'gatehouse-withdraw');
  const writes = testbed.requests.filter((one) => !one.startsWith('GET')).map((one) => one.replace(/\?.*/, ''));
  assert.deepEqual(writes, [
    'POST /apis/coordination.k8s.io/v1/namespaces/gate/leases',
    'PATCH /apis/networking.k8s.io/v1/namespaces/shop/ingresses/web/status',
  ]);
});

test('an address that a slow replica writes once more is taken back once more', async () => {
  ingress('shop/web');
  let late = 1;
  const onWait = () => {
    if (late > 0) ingress('shop/web');
    late -= 1;
  };
  assert.equal(await withdraw('', onWait), 0);
  assert.deepEqual(published(), []);
  assert.deepEqual(lines, ['addresses withdrawn', 'addresses withdrawn']);
});

test('a replica that never stops writing is told', async () => {
  ingress('shop/web');
  assert.equal(await withdraw('', () => ingress('shop/web')), 1);
  assert.equal(lines.at(-1), 'the addresses come back: a replica goes on writing');
});

test('only the namespaces of the controller are looked at', async () => {
  testbed.put('namespaces', { metadata: { name: 'shop', labels: { team: 'shop' } } });
  testbed.put('namespaces', { metadata: { name: 'blog', labels: { team: 'blog' } } });
  for (const name of ['shop/web', 'blog/web', 'wiki/web']) ingress(name);
  await withdraw('--watch-namespace=wiki');
  assert.deepEqual(published(), ['shop/web', 'blog/web']);
  await withdraw('--watch-namespace-selector=team=shop');
  assert.deepEqual(published(), ['blog/web']);
});

test('a status that cannot be written is told, and the others are withdrawn', async () => {
  for (const name of ['shop/one', 'shop/two']) ingress(name);
  testbed.fault = ({ method, url }) => (method === 'PATCH' && url.pathname.includes('/one/') ? { status: 403 } : undefined);
  assert.equal(await withdraw(), 1);
  assert.deepEqual(published(), ['shop/one']);
  assert.deepEqual(lines, ['the status of Ingress shop/one cannot be withdrawn: told to fail (HTTP 403)']);
});

test('without POD_NAMESPACE it is not known which Lease is meant', () => {
  let err = '';
  const options = readOptions(
    ['withdraw'],
    {},
    {
      out: () => undefined,
      err: (text) => {
        err += text;
      },
    },
  );
  assert.deepEqual(options, { command: 'exit', code: 2 });
  assert.match(err, /POD_NAMESPACE has to name the namespace of the Lease/);
});
