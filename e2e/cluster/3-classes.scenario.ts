import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { apply, getJson, kubectl } from './kit/commands.ts';
import { backends, ingress, namespace, service } from './kit/objects.ts';
import { type Address, install, installMain, nodeAddress, nodePort, uninstall } from './kit/release.ts';
import { answered, served } from './kit/routes.ts';
import { settings } from './kit/settings.ts';
import { eventually } from './kit/waiting.ts';

const { appNamespace: app, otherNamespace: other, className } = settings;
let at: Address;

before(async () => {
  await installMain();
  at = await nodePort();
  await apply(backends(app, 'class'), service(app, 'class'), backends(other, 'class'), service(other, 'class'));
  for (const space of [app, other]) await kubectl(`rollout status deployment/class -n ${space} --timeout 60s`);
});

function classOf(name: string, controller: string): object {
  return { apiVersion: 'networking.k8s.io/v1', kind: 'IngressClass', metadata: { name }, spec: { controller } };
}

async function statusOf(name: string): Promise<object> {
  return (await getJson<{ readonly status: object }>(`ingress ${name} -n ${app}`)).status;
}

const paths = [{ service: 'class' }];

describe('IngressClasses', () => {
  test('of another controller are left alone, until the Ingress changes hands', async () => {
    await apply(classOf('gatehouse-e2e-foreign', 'example.com/foreign'));
    await apply(ingress(app, 'foreign', { host: 'foreign.example.com', paths, className: 'gatehouse-e2e-foreign' }));
    await apply(ingress(app, 'ours', { host: 'ours.example.com', paths }));
    await served(at, 'http://ours.example.com/');
    await answered(at, 'http://foreign.example.com/', 404);
    assert.deepEqual(await statusOf('foreign'), { loadBalancer: {} });
    await apply(ingress(app, 'foreign', { host: 'foreign.example.com', paths }));
    await served(at, 'http://foreign.example.com/');
    await eventually(async () => assert.notDeepEqual(await statusOf('foreign'), { loadBalancer: {} }));
    await apply(ingress(app, 'foreign', { host: 'foreign.example.com', paths, className: 'gatehouse-e2e-foreign' }));
    await answered(at, 'http://foreign.example.com/', 404);
    await eventually(async () => assert.deepEqual(await statusOf('foreign'), { loadBalancer: {} }));
    await kubectl('delete ingressclass gatehouse-e2e-foreign');
  });

  test('that come later serve the Ingresses that wait for them', async () => {
    await apply(ingress(app, 'later', { host: 'later.example.com', paths, className: 'gatehouse-e2e-later' }));
    await answered(at, 'http://later.example.com/', 404);
    await apply(classOf('gatehouse-e2e-later', `gatehouse.example.com/${className}`));
    await served(at, 'http://later.example.com/');
    await kubectl('delete ingressclass gatehouse-e2e-later');
    await answered(at, 'http://later.example.com/', 404);
  });

  test('are not needed for the old annotation', async () => {
    const annotations = { 'kubernetes.io/ingress.class': className };
    await apply(ingress(app, 'annotated', { host: 'annotated.example.com', paths, className: undefined, annotations }));
    await apply(ingress(app, 'classless', { host: 'classless.example.com', paths, className: undefined }));
    await served(at, 'http://annotated.example.com/');
    await answered(at, 'http://classless.example.com/', 404);
  });
});

describe('a release with Roles alone', () => {
  const ours = { name: 'scoped', namespace: 'gatehouse-e2e-scoped' };
  const annotations = { 'kubernetes.io/ingress.class': 'scoped' };

  before(async () => {
    await apply(namespace(ours.namespace, { restricted: true }));
    await install({
      ...ours,
      values: { rbac: { scope: true } },
      controller: {
        ingressClass: 'scoped',
        ingressClassResource: { enabled: false, controllerValue: 'gatehouse.example.com/scoped' },
        scope: { enabled: true, namespace: other },
        service: { type: 'NodePort' },
        drainSeconds: 1,
      },
    });
  });
  after(async () => {
    await uninstall(ours);
    await kubectl(`delete namespace ${ours.namespace}`);
  });

  test('serves its one namespace, writes its status, and nothing of others', async () => {
    const { spec } = await getJson<{ readonly spec: { readonly ports: readonly { readonly nodePort: number }[] } }>(
      `service scoped-gatehouse-controller -n ${ours.namespace}`,
    );
    const scoped = { address: await nodeAddress(), port: spec.ports[0]?.nodePort ?? 0 };
    await apply(ingress(other, 'scoped', { host: 'scoped.example.com', paths, className: undefined, annotations }));
    await apply(ingress(app, 'scoped', { host: 'beyond-scope.example.com', paths, className: undefined, annotations }));
    await served(scoped, 'http://scoped.example.com/');
    await answered(scoped, 'http://beyond-scope.example.com/', 404);
    await eventually(async () => assert.match(await kubectl(`get ingress scoped -n ${other} -o jsonpath={.status.loadBalancer}`), /ip/));
    await assert.rejects(kubectl('get clusterrole scoped-gatehouse'), /NotFound/);
  });
});
