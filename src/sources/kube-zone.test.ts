import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { createKubeApi, type KubeApi } from './kube-api.ts';
import { startTestbed, type Testbed } from './kube-testbed.ts';
import { createZone, type Zone } from './kube-zone.ts';

let testbed: Testbed;
let api: KubeApi;
let zone: Zone;
/** What was told, and `changed`. */
let told: string[];
let heard: () => void;

beforeEach(async () => {
  testbed = await startTestbed();
  api = createKubeApi({ server: testbed.url, userAgent: 'gatehouse/test', perSecond: 1e6 });
  told = [];
});

afterEach(async () => {
  zone.stop();
  api.close();
  await testbed.close();
});

/** Starts it, and resolves when so much has been told. */
async function tellings(count: number): Promise<readonly string[]> {
  const enough = new Promise<void>((resolve) => {
    heard = () => {
      if (told.length >= count) resolve();
    };
  });
  const tell = (text: string) => {
    told.push(text);
    heard();
  };
  zone = createZone({
    api,
    node: 'one',
    timing: { now: () => 0, epoch: () => 0, random: () => 0, wait: () => new Promise((resolve) => setImmediate(resolve)) },
    onChange: () => tell('changed'),
    onTrouble: tell,
  });
  await enough;
  return told;
}

function node(labels: object): void {
  testbed.put('nodes', { metadata: { namespace: '', name: 'one', labels } });
}

test('the zone is that of the node', async () => {
  node({ 'topology.kubernetes.io/zone': 'north' });
  assert.deepEqual(await tellings(1), ['changed']);
  assert.equal(zone.current, 'north');
});

test('a node without a zone is told', async () => {
  node({});
  assert.deepEqual(await tellings(1), ['node one has no label topology.kubernetes.io/zone, so endpoints of all zones get traffic']);
  assert.equal(zone.current, undefined);
});

test('what is refused is told once and tried again', async () => {
  node({ 'topology.kubernetes.io/zone': 'north' });
  let refusals = 3;
  testbed.fault = () => {
    refusals -= 1;
    return refusals < 0 ? undefined : { status: refusals === 1 ? 0 : 403 };
  };
  const text = 'the zone of node one cannot be read, so endpoints of all zones get traffic: told to fail (HTTP 403)';
  assert.deepEqual(await tellings(2), [text, 'changed']);
  assert.equal(zone.current, 'north');
});
