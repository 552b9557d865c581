import assert from 'node:assert/strict';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { theNginx, until, whyNotServed } from './kit/machine.ts';
import { documents, endpoints, ingress, service } from './kit/manifests.ts';
import { type Serve, type Served, serveFiles } from './kit/served.ts';
import { startTraffic, statusOf } from './kit/traffic.ts';

const skip = whyNotServed() ?? false;

const web = documents(service('web'), endpoints('web', ['127.2.0.1']));
const shop = documents(ingress({ name: 'shop', host: 'shop.test', service: 'web' }), web);

async function start(t: TestContext, files: Readonly<Record<string, string>>, more: Partial<Serve> = {}): Promise<Served> {
  const served = await serveFiles({ files: new Map(Object.entries(files)), ...more });
  t.after(() => served.stop());
  return served;
}

const says = (served: Served, text: string) => served.log.some(({ msg }) => msg.includes(text));

describe('manifests that are edited while they are served', { skip, timeout: 60_000 }, () => {
  test('a saved file is live in under a second', async (t) => {
    const served = await start(t, { 'shop.yaml': shop });
    const times: number[] = [];
    for (const host of ['one.test', 'two.test', 'three.test']) {
      const saved = performance.now();
      await served.write(`${host}.yaml`, ingress({ name: host, host, service: 'web' }));
      await until(`${host} answers`, async () => (await statusOf(served.ports.http, host)) === '200');
      times.push(Math.round(performance.now() - saved));
      await served.serving.idle();
    }
    t.diagnostic(`from save to answer: ${times.join(', ')} ms`);
    // The best of three, as other tests may keep the machine busy.
    assert.ok(Math.min(...times) < 1000, `${times.join(', ')} ms`);
  });

  test('a new host is one reload, whose reason is logged, and no request fails meanwhile', async (t) => {
    const served = await start(t, { 'shop.yaml': shop });
    const traffic = startTraffic(served.ports.http, 'shop.test');
    await served.save('new.yaml', ingress({ name: 'new', host: 'new.test', service: 'web' }));
    assert.equal(await statusOf(served.ports.http, 'new.test'), '200');
    const { sent, failures } = await traffic.stop();
    assert.deepEqual(failures, [], `of ${sent} requests`);
    assert.equal(served.reloads(), 2);
    assert.match(served.log.findLast(({ msg }) => msg.startsWith('reloaded '))?.msg ?? '', /^reloaded \(.+\), generation [0-9a-f]{16}$/);
  });

  test('a save that changes nothing for NGINX is no reload', async (t) => {
    const served = await start(t, { 'shop.yaml': shop });
    await served.save('shop.yaml', shop.replace('metadata: { name: shop }', 'metadata: { name: shop, labels: { tier: front } }'));
    assert.equal(served.reloads(), 1);
  });

  test('endpoints are replaced again and again without a reload and without a failed request', async (t) => {
    const later = endpoints('web', ['127.2.0.2', '127.2.0.3']);
    const served = await start(t, { 'shop.yaml': shop, 'web.yaml': '' }, { later });
    const traffic = startTraffic(served.ports.http, 'shop.test');
    const routes = documents(ingress({ name: 'shop', host: 'shop.test', service: 'web' }), service('web'));
    for (const addresses of [['127.2.0.2', '127.2.0.3'], ['127.2.0.3'], ['127.2.0.1', '127.2.0.2']]) {
      await served.save('shop.yaml', documents(routes, endpoints('web', addresses)));
      served.backends.take();
      await until(`only ${addresses} answers`, () => {
        const seen = new Set(served.backends.take().seen.map(({ at }) => at.address));
        return seen.size === addresses.length && addresses.every((address) => seen.has(address));
      });
    }
    const { sent, failures } = await traffic.stop();
    assert.deepEqual(failures, [], `of ${sent} requests`);
    assert.equal(served.reloads(), 1);
    t.diagnostic(`${sent} requests, none failed`);
  });

  test('a half-written file changes nothing else, and counts when it is whole', async (t) => {
    const served = await start(t, { 'shop.yaml': shop });
    const whole = documents(
      ingress({ name: 'shop', host: 'shop.test', service: 'web' }),
      web,
      ingress({ name: 'more', host: 'more.test', service: 'web' }),
    );
    await served.write('shop.yaml', whole.slice(0, whole.lastIndexOf('paths: [') + 12));
    await until('the broken file is reported', () => says(served, 'ManifestUnreadable'));
    await served.save('other.yaml', ingress({ name: 'other', host: 'other.test', service: 'web' }));
    assert.equal(await statusOf(served.ports.http, 'shop.test'), '200');
    assert.equal(await statusOf(served.ports.http, 'other.test'), '200');
    assert.equal(await statusOf(served.ports.http, 'more.test'), '404');
    await served.save('shop.yaml', whole);
    assert.equal(await statusOf(served.ports.http, 'more.test'), '200');
    assert.ok(says(served, 'no longer: '));
  });

  test('an NGINX that is killed is started again, and the log says so', async (t) => {
    const served = await start(t, { 'shop.yaml': shop });
    const killed = await served.master();
    process.kill(killed, 'SIGKILL');
    await until('NGINX answers again', () => says(served, 'NGINX answers again'), 15_000);
    assert.ok(says(served, 'NGINX ended by itself; starting it again'));
    assert.equal(await statusOf(served.ports.http, 'shop.test'), '200');
    assert.notEqual(await served.master(), killed);
    await served.save('new.yaml', ingress({ name: 'new', host: 'new.test', service: 'web' }));
    assert.equal(await statusOf(served.ports.http, 'new.test'), '200');
  });
});

describe('an Ingress that NGINX refuses hurts only itself, and everything else goes live', { skip, timeout: 60_000 }, () => {
  // With this level nobody hears what a reload says, so that everything is tested before; the program below refuses in tests alone.
  const level = 'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: settings, namespace: default }\ndata: { error-log-level: error }\n';
  const tested = { 'shop.yaml': documents(shop, level) };
  const flags = ['--configmap', 'default/settings'];

  test('its paths answer 503, and do not fall to others of their host', async (t) => {
    const served = await start(t, tested, { nginx: await refusingNginx(t, 'in FILE:LINE', 'proxy_read_timeout 77'), flags });
    const rule = { name: 'admin', host: 'shop.test', service: 'web', path: '/admin' };
    const admin = ingress(rule);
    const slow = ingress({ ...rule, annotations: { 'proxy-read-timeout': '77' } });
    await served.save('new.yaml', documents(slow, ingress({ name: 'fine', host: 'fine.test', service: 'web' })));
    assert.equal(await statusOf(served.ports.http, 'fine.test'), '200');
    assert.equal(await statusOf(served.ports.http, 'shop.test'), '200');
    assert.equal(await statusOf(served.ports.http, 'shop.test', false, '/admin/users'), '503');
    const complaint = served.log.find(({ msg }) => msg.includes('IngressRefusedByNginx'))?.msg ?? '';
    assert.match(complaint, /new\.yaml:1:1 error Ingress default\/admin: NGINX refuses what this .*, so its paths answer 503: .*not this/);
    await served.save('new.yaml', admin);
    assert.equal(await statusOf(served.ports.http, 'shop.test', false, '/admin/users'), '200');
  });

  for (const how of ['in FILE:LINE', ''] as const) {
    test(`it is left out where its path is what NGINX refuses, ${how === '' ? 'naming no line' : 'naming the line'}`, async (t) => {
      const served = await start(t, tested, { nginx: await refusingNginx(t, how, 'location .*/refuse-this '), flags });
      const refused = ingress({ name: 'refused', host: 'refused.test', service: 'web', path: '/refuse-this' });
      await served.save('new.yaml', documents(refused, ingress({ name: 'fine', host: 'fine.test', service: 'web' })));
      assert.equal(await statusOf(served.ports.http, 'fine.test'), '200');
      assert.equal(await statusOf(served.ports.http, 'shop.test'), '200');
      assert.equal(await statusOf(served.ports.http, 'refused.test', false, '/refuse-this'), '404');
      const complaint = served.log.find(({ msg }) => msg.includes('IngressRefusedByNginx'))?.msg ?? '';
      assert.match(
        complaint,
        /new\.yaml:1:1 error Ingress default\/refused: NGINX refuses what this Ingress leads to, so it is left out: .*not this/,
      );
      await served.save('new.yaml', ingress({ name: 'refused', host: 'refused.test', service: 'web', path: '/good' }));
      assert.equal(await statusOf(served.ports.http, 'refused.test', false, '/good'), '200');
    });
  }
});

/** The real NGINX, except that its test refuses what begins a line, as that of another version may. */
async function refusingNginx(t: TestContext, how: 'in FILE:LINE' | '', what: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-refusing-'));
  t.after(() => rm(folder, { recursive: true }));
  const program = join(folder, 'nginx');
  const place = how === '' ? '' : ' in $config:$line';
  await writeFile(
    program,
    `#!/bin/sh
for config; do :; done
case $1 in -t)
  line=$(grep -n '^ *${what}' "$config" | head -n 1 | cut -d: -f1)
  if [ -n "$line" ]; then
    echo "nginx: [emerg] not this${place}" >&2
    exit 1
  fi ;;
esac
exec '${theNginx()}' "$@"
`,
  );
  await chmod(program, 0o755);
  return program;
}
