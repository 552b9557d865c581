import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { Agent } from 'node:http';
import { after, before, describe, test } from 'node:test';
import { until } from './kit/machine.ts';
import { documents, endpoints, ingress, service } from './kit/manifests.ts';
import { type Served, serveFiles, whyNotServed } from './kit/served.ts';
import { startTraffic, statusOf } from './kit/traffic.ts';

const skip = whyNotServed() ?? false;

function canary(weight: number, total: number): string {
  const annotations = { canary: 'true', 'canary-weight': String(weight), 'canary-weight-total': String(total) };
  return ingress({ name: 'canary', host: 'shop.test', service: 'beta', annotations });
}

let served: Served;
const agent = new Agent({ keepAlive: true, maxSockets: 1 });

/** How many of so many requests the canary gets. */
async function shareOf(requests: number): Promise<number> {
  served.backends.take();
  for (let number = 0; number < requests; number += 1) assert.equal(await statusOf(served.ports.http, 'shop.test', agent), '200');
  const { seen } = served.backends.take();
  assert.equal(seen.length, requests);
  return seen.filter(({ at }) => at.address === '127.6.1.2').length;
}

describe('the weight of a canary on a real NGINX', { skip, timeout: 120_000 }, () => {
  before(async () => {
    const primary = documents(
      ingress({ name: 'shop', host: 'shop.test', service: 'web' }),
      service('web'),
      endpoints('web', ['127.6.1.1']),
    );
    const files = new Map([
      ['primary.yaml', primary],
      ['service.yaml', documents(service('beta'), endpoints('beta', ['127.6.1.2']))],
      ['canary.yaml', canary(5, 100)],
    ]);
    served = await serveFiles({ files });
  });
  after(async () => {
    agent.destroy();
    await served.stop();
  });

  // Four standard deviations of 500 draws.
  for (const [weight, total, least, most] of [
    [0, 100, 0, 0],
    [10, 100, 23, 77],
    [1, 3, 0, 14],
    [333, 1000, 125, 209],
    [50, 50, 205, 295],
    [99, 100, 486, 500],
    [100, 100, 500, 500],
  ] as const) {
    test(`${weight} of ${total}: of 500 requests the canary gets ${least === most ? least : `${least} to ${most}`}, at once and without a reload`, async () => {
      const reloads = served.reloads();
      await served.save('canary.yaml', canary(weight, total));
      const share = await shareOf(500);
      assert.ok(share >= least && share <= most, `${share} requests`);
      assert.equal(served.reloads(), reloads);
    });
  }

  test('no request is lost while the weight changes all the time', async () => {
    const traffic = startTraffic(served.ports.http, 'shop.test');
    const reloads = served.reloads();
    for (let round = 0; round < 10; round += 1) await served.save('canary.yaml', canary(round * 10, 100));
    const { sent, failures } = await traffic.stop();
    assert.deepEqual(failures, []);
    assert.ok(sent > 100, `${sent} requests`);
    assert.equal(served.reloads(), reloads);
  });

  test('without the folder of its share a canary gets nothing, and nobody notices', async () => {
    await served.save('canary.yaml', canary(100, 100));
    const config = await served.config();
    const [, link] = /if \(-e "([^"]+)\/\$\{gatehouse_lot\}"\)/.exec(config) ?? [];

    await rm(link ?? assert.fail('no link'));
    assert.equal(await shareOf(50), 0);
    await served.save('canary.yaml', canary(0, 100));
    await served.save('canary.yaml', canary(100, 100));
    await until('the canary is back', async () => (await shareOf(20)) === 20);
  });
});
