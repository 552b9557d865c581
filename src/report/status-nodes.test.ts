import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { createKubeApi, type KubeApi } from '../sources/kube-api.ts';
import { startTestbed, type Testbed } from '../sources/kube-testbed.ts';
import { createNodeAddresses, type NodeAddresses } from './status-nodes.ts';

let testbed: Testbed;
let api: KubeApi;
let nodes: NodeAddresses | undefined;
let leads: boolean;
let changes: number;
let troubles: string[];

beforeEach(async () => {
  testbed = await startTestbed();
  api = createKubeApi({ server: testbed.url, userAgent: 'gatehouse/test', perSecond: 1e6 });
  leads = true;
  changes = 0;
  troubles = [];
});

afterEach(async () => {
  nodes?.stop();
  api.close();
  await testbed.close();
});

/** A look at the cluster, and what is known after it. */
async function look(options: { readonly internal?: boolean } = {}): Promise<readonly object[]> {
  nodes ??= createNodeAddresses({
    api,
    namespace: 'gate',
    pod: 'one',
    internal: options.internal ?? false,
    isLeader: () => leads,
    timing: {
      now: () => 0,
      epoch: () => 0,
      random: () => 0,
      wait: (_milliseconds, signal) => new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true })),
    },
    onChange: () => {
      changes += 1;
    },
    onTrouble: (message) => troubles.push(message),
  });
  await nodes.refresh();
  return nodes.current;
}

function pod(name: string, nodeName: string, more: { readonly ready?: boolean; readonly deletionTimestamp?: string } = {}): void {
  const { ready = true, ...metadata } = more;
  testbed.put('pods', {
    metadata: { namespace: 'gate', name, labels: { app: 'gate', 'pod-template-hash': name }, ...metadata },
    spec: { nodeName },
    status: {
      phase: 'Running',
      conditions: [{ type: 'Ready', status: 'False' }],
      initContainerStatuses: [{ name: 'controller', ready: false }],
      containerStatuses: [{ name: 'nginx', ready }],
    },
  });
}

function node(name: string, ...addresses: readonly (readonly [string, string])[]): void {
  testbed.put('nodes', {
    metadata: { namespace: '', name },
    status: { addresses: addresses.map(([type, address]) => ({ type, address })) },
  });
}

beforeEach(() => {
  nodes = undefined;
  node('far', ['Hostname', 'far'], ['InternalIP', '10.0.0.1'], ['ExternalIP', '192.0.2.1'], ['ExternalIP', '192.0.2.11']);
  node('near', ['InternalIP', '10.0.0.2']);
});

test('each node with a ready NGINX counts once, by its external address if it has one', async () => {
  pod('one', 'far');
  pod('two', 'near');
  pod('three', 'far');
  pod('starting', 'other', { ready: false });
  pod('ending', 'other', { deletionTimestamp: '2030-01-01T00:00:00Z' });
  assert.deepEqual(await look(), [{ ip: '10.0.0.2' }, { ip: '192.0.2.1' }]);
  assert.ok(testbed.requests.includes('GET /api/v1/namespaces/gate/pods?labelSelector=app%3Dgate'));
  assert.deepEqual([changes, troubles], [1, []]);
});

test('internal addresses can be asked for', async () => {
  pod('one', 'far');
  assert.deepEqual(await look({ internal: true }), [{ ip: '10.0.0.1' }]);
});

test('a change is told once, and without a ready Pod what was known stays', async () => {
  pod('one', 'far');
  await look();
  await look();
  assert.equal(changes, 1);
  pod('one', 'far', { ready: false });
  assert.deepEqual(await look(), [{ ip: '192.0.2.1' }]);
  pod('one', 'near');
  assert.deepEqual(await look(), [{ ip: '10.0.0.2' }]);
  assert.equal(changes, 2);
});

test('a node that may not be read is told once, with what to do, and what was known stays', async () => {
  pod('one', 'far');
  await look();
  testbed.fault = ({ url }) => (url.pathname.startsWith('/api/v1/nodes/') ? { status: 403 } : undefined);
  await look();
  assert.deepEqual(await look(), [{ ip: '192.0.2.1' }]);
  assert.deepEqual(troubles, [
    'the address of node far cannot be read: told to fail (HTTP 403). Name addresses with --publish-status-address, or a Service with --publish-service.',
  ]);
});

test('a node that is gone has no address', async () => {
  pod('one', 'gone');
  assert.deepEqual(await look(), []);
  assert.deepEqual(troubles, []);
});

test('who does not lead asks nothing', async () => {
  leads = false;
  pod('one', 'far');
  assert.deepEqual(await look(), []);
  assert.deepEqual(testbed.requests, []);
});
