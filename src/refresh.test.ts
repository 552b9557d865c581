import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Built } from './model/built.ts';
import type { EndpointSet, Secret } from './model/objects.ts';
import type { Upstream } from './model/routing.ts';
import type { Endpoint, EndpointSource, Pem, Runtime } from './model/runtime.ts';
import type { Snapshot } from './model/snapshot.ts';
import { createRefresh } from './refresh.ts';

/** Facts are texts: `web 10.0.0.1:80` for endpoints, `web a` for a certificate or a file. */
interface Facts {
  readonly revision: number;
  readonly endpoints?: readonly string[];
  readonly secrets?: readonly string[];
  readonly services?: readonly string[];
}

function snapshot({ revision, endpoints = [], secrets = [], services = ['web', 'api'] }: Facts): Snapshot {
  const none = new Map();
  const table = <T>(lines: readonly string[]) => new Map(lines.map((line) => [line, line as unknown as T]));
  return {
    revision,
    now: revision,
    ingresses: none,
    ingressClasses: none,
    services: table(services),
    endpoints: table<EndpointSet>(endpoints),
    secrets: table<Secret>(secrets),
    configMaps: none,
    namespaces: none,
  };
}

function endpointOf(text: string): Endpoint {
  const [address = '', port] = text.split(':');
  return { address, port: Number(port) };
}

/** Each Service is an upstream; one whose endpoints have another port than 80 is asked for in another way. */
function build({ services, endpoints, secrets }: Snapshot): Built {
  const lines = (map: ReadonlyMap<string, unknown>) => [...map.keys()].map((line) => line.split(' ') as [string, string]);
  const sources = new Map<string, EndpointSource>(
    [...services.keys()].map((id) => [
      id,
      id.startsWith('outside')
        ? { kind: 'externalName', name: 'example.com', port: 80 }
        : {
            kind: 'addresses',
            endpoints: lines(endpoints).flatMap(([name, address]) => (name === id ? [endpointOf(address)] : [])),
          },
    ]),
  );
  const isPlain = (source: EndpointSource) => source.kind !== 'addresses' || source.endpoints.every(({ port }) => port === 80);
  const upstreams = [...sources].map(
    ([id, source]): Upstream => ({
      id,
      service: { kind: 'Service', namespace: 'default', name: id },
      port: '80',
      resolution: isPlain(source) ? { kind: 'A', port: 80 } : { kind: 'SRV' },
      ipv6: false,
      balancing: { kind: 'round_robin' },
    }),
  );
  const values = lines(secrets);
  return {
    topology: { http: [], servers: [], streams: [], ...split(upstreams) },
    runtime: {
      endpoints: sources,
      certificates: new Map(values.map(([name, value]): [string, Pem | 'default'] => [name, value === '-' ? 'default' : pem(value)])),
      files: new Map(values.map(([name, value]) => [name, `content ${value}`])),
    },
    selected: [],
    diagnostics: [],
  };
}

/** Those of TCP and UDP ports are kept apart. */
function split(all: readonly Upstream[]) {
  const isPort = ({ id }: Upstream) => id.startsWith('port');
  return { upstreams: all.filter((one) => !isPort(one)), streamUpstreams: all.filter(isPort) };
}

function pem(value: string): Pem {
  return { key: `key ${value}`, chain: `chain ${value}` };
}

function text({ endpoints, certificates, files = new Map() }: Runtime): readonly string[] {
  const places = [...endpoints].map(([id, source]) =>
    source.kind === 'addresses' ? `${id} ${source.endpoints.map(({ address, port }) => `${address}:${port}`)}` : `${id} ${source.kind}`,
  );
  const pems = [...certificates].map(([id, value]) => `${id} ${value === 'default' ? value : value.key}`);
  return [...places, ...pems, ...[...files].map(([id, content]) => `${id} ${content}`)];
}

/** What was published, one list for each time; `builds` counts. */
function place() {
  const published: (readonly string[])[] = [];
  let builds = 0;
  const refresh = createRefresh({
    build: (facts) => {
      builds += 1;
      return build(facts);
    },
    publish: async (values) => {
      published.push(text(values));
    },
  });
  return {
    published,
    builds: () => builds,
    refresh: refresh.refresh,
    handOver: (facts: Snapshot) => text(refresh.handOver(facts, build(facts))),
  };
}

const both = ['web 10.0.0.1:80', 'api 10.0.0.2:80'];

test('nothing is refreshed before there was a batch', async () => {
  const { published, refresh } = place();
  await refresh(snapshot({ revision: 1, endpoints: both }));
  assert.deepEqual(published, []);
});

test('endpoints of upstreams that were handed over are published; a new Service has to wait for its batch', async () => {
  const { published, refresh, handOver } = place();
  handOver(snapshot({ revision: 1, endpoints: both }));
  const endpoints = ['web 10.0.0.9:80', 'api 10.0.0.2:80', 'new 10.0.0.3:80'];
  await refresh(snapshot({ revision: 2, endpoints, services: ['web', 'api', 'new'] }));
  assert.deepEqual(published, [['web 10.0.0.9:80', 'api 10.0.0.2:80']]);
});

test('endpoints behind TCP and UDP ports are published too', async () => {
  const { published, refresh, handOver } = place();
  handOver(snapshot({ revision: 1, services: ['port'] }));
  await refresh(snapshot({ revision: 2, services: ['port'], endpoints: ['port 10.0.0.9:80'] }));
  assert.deepEqual(published, [['port 10.0.0.9:80']]);
});

test('a Service that is gone waits for its batch', async () => {
  const { published, refresh, handOver } = place();
  handOver(snapshot({ revision: 1, endpoints: both }));
  await refresh(snapshot({ revision: 2, endpoints: ['web 10.0.0.9:80'], services: [] }));
  assert.deepEqual(published, [['web 10.0.0.9:80', 'api ']]);
});

test('files are published when their content has changed, and all certificates when one of them has', async () => {
  const { published, refresh, handOver } = place();
  handOver(snapshot({ revision: 1, services: [], secrets: ['one a', 'two a', 'three a'] }));
  await refresh(snapshot({ revision: 2, services: [], secrets: ['one a', 'two b', 'three -', 'four a'] }));
  await refresh(snapshot({ revision: 3, services: [], secrets: ['one a', 'two b', 'three -'], endpoints: both }));
  assert.deepEqual(published, [['one key a', 'two key b', 'three default', 'two content b', 'three content -']]);
});

test('changes of nothing but routes lead to no build and publish nothing', async () => {
  const { published, builds, refresh, handOver } = place();
  const before = snapshot({ revision: 1, endpoints: both });
  handOver(before);
  await refresh({ ...before, revision: 2, services: new Map() });
  assert.deepEqual([published, builds()], [[], 0]);
});

test('names of the outside world are passed on each time, as their addresses change without any fact', async () => {
  const { published, builds, refresh, handOver } = place();
  const before = snapshot({ revision: 1, endpoints: both, services: ['web', 'outside'] });
  handOver(before);
  await refresh(before);
  assert.deepEqual([published, builds()], [[['outside externalName']], 0]);
});

test('an upstream whose printed form would change waits for the reload', async () => {
  const { published, refresh, handOver } = place();
  handOver(snapshot({ revision: 1, endpoints: both }));
  await refresh(snapshot({ revision: 2, endpoints: ['web 10.0.0.9:81', 'api 10.0.0.8:80'] }));
  assert.deepEqual(published, [['api 10.0.0.8:80']]);
});

test('a batch with older facts does not take back what was refreshed meanwhile', async () => {
  const { refresh, handOver } = place();
  handOver(snapshot({ revision: 1, endpoints: both }));
  await refresh(snapshot({ revision: 3, endpoints: ['web 10.0.0.9:80', 'api 10.0.0.2:80'], secrets: ['one b'] }));
  const older = snapshot({ revision: 2, endpoints: both, secrets: ['one a'], services: ['web', 'api', 'new'] });
  assert.deepEqual(handOver(older), ['web 10.0.0.9:80', 'api 10.0.0.2:80', 'new ', 'one key b', 'one content b']);
  const newer = snapshot({ revision: 4, endpoints: both, secrets: ['one c'] });
  assert.deepEqual(handOver(newer), [...both, 'one key c', 'one content c']);
});

test('facts that are older than what was published are not refreshed', async () => {
  const { published, refresh, handOver } = place();
  handOver(snapshot({ revision: 5, endpoints: both }));
  await refresh(snapshot({ revision: 4, endpoints: ['web 10.0.0.9:80'] }));
  assert.deepEqual(published, []);
});
