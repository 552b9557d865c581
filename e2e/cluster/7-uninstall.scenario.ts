import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { apply, kubectl } from './kit/commands.ts';
import { ingress, namespace } from './kit/objects.ts';
import { install, uninstall } from './kit/release.ts';
import { settings } from './kit/settings.ts';
import { eventually } from './kit/waiting.ts';

const release = { name: 'passing', namespace: 'gatehouse-e2e-passing' };
/** What comes and goes by itself. */
const fleeting = /^(events(\.events\.k8s\.io)?|componentstatuses)$/;

before(() => apply(namespace(release.namespace, { restricted: true })));
after(() => kubectl(`delete namespace ${release.namespace}`));

/** Every object of the cluster, as `KIND NAMESPACE NAME`. */
async function everything(): Promise<readonly string[]> {
  const kinds = (await kubectl('api-resources --verbs=list -o name')).split('\n').filter((kind) => kind !== '' && !fleeting.test(kind));
  const columns = 'custom-columns=KIND:.kind,NAMESPACE:.metadata.namespace,NAME:.metadata.name';
  const lines = (await kubectl(`get ${kinds.join(',')} -A --no-headers -o ${columns}`)).split('\n');
  return lines.map((line) => line.trim().replaceAll(/ +/g, ' ')).sort();
}

test('a release that is uninstalled leaves nothing behind', async (t) => {
  const found = await everything();
  await install({
    ...release,
    controller: {
      replicaCount: 2,
      metrics: { enabled: true },
      networkPolicy: { enabled: true },
      addHeaders: { 'X-From': 'here' },
      service: { type: 'ClusterIP' },
      drainSeconds: 1,
    },
  });
  await apply(
    ingress(settings.appNamespace, 'passing', { host: 'passing.example.com', paths: [{ service: 'steady' }], className: release.name }),
  );
  await eventually(async () => {
    assert.match(await kubectl(`get ingress passing -n ${settings.appNamespace} -o jsonpath={.status.loadBalancer}`), /ip/);
  });
  const installed = await everything();
  assert.ok(installed.length > found.length + 15);
  const metrics = await kubectl(
    `get --raw /api/v1/namespaces/${release.namespace}/services/passing-gatehouse-controller-metrics:10254/proxy/metrics`,
  );
  assert.match(metrics, /^nginx_ingress_controller_config_last_reload_successful\{.*\} 1$/m);
  await uninstall(release);
  assert.equal(await kubectl(`get ingress passing -n ${settings.appNamespace} -o jsonpath={.status.loadBalancer}`), '{}');
  await kubectl(`delete ingress passing -n ${settings.appNamespace}`);
  await eventually(async () => assert.deepEqual(await everything(), found));
  t.diagnostic(`${installed.length - found.length} objects came and went`);
});
