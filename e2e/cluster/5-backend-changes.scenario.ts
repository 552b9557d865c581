import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { apply, getJson, kubectl } from './kit/commands.ts';
import { backends, ingress, service } from './kit/objects.ts';
import { type Address, installMain, nodePort } from './kit/release.ts';
import { answered, podsBehind, served, spanOf, underLoad } from './kit/routes.ts';
import { settings } from './kit/settings.ts';
import { eventually } from './kit/waiting.ts';

const { appNamespace: app } = settings;
const url = 'http://changing.example.com/';
let at: Address;

before(async () => {
  await installMain();
  at = await nodePort();
  await apply(backends(app, 'changing'), service(app, 'changing'));
  await apply(ingress(app, 'changing', { host: 'changing.example.com', paths: [{ service: 'changing' }] }));
  await served(at, url, 60_000);
});

async function scale(replicas: number): Promise<void> {
  await kubectl(`scale deployment/changing -n ${app} --replicas=${replicas}`);
  await kubectl(`rollout status deployment/changing -n ${app} --timeout 120s`);
}

/** So many Pods are there, those that are ending included. */
function podsLeft(count: number): Promise<void> {
  return eventually(async () => {
    const { items } = await getJson<{ readonly items: readonly object[] }>(`pods -n ${app} -l app=changing`);
    assert.equal(items.length, count);
  }, 60_000);
}

function spreadOver(count: number): Promise<void> {
  return eventually(async () => assert.equal((await podsBehind({ ...at, url }, 20 * count)).length, count));
}

describe('under a steady load of 100 requests a second', () => {
  test('scaling from 1 to 10 and back to 1 fails no request', async (t) => {
    const report = await underLoad(t, { ...at, url }, async () => {
      await scale(10);
      await spreadOver(10);
      await scale(1);
      await podsLeft(1);
    });
    assert.equal(report.failures.length, 0);
  });

  test('scaling to 0 and up to 3 answers 503 in between', async (t) => {
    const report = await underLoad(t, { ...at, url, wanted: [200, 503] }, async () => {
      await scale(0);
      await podsLeft(0);
      await answered(at, url, 503);
      await scale(3);
      await spreadOver(3);
    });
    // The last Pods serve until they end; nobody is there in the moment until that is known.
    const lasted = spanOf(report);
    t.diagnostic(`502 and 504 were answered for ${lasted.toFixed(1)} s, when the last Pod had gone`);
    assert.deepEqual([report.failures.filter(({ why }) => !/^status 50[24]$/.test(why)), lasted < 3], [[], true]);
  });

  test('a rolling update of the backend fails no request', async (t) => {
    const report = await underLoad(t, { ...at, url }, async () => {
      await kubectl(`rollout restart deployment/changing -n ${app}`);
      await kubectl(`rollout status deployment/changing -n ${app} --timeout 120s`);
      await podsLeft(3);
    });
    assert.equal(report.failures.length, 0);
  });

  test('twenty new routes, one after the other, fail no request', async (t) => {
    const report = await underLoad(t, { ...at, url }, async () => {
      for (let turn = 0; turn < 20; turn += 1) {
        const host = `added-${turn}.example.com`;
        await apply(ingress(app, `added-${turn}`, { host, paths: [{ service: 'changing' }] }));
        await served(at, `http://${host}/`);
      }
      await kubectl('delete ingress -n', app, ...Array.from({ length: 20 }, (_, turn) => `added-${turn}`));
      await answered(at, 'http://added-19.example.com/', 404);
    });
    assert.equal(report.failures.length, 0);
  });
});
