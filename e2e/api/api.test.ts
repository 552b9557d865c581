import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { after, before, describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { type ApiAnswer, fieldsOf } from '../../src/model/api.ts';
import { diagnostic } from '../../src/model/diagnostic.ts';
import { kinds } from '../../src/model/objects.ts';
import { createEvents } from '../../src/report/events.ts';
import { createStatus } from '../../src/report/status.ts';
import { type Kube, type KubeOptions, startKube } from '../../src/sources/kube.ts';
import { createKubeApi, type KubeApi } from '../../src/sources/kube-api.ts';
import { parseLabelSelector } from '../../src/sources/kube-selector.ts';
import { realTiming } from '../../src/sources/kube-timing.ts';
import { createStore, type Store } from '../../src/sources/store.ts';
import { type ControlPlane, startControlPlane } from './control-plane.ts';
import { findPrograms, type Programs } from './programs.ts';
import { startTcpProxy, type TcpProxy } from './tcp-proxy.ts';

const programs = findPrograms(process.env);
const skip = typeof programs === 'string' ? programs : false;
/** 30 where time is no matter. */
const outageSeconds = Number(process.env['GATEHOUSE_API_OUTAGE_SECONDS'] ?? 5);

/** What a watcher of the cluster sees. */
interface Followed {
  readonly kube: Kube;
  readonly store: Store;
  readonly troubles: readonly string[];
  /** Lists and refusals with 410 so far. */
  readonly counts: { lists: number; gone: number };
  until(what: string, condition: () => boolean): Promise<void>;
  stop(): Promise<void>;
}

describe('a real API server', { skip }, () => {
  let plane: ControlPlane;
  let proxy: TcpProxy;
  let admin: KubeApi;

  before(async () => {
    plane = await startControlPlane(programs as Programs);
    proxy = await startTcpProxy(plane.port);
    admin = createKubeApi({ kubeconfig: await plane.kubeconfig('admin'), userAgent: 'gatehouse/test', perSecond: 1e6 });
    for (const name of ['shop', 'gatehouse', 'mine']) await create('/api/v1/namespaces', { metadata: { name, labels: { team: name } } });
  });

  after(async () => {
    admin?.close();
    await proxy?.close();
    await plane?.stop();
  });

  async function create(path: string, body: unknown): Promise<ApiAnswer> {
    const answer = await admin.request({ method: 'POST', path, body });
    assert.equal(answer.status, 201, JSON.stringify(answer.body));
    return answer;
  }

  async function read(path: string, query: Record<string, string> = {}): Promise<Readonly<Record<string, unknown>>> {
    const answer = await admin.request({ method: 'GET', path, query });
    assert.equal(answer.status, 200, JSON.stringify(answer.body));
    return fieldsOf(answer.body);
  }

  const service = (name: string) => ({ metadata: { name }, spec: { selector: { app: name }, ports: [{ port: 80 }] } });
  const secret = (name: string, text: string, type = 'Opaque') => ({ metadata: { name }, type, stringData: { text } });
  const ingress = (name: string) => ({
    metadata: { name },
    spec: {
      rules: [
        {
          host: `${name}.example.com`,
          http: { paths: [{ path: '/', pathType: 'Prefix', backend: { service: { name: 'web', port: { number: 80 } } } }] },
        },
      ],
    },
  });
  const services = (namespace: string) => `/api/v1/namespaces/${namespace}/services`;
  const secrets = (namespace: string) => `/api/v1/namespaces/${namespace}/secrets`;
  const ingresses = (namespace: string) => `/apis/networking.k8s.io/v1/namespaces/${namespace}/ingresses`;

  async function follow(account: 'admin' | 'scoped' = 'admin', options: Partial<KubeOptions> = {}): Promise<Followed> {
    const api = createKubeApi({ kubeconfig: await plane.kubeconfig(account, proxy.port), userAgent: 'gatehouse/test' });
    const store = createStore({ kinds, now: () => 0 });
    const troubles: string[] = [];
    const counts = { lists: 0, gone: 0 };
    let wake = (): void => undefined;
    const kube = startKube({
      api: counted(api, counts),
      sink: (event) => {
        store.apply(event);
        wake();
      },
      onTrouble: ({ scope, message, status }) => troubles.push(`${scope.resource.apiKind} ${status ?? 'well'} ${message ?? ''}`),
      ...options,
    });
    return {
      kube,
      store,
      troubles,
      counts,
      async until(what, condition) {
        const late = AbortSignal.timeout(45_000);
        while (!condition()) {
          if (late.aborted) assert.fail(`${what}: not after 45 s; ${troubles.slice(-5).join('; ')}`);
          await Promise.race([
            new Promise<void>((resolve) => {
              wake = resolve;
            }),
            pause(200),
          ]);
        }
      },
      async stop() {
        await kube.stop();
        api.close();
      },
    };
  }

  test('all kinds are delivered, Secrets only when they are referenced, and changes arrive', async () => {
    await create(services('shop'), service('web'));
    await create(secrets('shop'), secret('wanted', 'one'));
    await create(secrets('shop'), secret('other', 'one'));
    await create(secrets('shop'), secret('release', 'one', 'helm.sh/release.v1'));
    await create(ingresses('shop'), ingress('web'));
    await create('/apis/networking.k8s.io/v1/ingressclasses', {
      metadata: { name: 'nginx' },
      spec: { controller: 'k8s.io/ingress-nginx' },
    });
    await create('/apis/discovery.k8s.io/v1/namespaces/shop/endpointslices', {
      metadata: { name: 'web-1', labels: { 'kubernetes.io/service-name': 'web' } },
      addressType: 'IPv4',
      endpoints: [{ addresses: ['10.1.0.1'] }],
      ports: [{ name: '', port: 8080, protocol: 'TCP' }],
    });
    const followed = await follow();
    await followed.until('synced', () => followed.store.isSynced());
    const { snapshot } = followed.store;
    assert.deepEqual([...snapshot().services.keys()].sort(), ['default/kubernetes', 'shop/web']);
    assert.deepEqual(
      [...snapshot().endpoints.keys()].filter((key) => key.includes('shop')),
      ['EndpointSlice/shop/web-1'],
    );
    assert.deepEqual([...snapshot().ingressClasses.keys()], ['/nginx']);
    assert.deepEqual([...snapshot().secrets.keys()], []);
    const text = (name: string) => Buffer.from(snapshot().secrets.get(`shop/${name}`)?.data.get('text') ?? []).toString();
    await followed.kube.setReferenced({
      secrets: new Set(['shop/wanted', 'shop/later', 'shop/release']),
      configMaps: new Set(['shop/kube-root-ca.crt']),
    });
    assert.deepEqual([...snapshot().secrets.keys()], ['shop/wanted']);
    await admin.request({
      method: 'PATCH',
      path: `${secrets('shop')}/wanted`,
      contentType: 'application/merge-patch+json',
      body: { stringData: { text: 'two' } },
    });
    await create(secrets('shop'), secret('later', 'new'));
    await followed.until('the new Secret', () => text('later') === 'new');
    assert.equal(text('wanted'), 'two');
    assert.deepEqual(followed.store.diagnostics(), []);
    assert.deepEqual(followed.troubles, []);
    await followed.stop();
  });

  test('a list longer than a page is read whole', async () => {
    const names = Array.from({ length: 520 }, (_, index) => `bulk-${index}`);
    for (let start = 0; start < names.length; start += 40)
      await Promise.all(
        names
          .slice(start, start + 40)
          .map((name) => create('/api/v1/namespaces/shop/configmaps', { metadata: { name }, data: { a: 'b' } })),
      );
    const followed = await follow();
    await followed.until('synced', () => followed.store.isSynced());
    await followed.kube.setReferenced({ secrets: new Set(), configMaps: new Set(names.map((name) => `shop/${name}`)) });
    assert.equal(followed.store.snapshot().configMaps.size, 520);
    await followed.stop();
  });

  test('an account with a Role in one namespace is enough, without IngressClasses', async () => {
    const rules = [
      { apiGroups: [''], resources: ['services', 'secrets', 'configmaps'], verbs: ['get', 'list', 'watch'] },
      { apiGroups: ['networking.k8s.io'], resources: ['ingresses'], verbs: ['get', 'list', 'watch'] },
      { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: ['list', 'watch'] },
    ];
    const rbac = '/apis/rbac.authorization.k8s.io/v1/namespaces/mine';
    await create(`${rbac}/roles`, { metadata: { name: 'gatehouse' }, rules });
    const subjects = [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'scoped' }];
    const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'gatehouse' };
    await create(`${rbac}/rolebindings`, { metadata: { name: 'gatehouse' }, subjects, roleRef });
    await create(services('mine'), service('inside'));
    const followed = await follow('scoped', { watchNamespace: 'mine' });
    await followed.until('synced', () => followed.store.isSynced());
    assert.deepEqual([...followed.store.snapshot().services.keys()], ['mine/inside']);
    assert.equal(followed.store.snapshot().ingressClasses.size, 0);
    await followed.until('the word about IngressClasses', () => followed.troubles.length > 0);
    assert.match(followed.troubles.join('\n'), /^IngressClass 403 .*ingressclasses.*forbidden.*$/);
    await followed.stop();
  });

  test('namespaces are selected by their labels, live', async () => {
    const selector = parseLabelSelector('team in (mine)');
    assert.ok(selector.ok);
    const followed = await follow('admin', { namespaceSelector: selector.matches });
    await followed.until('synced', () => followed.store.isSynced());
    const keys = () => [...followed.store.snapshot().services.keys()].sort().join(' ');
    assert.equal(keys(), 'mine/inside');
    const label = (team: string) =>
      admin.request({
        method: 'PATCH',
        path: '/api/v1/namespaces/shop',
        contentType: 'application/merge-patch+json',
        body: { metadata: { labels: { team } } },
      });
    await label('mine');
    await followed.until('the Services of the namespace', () => keys() === 'mine/inside shop/web');
    await label('shop');
    await followed.until('their end', () => keys() === 'mine/inside');
    await followed.stop();
  });

  test('a status is written, and taken back only when the API server remembers that it was ours', async () => {
    const addresses = [{ ip: '192.0.2.1' }];
    await create(ingresses('shop'), ingress('foreign'));
    await admin.request({
      method: 'PATCH',
      path: `${ingresses('shop')}/foreign/status`,
      query: { fieldManager: 'other-controller' },
      contentType: 'application/merge-patch+json',
      body: { status: { loadBalancer: { ingress: addresses } } },
    });
    const followed = await follow();
    const found = (name: string) => followed.store.snapshot().ingresses.get(`shop/${name}`);
    const shown = (name: string) => JSON.stringify(found(name)?.loadBalancer);
    await followed.until('synced', () => followed.store.isSynced());
    const status = createStatus({ api: admin, isLeader: () => true, fieldManager: 'gatehouse', timing: realTiming });
    const publish = (ours: readonly string[], others: readonly string[]) => {
      const list = (names: readonly string[]) => names.map(found).filter((one) => one !== undefined);
      status.publish({ ingresses: list(ours), others: list(others), addresses });
      return status.idle();
    };
    await publish(['web'], ['foreign']);
    await followed.until('the address', () => shown('web') === '[{"ip":"192.0.2.1"}]');
    await publish([], ['web', 'foreign']);
    await followed.until('its end', () => shown('web') === '[]');
    assert.equal(shown('foreign'), '[{"ip":"192.0.2.1"}]');
    await status.stop({ clear: false });
    await followed.stop();
  });

  test('a complaint is an Event that kubectl describe shows, once for all replicas', async (context) => {
    const followed = await follow();
    await followed.until('synced', () => followed.store.isSynced());
    const ref = { kind: 'Ingress', namespace: 'shop', name: 'web' };
    const complaint = diagnostic('ServiceWithoutEndpoints', ref, 'spec.rules[0]', 'the Service shop/web has no endpoint that is ready');
    for (const instance of ['gatehouse-1', 'gatehouse-2']) {
      const troubles: string[] = [];
      const events = createEvents({
        api: admin,
        isLeader: () => true,
        instance,
        timing: realTiming,
        onTrouble: (one) => troubles.push(one),
      });
      events.report({ snapshot: followed.store.snapshot(), diagnostics: [complaint] });
      await events.idle();
      assert.deepEqual(troubles, []);
    }
    const uid = followed.store.snapshot().ingresses.get('shop/web')?.metadata.uid ?? '';
    const { items } = await read('/api/v1/namespaces/shop/events', { fieldSelector: `involvedObject.uid=${uid}` });
    assert.equal((items as readonly unknown[]).length, 1);
    const { kubectl } = programs as Programs;
    if (kubectl === undefined) context.diagnostic('kubectl was not found: what it shows is not looked at');
    else {
      const described = execFileSync(
        kubectl,
        ['--kubeconfig', await plane.kubeconfig('admin'), '-n', 'shop', 'describe', 'ingress', 'web'],
        { encoding: 'utf8' },
      );
      assert.match(
        described,
        /Warning\s+ServiceWithoutEndpoints\s+\S+\s+gatehouse\s+spec\.rules\[0\]: the Service shop\/web has no endpoint/,
      );
    }
    await followed.stop();
  });

  test('of two processes one leads; when it is killed the other does, and one that stops hands over at once', {
    timeout: 60_000,
  }, async (context) => {
    const ttlMs = 4_000;
    const kubeconfig = await plane.kubeconfig('admin');
    const lease = async () => fieldsOf((await read('/apis/coordination.k8s.io/v1/namespaces/gatehouse/leases/leader'))['spec']);
    const replicas = ['one', 'two', 'three'].map((identity) => startReplica([kubeconfig, 'gatehouse', 'leader', identity, String(ttlMs)]));
    context.after(() => replicas.map(({ child }) => child.kill('SIGKILL')));
    await Promise.all(replicas.map((replica) => replica.started));
    const first = await Promise.race(replicas.map((replica) => replica.leads()));
    assert.equal((await lease())['leaseTransitions'], 0);
    first.child.kill('SIGKILL');
    const others = replicas.filter((replica) => replica !== first);
    const second = await Promise.race(others.map((replica) => replica.leads()));
    assert.equal((await lease())['leaseTransitions'], 1);
    const stopped = performance.now();
    second.child.kill('SIGTERM');
    const third = others.find((replica) => replica !== second);
    await third?.leads();
    const took = performance.now() - stopped;
    assert.equal((await lease())['leaseTransitions'], 2);
    // At its next look, which comes after a quarter of the duration and up to 1.2 quarters of chance.
    assert.ok(took < ttlMs * 0.55 + 1_000, `${Math.round(took)} ms`);
    assert.deepEqual(await second.exited, [0, null]);
    third?.child.kill('SIGTERM');
    await third?.exited;
    const { holderIdentity, leaseDurationSeconds } = await lease();
    assert.deepEqual([holderIdentity ?? '', leaseDurationSeconds], ['', 1]);
  });

  test('watches that are cut go on without a list, and nothing is missed', async () => {
    const followed = await follow();
    await followed.until('synced', () => followed.store.isSynced());
    await create(services('shop'), service('before-cut'));
    await followed.until('the watch', () => followed.store.snapshot().services.has('shop/before-cut'));
    const { lists } = followed.counts;
    proxy.cut();
    await create(services('shop'), service('after-cut'));
    await followed.until('what came meanwhile', () => followed.store.snapshot().services.has('shop/after-cut'));
    assert.equal(followed.counts.lists, lists);
    await followed.stop();
  });

  test(`an API server that is away for ${outageSeconds} s takes nothing away, and all goes on when it is back`, async () => {
    const followed = await follow();
    await followed.until('synced', () => followed.store.isSynced());
    const before = followed.store.snapshot();
    await plane.stopApiServer();
    await followed.until('the loss to be noticed', () => followed.troubles.length > 0);
    await pause(outageSeconds * 1000);
    assert.equal(followed.store.snapshot().revision, before.revision);
    assert.equal(followed.store.isSynced(), true);
    await plane.startApiServer();
    await create(services('shop'), service('after-outage'));
    await followed.until('what came after', () => followed.store.snapshot().services.has('shop/after-outage'));
    assert.equal(followed.store.snapshot().ingresses.size, before.ingresses.size);
    await followed.stop();
  });

  test('410 Gone after compaction leads to a list whose difference is delivered', async () => {
    const followed = await follow();
    await followed.until('synced', () => followed.store.isSynced());
    assert.ok(followed.store.snapshot().services.has('shop/before-cut'));
    proxy.block();
    await admin.request({ method: 'DELETE', path: `${services('shop')}/before-cut` });
    await create(services('shop'), service('after-gone'));
    await plane.compact();
    // Its cache would still know what etcd has forgotten.
    await plane.stopApiServer();
    await plane.startApiServer();
    proxy.open();
    await followed.until('the new Service', () => followed.store.snapshot().services.has('shop/after-gone'));
    await followed.until('the end of the deleted one', () => !followed.store.snapshot().services.has('shop/before-cut'));
    assert.ok(followed.counts.gone > 0);
    await followed.stop();
  });
});

function counted(api: KubeApi, counts: { lists: number; gone: number }): KubeApi {
  return {
    ...api,
    request: (request) => {
      if (request.query?.['limit'] !== undefined) counts.lists += 1;
      return api.request(request);
    },
    stream: async (request) => {
      const onLine = (line: string): void => {
        if (line.startsWith('{"type":"ERROR"') && line.includes('"code":410')) counts.gone += 1;
        request.onLine(line);
      };
      const end = await api.stream({ ...request, onLine });
      if (end.kind === 'refused' && end.answer.status === 410) counts.gone += 1;
      return end;
    },
  };
}

interface Replica {
  readonly child: ChildProcess;
  readonly started: Promise<unknown>;
  /** Exit code and signal. */
  readonly exited: Promise<unknown[]>;
  leads(): Promise<Replica>;
}

function startReplica(args: readonly string[]): Replica {
  const child = spawn(process.execPath, [new URL('replica.ts', import.meta.url).pathname, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const said = new Map(['started', 'leads'].map((word) => [word, Promise.withResolvers<void>()]));
  createInterface(child.stdout).on('line', (line) => said.get(line)?.resolve());
  const replica: Replica = {
    child,
    exited: once(child, 'exit'),
    started: said.get('started')?.promise ?? Promise.reject(),
    leads: async () => {
      await said.get('leads')?.promise;
      return replica;
    },
  };
  return replica;
}
