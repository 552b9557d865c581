import assert from 'node:assert/strict';
import { Socket } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { apply, getJson, helm, kubectl, watch } from './kit/commands.ts';
import { backends, ingress, namespace, service } from './kit/objects.ts';
import { balancedAddress, deployment, inPod, install, installMain, nodeAddress, nodePort, settled, uninstall } from './kit/release.ts';
import { accountOf, ask } from './kit/requests.ts';
import { answered, served } from './kit/routes.ts';
import { settings } from './kit/settings.ts';
import { eventually } from './kit/waiting.ts';

const { appNamespace: app } = settings;
const host = 'exposure.example.com';
const url = `http://${host}/cart?of=me`;

before(async () => {
  await installMain();
  await apply(backends(app, 'exposure'), service(app, 'exposure'), ingress(app, 'exposure', { host, paths: [{ service: 'exposure' }] }));
  await kubectl(`rollout status deployment/exposure -n ${app} --timeout 60s`);
});

interface WithStatus {
  readonly status: { readonly loadBalancer?: { readonly ingress?: readonly object[] } };
}

async function statusOf(name: string): Promise<readonly object[]> {
  return (await getJson<WithStatus>(`ingress ${name} -n ${app}`)).status.loadBalancer?.ingress ?? [];
}

/** The address of this machine that the node sees. */
async function ownAddress(): Promise<string> {
  const { address, port } = await nodePort();
  const socket = new Socket();
  await new Promise((resolve, reject) => socket.once('error', reject).connect(port, address, () => resolve(undefined)));
  const own = socket.localAddress ?? '';
  socket.destroy();
  return own;
}

describe('a release in a namespace with Pod Security "restricted"', () => {
  test('answers on a NodePort', async () => {
    const at = await nodePort();
    const { url: path, headers } = await served(at, url);
    assert.equal(path, '/cart?of=me');
    assert.equal(headers['host'], host);
    assert.equal((await ask({ ...at, url: 'http://unknown.example.com/' })).status, 404);
    assert.equal(headers['x-forwarded-port'], '80');
    const secure = accountOf(await ask({ ...(await nodePort('https')), url: `https://${host}/` }));
    assert.deepEqual([secure.headers['x-forwarded-port'], secure.headers['x-forwarded-proto']], ['443', 'https']);
  });

  test('passes helm test', async () => {
    assert.match(await helm(['test', settings.release, '-n', settings.releaseNamespace]), /Phase: +Succeeded/);
  });

  test('shows its nginx.conf, which names the Ingress behind each block', async () => {
    const [pod = ''] = await settled(1);
    const text = await inPod(pod, 'nginx', 'cat', '/run/gatehouse/live/current/nginx.conf');
    assert.match(text, new RegExp(`# ${host}: Ingress ${app}/exposure\n +server \\{`));
    assert.match(text, new RegExp(`# Ingress ${app}/exposure spec\\.rules\\[0\\]\\.http\\.paths\\[0\\]\n`));
    assert.equal(await kubectl(`exec -n ${settings.releaseNamespace} ${deployment} -c nginx -- id -u`), '101\n');
    await assert.rejects(inPod(pod, 'nginx', 'cat', '/var/run/secrets/kubernetes.io/serviceaccount/token'), /No such file/);
  });

  test('logs requests where kubectl finds them, and has nothing to complain about', async () => {
    const [pod = ''] = await settled(1);
    const at = await nodePort();
    await served(at, `http://${host}/logged`);
    const logs = (container: string) => kubectl(`logs -n ${settings.releaseNamespace} ${pod} -c ${container}`);
    await eventually(async () => assert.match(await logs('nginx'), /"GET \/logged HTTP\/1\.1" 200 /));
    const complaints = (await logs('controller'))
      .split('\n')
      .filter((line) => /"level":[456]0/.test(line) && !line.includes('(ServiceWithoutEndpoints)'));
    assert.deepEqual(complaints, []);
  });

  test('publishes an address only when the route answers', async (t) => {
    const at = await nodePort();
    for (let turn = 0; turn < 5; turn += 1) {
      const name = `published-${turn}`;
      const own = `${name}.example.com`;
      const published = new Promise<number>((resolve, reject) => {
        const path = '{.metadata.name} {.status.loadBalancer.ingress[*].ip}{"\\n"}'.replaceAll(' ', '|');
        const child = watch(`ingress -n ${app} -o jsonpath=${path}`, (line) => {
          if (!line.startsWith(`${name}|`) || line === `${name}|`) return;
          child.kill();
          ask({ ...at, url: `http://${own}/` }).then((answer) => resolve(answer.status), reject);
        });
      });
      await apply(ingress(app, name, { host: own, paths: [{ service: 'exposure' }] }));
      assert.equal(await published, 200, 'the status was there before the route');
      await kubectl(`delete ingress ${name} -n ${app}`);
    }
    t.diagnostic('5 of 5 Ingresses answered 200 at the moment when their address appeared');
  });

  test('is behind a load balancer, whose address Ingresses show', {
    skip: !settings.hasLoadBalancer && 'no load balancer here',
  }, async () => {
    await installMain({ service: { type: 'LoadBalancer' } });
    const at = await balancedAddress();
    await served(at, url);
    await eventually(async () => assert.deepEqual(await statusOf('exposure'), [{ ip: at.address }]));
  });

  test('externalTrafficPolicy Local shows the address of the client to backends', async (t) => {
    await installMain({ service: { type: 'NodePort', externalTrafficPolicy: 'Local' } });
    const own = await ownAddress();
    const at = await nodePort();
    await eventually(async () => {
      const { headers } = accountOf(await ask({ ...at, url }));
      assert.equal(headers['x-real-ip'], own);
      assert.equal(headers['x-forwarded-for'], own);
    });
    t.diagnostic(`the backend saw X-Real-IP: ${own}`);
  });

  test('answers on an external address, which Ingresses show', {
    skip: settings.externalIp === undefined && 'no free address',
  }, async () => {
    const address = settings.externalIp ?? '';
    await installMain({ service: { type: 'ClusterIP', externalIPs: [address] } });
    await served({ address, port: 80 }, url);
    await installMain({ service: { type: 'NodePort', externalIPs: [address] } });
    await eventually(async () => assert.deepEqual(await statusOf('exposure'), [{ ip: address }]));
    await served({ address, port: 80 }, url);
  });
});

describe('a release that takes ports of the node', () => {
  const space = 'gatehouse-e2e-node';
  const ours = { name: 'edge', namespace: space };
  const base = { kind: 'DaemonSet', service: { enabled: false }, drainSeconds: 1 };

  before(async () => {
    await apply(namespace(space));
    await apply(ingress(app, 'edge', { host: 'edge.example.com', paths: [{ service: 'exposure' }], className: 'edge' }));
  });
  after(() => kubectl(`delete namespace ${space}`));

  test('answers on host ports 80 and 443', async () => {
    const address = await nodeAddress();
    const extraArgs = { 'publish-status-address': '192.0.2.7' };
    await install({ ...ours, controller: { ...base, hostPort: { enabled: true }, extraArgs } });
    await served({ address, port: 80 }, 'http://edge.example.com/');
    await answered({ address, port: 443 }, 'https://edge.example.com/', 200);
    await answered({ address, port: 80 }, url, 404);
    await eventually(async () => assert.deepEqual(await statusOf('edge'), [{ ip: '192.0.2.7' }]));
    await uninstall(ours);
  });

  test('answers on the network of the node itself, without the rights of root', async () => {
    const address = await nodeAddress();
    await install({ ...ours, controller: { ...base, hostNetwork: true } });
    await eventually(async () => assert.deepEqual(await statusOf('edge'), [{ ip: address }]));
    await served({ address, port: 80 }, 'http://edge.example.com/');
    await answered({ address, port: 443 }, 'https://edge.example.com/', 200);
    const pod = (await kubectl(`get pods -n ${space} -o name -l app.kubernetes.io/component=controller`)).trim();
    const look = (script: string) => kubectl(`exec -n ${space} ${pod} -c nginx -- gatehouse-unprivileged sh -c`, script);
    assert.match(await look('cat /run/gatehouse/live/current/nginx.conf'), /# edge\.example\.com: Ingress /);
    const status = await look('grep -E "^(Uid|CapEff)" "/proc/$(cat /run/gatehouse/live/nginx.pid)/status"');
    assert.match(status, /^Uid:\t101\t101\t101\t101\nCapEff:\t0000000000000400\n$/);
    await uninstall(ours);
  });
});
