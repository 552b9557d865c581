import assert from 'node:assert/strict';
import { Agent, get } from 'node:http';
import { after, before, describe, test } from 'node:test';
import { until } from './kit/machine.ts';
import { documents, endpoints, ingress, service } from './kit/manifests.ts';
import { type Served, serveFiles, whyNotServed } from './kit/served.ts';
import { startTraffic } from './kit/traffic.ts';

const skip = whyNotServed() ?? false;
const five = ['127.6.0.1', '127.6.0.2', '127.6.0.3', '127.6.0.4', '127.6.0.5'];
const six = [...five, '127.6.0.6'];
/** How many requests an endpoint may get: what is drawn is within four standard deviations, and hashing cuts the ring unevenly. */
const near = { exact: [100, 100], even: [80, 120], drawn: [60, 140], hashed: [40, 160] } as const;

const hosts = {
  robin: { 'load-balance': 'round_robin' },
  least: { 'load-balance': 'least_conn' },
  random: { 'load-balance': 'random' },
  ewma: { 'load-balance': 'ewma' },
  hash: { 'upstream-hash-by': '$http_x_key' },
  subset: { 'upstream-hash-by': '$http_x_key', 'upstream-hash-by-subset': 'true', 'upstream-hash-by-subset-size': '2' },
  balanced: { affinity: 'cookie' },
  persistent: { affinity: 'cookie', 'affinity-mode': 'persistent' },
} as const;

function annotated(name: string, annotations: Readonly<Record<string, string>>): string {
  return ingress({ name, host: `${name}.test`, service: 'app', annotations });
}

let served: Served;
const agent = new Agent({ keepAlive: true, maxSockets: 1 });

/** The cookie that an answer brings. */
function ask(host: string, headers: Readonly<Record<string, string>> = {}): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port: served.ports.http, headers: { Host: `${host}.test`, ...headers }, agent };
    const request = get(options, (response) => {
      response.resume();
      response.on('end', () => {
        if (response.statusCode === 200) resolve(response.headers['set-cookie']?.[0]?.split(';')[0]);
        else reject(new Error(`${host}: ${response.statusCode}`));
      });
    });
    request.on('error', reject);
  });
}

/** The address that answered each of the requests, in their order. */
async function placesOf(host: string, requests: readonly Readonly<Record<string, string>>[]): Promise<readonly string[]> {
  served.backends.take();
  for (const headers of requests) await ask(host, headers);
  const places = served.backends
    .take()
    .seen.filter(({ headers }) => headers.some(([name, value]) => name === 'Host' && value === `${host}.test`))
    .map(({ at }) => at.address);
  assert.equal(places.length, requests.length);
  return places;
}

function countsOf(places: readonly string[]): ReadonlyMap<string, number> {
  return new Map([...new Set(places)].sort().map((place) => [place, places.filter((one) => one === place).length]));
}

const keys = Array.from({ length: 500 }, (_, index) => ({ 'X-Key': `user-${index}` }));

/** Changes the endpoints, and waits until those that are gone get no more requests, and new ones do. */
async function change(host: string, addresses: readonly string[]): Promise<void> {
  await served.save('endpoints.yaml', endpoints('app', addresses));
  const wanted = [...addresses].sort();
  const probes = host === 'hash' ? keys : Array.from({ length: 100 }, () => ({}));
  await until(`the endpoints of ${host} are ${addresses.length}`, async () => {
    const places = [...countsOf(await placesOf(host, probes)).keys()];
    return JSON.stringify(places) === JSON.stringify(wanted);
  });
}

/** Clients that keep the cookie of their first answer. */
async function clientsOf(host: string, count: number): Promise<readonly Readonly<Record<string, string>>[]> {
  const clients: Record<string, string>[] = [];
  while (clients.length < count) clients.push({ Cookie: (await ask(host)) ?? assert.fail('no cookie') });
  return clients;
}

describe('balancing on a real NGINX', { skip, timeout: 120_000 }, () => {
  before(async () => {
    const rules = documents(...Object.entries(hosts).map(([name, annotations]) => annotated(name, annotations)), service('app'));
    const files = new Map([
      ['rules.yaml', rules],
      ['endpoints.yaml', endpoints('app', five)],
    ]);
    served = await serveFiles({ files, later: endpoints('app', six) });
  });
  after(async () => {
    agent.destroy();
    await served.stop();
  });

  for (const [host, [least, most]] of [
    ['robin', near.exact],
    ['least', near.even],
    ['random', near.drawn],
    ['ewma', near.drawn],
    ['hash', near.hashed],
    ['balanced', near.hashed],
    ['persistent', near.exact],
  ] as const) {
    test(`${host}: of 500 requests each of five endpoints gets ${least === most ? least : `${least} to ${most}`}`, async () => {
      const counts = countsOf(await placesOf(host, keys));
      assert.deepEqual([...counts.keys()], five);
      for (const [place, count] of counts) assert.ok(count >= least && count <= most, `${place} got ${count} requests`);
    });
  }

  test('a subset of two: one key goes to one or two endpoints, and all keys to all', async () => {
    const all = await placesOf('subset', keys);
    assert.equal(countsOf(all).size, 5);
    const sizes: number[] = [];
    for (const key of keys.slice(0, 20))
      sizes.push(
        countsOf(
          await placesOf(
            'subset',
            Array.from({ length: 20 }, () => key),
          ),
        ).size,
      );
    assert.deepEqual([...new Set(sizes)].sort(), [1, 2]);
  });

  test('a hash: when an endpoint goes its keys alone move, and they return with it; a new one takes its share and nothing else moves', async () => {
    const before = await placesOf('hash', keys);
    await change('hash', five.slice(0, 4));
    const without = await placesOf('hash', keys);
    assert.deepEqual(
      without.filter((place, index) => before[index] !== '127.6.0.5' && place !== before[index]),
      [],
    );
    await change('hash', six);
    const more = await placesOf('hash', keys);
    const moved = more.filter((place, index) => place !== before[index]);
    assert.deepEqual(new Set(moved), new Set(['127.6.0.6']));
    assert.ok(moved.length > 30 && moved.length < 150, `${moved.length} of 500 keys moved`);
    await change('hash', five);
    assert.deepEqual(await placesOf('hash', keys), before);
  });

  test('a balanced cookie: a new endpoint takes over some clients, who keep their cookies; a reload moves nobody', async () => {
    const clients = await clientsOf('balanced', 100);
    const before = await placesOf('balanced', clients);
    assert.deepEqual(await placesOf('balanced', clients), before);
    await change('balanced', six);
    const more = await placesOf('balanced', clients);
    assert.deepEqual(new Set(more.filter((place, index) => place !== before[index])), new Set(['127.6.0.6']));
    const reloads = served.reloads();
    await served.save('other.yaml', annotated('other', hosts.robin));
    assert.equal(served.reloads(), reloads + 1);
    assert.deepEqual(await placesOf('balanced', clients), more);
    for (const client of clients.slice(0, 10)) assert.equal(await ask('balanced', client), undefined);
    await change('balanced', five);
    assert.deepEqual(await placesOf('balanced', clients), before);
  });

  test('a persistent cookie: a new endpoint takes over nobody, a reload moves nobody, and a lost endpoint moves its clients alone', async () => {
    const clients = await clientsOf('persistent', 50);
    const before = await placesOf('persistent', clients);
    await change('persistent', six);
    assert.deepEqual(await placesOf('persistent', clients), before);
    const reloads = served.reloads();
    await served.save('another.yaml', annotated('another', hosts.robin));
    assert.equal(served.reloads(), reloads + 1);
    assert.deepEqual(await placesOf('persistent', clients), before);
    await change('persistent', six.slice(1));
    const without = await placesOf('persistent', clients);
    assert.deepEqual(
      without.filter((place, index) => place !== before[index] && before[index] !== '127.6.0.1'),
      [],
    );
    await change('persistent', five);
  });

  test('no request is lost while endpoints come and go under affinity', async () => {
    const traffic = ['balanced', 'persistent', 'least'].map((host) => startTraffic(served.ports.http, `${host}.test`));
    const changes = async () => {
      for (const addresses of [five.slice(2), six.slice(1), five.slice(0, 2), five]) await change('robin', addresses);
    };
    const outcome = await changes().catch((error: unknown) => error);
    const results = await Promise.all(traffic.map((one) => one.stop()));
    assert.equal(outcome, undefined);
    assert.deepEqual(
      results.flatMap(({ failures }) => failures),
      [],
    );
    for (const { sent } of results) assert.ok(sent > 100, `${sent} requests`);
  });
});
