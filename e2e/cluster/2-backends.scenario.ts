import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import { Socket } from 'node:net';
import { networkInterfaces } from 'node:os';
import { after, before, describe, test } from 'node:test';
import { apply, kubectl } from './kit/commands.ts';
import { backends, ingress, type Path, service } from './kit/objects.ts';
import { type Address, installMain, nodePort } from './kit/release.ts';
import { answered, podsBehind, served } from './kit/routes.ts';
import { settings } from './kit/settings.ts';
import { eventually } from './kit/waiting.ts';

const { appNamespace: app, otherNamespace: other } = settings;
let at: Address;
let outside: Server;
/** This machine as the node sees it. */
let own = '';

before(async () => {
  // The address of the client is kept, for session affinity.
  await installMain({ service: { type: 'NodePort', externalTrafficPolicy: 'Local' } });
  at = await nodePort();
  own = await addressTowards(at);
  outside = createServer((request, response) =>
    response.end(JSON.stringify({ pod: 'outside', port: 0, url: request.url, headers: request.headers })),
  );
  await new Promise((resolve) => outside.listen(0, own, () => resolve(undefined)));
  await apply(
    backends(app, 'plain', { replicas: 3 }),
    backends(app, 'ports', { ports: { public: 8081, admin: 8082 } }),
    backends(other, 'far'),
  );
  for (const name of ['plain', 'ports']) await kubectl(`rollout status deployment/${name} -n ${app} --timeout 90s`);
  await kubectl(`rollout status deployment/far -n ${other} --timeout 60s`);
});
after(() => outside.close());

async function addressTowards({ address, port }: Address): Promise<string> {
  const socket = new Socket();
  await new Promise((resolve, reject) => socket.once('error', reject).connect(port, address, () => resolve(undefined)));
  const local = socket.localAddress ?? '';
  socket.destroy();
  return local;
}

/** Makes an Ingress for one host and gives back its URL. */
async function route(name: string, ...paths: readonly Path[]): Promise<string> {
  const host = `${name}.example.com`;
  await apply(ingress(app, name, { host, paths }));
  return `http://${host}/`;
}

/** All of the Pods answer, and nobody else. */
function reaches(url: string, count: number): Promise<void> {
  return eventually(async () => {
    const pods = await podsBehind({ ...at, url }, 60);
    assert.deepEqual([pods.length, pods.filter((pod) => !pod.startsWith('plain-'))], [count, []]);
  });
}

describe('Services', () => {
  test('of type ClusterIP are reached at all of their Pods', async () => {
    await apply(service(app, 'plain'));
    await reaches(await route('cluster-ip', { service: 'plain' }), 3);
  });

  test('without an address of their own (headless) too', async () => {
    await apply(service(app, 'headless', { clusterIP: 'None', selector: { app: 'plain' } }));
    await reaches(await route('headless', { service: 'headless' }), 3);
  });

  test('with several ports are reached by number and by name', async () => {
    const ports = [
      { name: 'public', port: 80, targetPort: 'public' },
      { name: 'admin', port: 9000, targetPort: 8082 },
    ];
    await apply(service(app, 'ports', { ports }));
    const url = await route(
      'ports',
      { path: '/', service: 'ports' },
      { path: '/admin', service: 'ports', port: 'admin' },
      { path: '/number', service: 'ports', port: 9000 },
    );
    assert.equal((await served(at, url)).port, 8081);
    assert.equal((await served(at, `${url}admin`)).port, 8082);
    assert.equal((await served(at, `${url}number`)).port, 8082);
  });

  test('of type ExternalName lead to a Service of another namespace', async () => {
    await apply(service(other, 'far', { ports: [{ name: 'http', port: 8080, targetPort: 'http' }] }));
    const externalName = `far.${other}.svc.cluster.local`;
    await apply(service(app, 'external', { type: 'ExternalName', externalName, selector: null, ports: [{ port: 8080 }] }));
    const { pod } = await served(at, await route('external', { service: 'external', port: 8080 }), 30_000);
    assert.match(pod, /^far-/);
  });

  test('without a selector are served by endpoints outside of the cluster', async () => {
    const { port } = outside.address() as { readonly port: number };
    const slice = {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { name: 'beyond-1', namespace: app, labels: { 'kubernetes.io/service-name': 'beyond' } },
      addressType: 'IPv4',
      endpoints: [{ addresses: [own], conditions: { ready: true } }],
      ports: [{ name: 'http', port, protocol: 'TCP' }],
    };
    await apply(service(app, 'beyond', { selector: null, ports: [{ name: 'http', port: 80, targetPort: port }] }), slice);
    assert.equal((await served(at, await route('beyond', { service: 'beyond' }))).pod, 'outside');
  });

  test('without a selector are served by Endpoints that are written by hand', async () => {
    const { port } = outside.address() as { readonly port: number };
    const endpoints = {
      apiVersion: 'v1',
      kind: 'Endpoints',
      metadata: { name: 'older', namespace: app },
      subsets: [{ addresses: [{ ip: own }], ports: [{ name: 'http', port }] }],
    };
    await apply(service(app, 'older', { selector: null, ports: [{ name: 'http', port: 80, targetPort: port }] }), endpoints);
    assert.equal((await served(at, await route('older', { service: 'older' }))).pod, 'outside');
  });

  test('with sessionAffinity ClientIP answer a client with one Pod', async (t) => {
    await apply(service(app, 'sticky', { selector: { app: 'plain' }, sessionAffinity: 'ClientIP' }));
    const url = await route('sticky', { service: 'sticky' });
    await served(at, url);
    const addresses = Object.values(networkInterfaces()).flatMap((list) =>
      (list ?? []).filter((one) => one.family === 'IPv4' && !one.internal).map((one) => one.address),
    );
    for (const from of addresses) {
      const pods = await podsBehind({ ...at, url, from }, 30);
      t.diagnostic(`30 requests from ${from} were answered by ${pods.join(', ')}`);
      assert.equal(pods.length, 1);
    }
  });

  test('that do not exist are answered with 503, and the Ingress says why', async () => {
    const url = await route('missing', { service: 'missing' });
    await answered(at, url, 503);
    const description = await eventually(async () => {
      const text = await kubectl(`describe ingress missing -n ${app}`);
      assert.match(
        text,
        /Warning +ServiceMissing .* gatehouse +spec\.rules\[0\]\.http\.paths\[0\]\.backend\.service\.name: there is no Service /,
      );
      return text;
    });
    assert.equal(description.match(/ServiceMissing/g)?.length, 1);
    await apply(service(app, 'missing', { selector: { app: 'plain' } }));
    await reaches(url, 3);
  });
});

describe('Pods that know their zone', () => {
  const label = 'topology.kubernetes.io/zone';
  let zone = '';
  let isLabelled = false;

  before(async () => {
    zone = await kubectl(`get nodes -o jsonpath={.items[0].metadata.labels.${label.replaceAll('.', '\\.')}}`);
    if (zone === '') {
      zone = 'north';
      isLabelled = true;
      await kubectl(`label nodes --all ${label}=${zone}`);
    }
    await installMain({ service: { type: 'NodePort', externalTrafficPolicy: 'Local' }, enableTopologyAwareRouting: true });
  });
  after(async () => {
    if (isLabelled) await kubectl(`label nodes --all ${label}-`);
  });

  test('send requests to the endpoints that are meant for it, until one says nothing of zones', async () => {
    const addresses = (await kubectl(`get pods -n ${app} -l app=plain -o jsonpath={.items[*].status.podIP}`)).split(' ');
    const slice = (hints: readonly (string | undefined)[]) => ({
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { name: 'zoned-1', namespace: app, labels: { 'kubernetes.io/service-name': 'zoned' } },
      addressType: 'IPv4',
      endpoints: addresses.map((address, index) => ({
        addresses: [address],
        conditions: { ready: true },
        ...(hints[index] === undefined ? {} : { hints: { forZones: [{ name: hints[index] }] } }),
      })),
      ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
    });
    await apply(service(app, 'zoned', { selector: null }), slice([zone, zone, 'elsewhere']));
    const url = await route('zoned', { service: 'zoned' });
    await reaches(url, 2);
    await apply(slice([zone, zone]));
    await reaches(url, 3);
  });
});
