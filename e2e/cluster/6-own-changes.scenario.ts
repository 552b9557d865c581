import assert from 'node:assert/strict';
import { before, describe, type TestContext, test } from 'node:test';
import { apply, kubectl } from './kit/commands.ts';
import { backends, ingress, service } from './kit/objects.ts';
import { type Address, deployment, installMain, kill, leader, nodePort, restarts, settled } from './kit/release.ts';
import { served, spanOf, underLoad } from './kit/routes.ts';
import { settings } from './kit/settings.ts';
import { eventually } from './kit/waiting.ts';

const { appNamespace: app, releaseNamespace } = settings;
const url = 'http://steady.example.com/';
const controllerProcess = 'node\\ /app/src/main.js\\ run*';
const controllerContainer = '/bin/sh\\ *gatehouse-controller*';
const nginxMaster = 'nginx:\\ master*';
let at: Address;
let turn = 0;

before(async () => {
  await installMain();
  at = await nodePort();
  await apply(backends(app, 'steady', { replicas: 2 }), service(app, 'steady'));
  await apply(ingress(app, 'steady', { host: 'steady.example.com', paths: [{ service: 'steady' }] }));
  await served(at, url, 60_000);
});

/** A new route is served, and its status is written: somebody reads the cluster, and somebody leads. */
async function works(): Promise<void> {
  turn += 1;
  const name = `works-${turn}`;
  await apply(ingress(app, name, { host: `${name}.example.com`, paths: [{ service: 'steady' }] }));
  await served(at, `http://${name}.example.com/`, 60_000);
  const written = async () => assert.match(await kubectl(`get ingress ${name} -n ${app} -o jsonpath={.status.loadBalancer.ingress}`), /ip/);
  await eventually(written, 60_000);
  await kubectl(`delete ingress ${name} -n ${app}`);
}

/** Nothing fails while something happens. */
async function unharmed(t: TestContext, act: () => Promise<void>): Promise<void> {
  const report = await underLoad(t, { ...at, url }, act);
  assert.equal(report.failures.length, 0);
}

describe('one Pod of ours under a steady load of 100 requests a second', () => {
  test('helm upgrade fails no request', async (t) => {
    const before = await settled(1);
    await unharmed(t, async () => {
      await installMain({ podAnnotations: { turn: '2' } });
      assert.notDeepEqual(await settled(1), before);
      await works();
    });
  });

  test('a controller that is killed fails no request, and the next one goes on', async (t) => {
    const [pod = ''] = await settled(1);
    await unharmed(t, async () => {
      await kill(pod, controllerProcess);
      await works();
    });
    assert.deepEqual(await restarts(pod), { controller: 0, nginx: 0 });
  });

  test('NGINX that is killed comes back within ten seconds', async (t) => {
    const [pod = ''] = await settled(1);
    const report = await underLoad(t, { ...at, url }, async () => {
      await kill(pod, nginxMaster);
      await eventually(async () => assert.deepEqual(await restarts(pod), { controller: 0, nginx: 1 }));
      await settled(1);
      await works();
    });
    const lasted = spanOf(report);
    t.diagnostic(`requests failed for ${lasted.toFixed(1)} s`);
    assert.ok(report.failures.length > 0 && lasted < 10, `${report.failures.length} failed within ${lasted} s`);
  });
});

describe('one Pod of ours whose container of the controller is killed as a whole', () => {
  test('keeps its connections, and is out of its Service for as long as the container takes to start', async (t) => {
    const [pod = ''] = await settled(1);
    const report = await underLoad(t, { ...at, url }, async () => {
      await kill(pod, controllerContainer);
      await eventually(async () => assert.equal((await restarts(pod))['controller'], 1));
      await settled(1);
      await works();
    });
    const lasted = spanOf(report);
    t.diagnostic(`new connections were refused for ${lasted.toFixed(1)} s; ${report.failures.length} failed`);
    assert.deepEqual(
      report.failures.filter(({ why }) => !why.includes('ECONNREFUSED')),
      [],
    );
    // Ten a second open a connection of their own.
    assert.ok(lasted < 5 && report.failures.length < 60, `${report.failures.length} failed within ${lasted} s`);
  });
});

describe('two Pods of ours under a steady load of 100 requests a second', () => {
  before(async () => {
    await installMain({ replicaCount: 2 });
    await settled(2);
  });

  test('a container of the controller that is killed fails no request', async (t) => {
    const pod = await leader();
    await unharmed(t, async () => {
      await kill(pod, controllerContainer);
      await eventually(async () => assert.deepEqual(await restarts(pod), { controller: 1, nginx: 0 }));
      await settled(2);
      await works();
    });
  });

  test('a container of the controller that is told to stop fails no request, and its Pod is ready again', async (t) => {
    const pod = await leader();
    const before = (await restarts(pod))['controller'] ?? 0;
    const address = await kubectl(`get ingress steady -n ${app} -o jsonpath={.status.loadBalancer}`);
    await unharmed(t, async () => {
      await kill(pod, controllerContainer, 'QUIT');
      await eventually(async () => assert.deepEqual(await restarts(pod), { controller: before + 1, nginx: 0 }));
      await settled(2);
      await works();
    });
    assert.equal(await kubectl(`get ingress steady -n ${app} -o jsonpath={.status.loadBalancer}`), address);
  });

  test('a leader that is deleted fails no request, and the other one leads', async (t) => {
    const old = await leader();
    await unharmed(t, async () => {
      const start = performance.now();
      await kubectl(`delete pod ${old} -n ${releaseNamespace} --wait=false`);
      const next = await eventually(async () => {
        const found = await leader();
        assert.notEqual(found, old);
        return found;
      }, 60_000);
      t.diagnostic(
        `${next} leads ${((performance.now() - start) / 1000).toFixed(1)} s after the leader was deleted; draining takes 10 s of it`,
      );
      await settled(2);
      await works();
    });
  });

  test('a rolling update fails no request', async (t) => {
    const before = await settled(2);
    await unharmed(t, async () => {
      await kubectl(`rollout restart ${deployment} -n ${releaseNamespace}`);
      await kubectl(`rollout status ${deployment} -n ${releaseNamespace} --timeout 120s`);
      const now = await settled(2);
      assert.deepEqual(
        now.filter((pod) => before.includes(pod)),
        [],
      );
      await works();
    });
  });

  test('NGINX that is killed in one of them fails few requests', async (t) => {
    const pod = await leader();
    const report = await underLoad(t, { ...at, url }, async () => {
      await kill(pod, nginxMaster);
      await eventually(async () => assert.equal((await restarts(pod))['nginx'], 1));
      await settled(2);
      await works();
    });
    assert.ok(report.failures.length < report.sent / 10, `${report.failures.length} of ${report.sent} failed`);
  });
});
