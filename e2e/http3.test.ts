import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { get as getHttp } from 'node:http';
import { get as getHttps } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, type TestContext, test } from 'node:test';
import { nginxChildren } from '../src/apply/nginx-processes.ts';
import { certificate } from '../src/routing/certificates-testbed.ts';
import { askHttps, guardedText, secretText } from './kit/client-certificates.ts';
import { type Counts, type Http3Client, http3Settings, startHttp3, whyNoHttp3 } from './kit/http3.ts';
import { theNginx, until } from './kit/machine.ts';
import { documents, endpoints, service } from './kit/manifests.ts';
import { type Served, serveFiles } from './kit/served.ts';
import { startTraffic } from './kit/traffic.ts';

/** HTTP/3 with a real client and a real NGINX. */

const skip = (await whyNoHttp3()) ?? false;
const flags = ['--configmap', 'default/settings'];

async function shopText(): Promise<string> {
  const made = await certificate({
    commonName: 'shop',
    names: ['shop.test'],
    notBefore: new Date(Date.now() - 3_600_000).toISOString(),
    notAfter: new Date(Date.now() + 86_400_000).toISOString(),
  });
  return documents(
    service('web'),
    endpoints('web', ['127.5.7.1']),
    secretText('shop', { 'tls.crt': made.pem, 'tls.key': made.key }).replace('\ndata:', '\ntype: kubernetes.io/tls\ndata:'),
    guardedText({ name: 'shop', host: 'shop.test', tls: true }).replace('["shop.test"] }', '["shop.test"], secretName: shop }'),
    guardedText({ name: 'plain', host: 'plain.test' }),
    guardedText({ name: 'root', host: 'root.test', annotations: { 'app-root': '/app' } }),
    guardedText({ name: 'named', host: 'named.test', annotations: { 'upstream-vhost': '$http_host' } }),
    guardedText({
      name: 'rewritten',
      host: 'rewritten.test',
      path: '/a/(.*)/(.*)',
      annotations: { 'use-regex': 'true', 'rewrite-target': '/$2/$1' },
    }).replace('pathType: Prefix', 'pathType: ImplementationSpecific'),
    guardedText({ name: 'headers', host: 'headers.test', annotations: { 'enable-cors': 'true' } }),
  );
}

describe('HTTP/3', { skip, timeout: 120_000 }, () => {
  let served: Served;
  let client: Http3Client;
  before(async () => {
    const files = new Map([
      ['all.yaml', await shopText()],
      ['settings.yaml', http3Settings()],
    ]);
    served = await serveFiles({ files, flags });
    client = startHttp3(served.ports.https);
  });
  after(async () => {
    client?.close();
    await served?.stop();
  });
  /** The header of the request that the backend saw last. */
  const told = (name: string) =>
    served.backends
      .take()
      .seen.at(-1)
      ?.headers.find(([one]) => one.toLowerCase() === name)?.[1];

  test('answers, with the certificate of the name in the handshake', async () => {
    const { status, protocol, body, certificate } = await client.ask({ host: 'shop.test' });
    assert.deepEqual([status, protocol, body], [200, 'HTTP/3.0', 'default/web at 127.5.7.1:8080\n']);
    assert.deepEqual(certificate, ['shop', 'shop.test']);
    const fake = ['Kubernetes Ingress Controller Fake Certificate', 'ingress.local'];
    for (const sni of ['unknown.test', '']) assert.deepEqual((await client.ask({ host: 'shop.test', sni })).certificate, fake);
    assert.equal((await client.ask({ host: 'unknown.test' })).status, 404);
  });

  test('tells the backend what https tells it, the Host with its port too', async () => {
    served.backends.take();
    const host = `shop.test:${served.ports.https}`;
    const { status } = await client.ask({ host, method: 'POST', path: '/cart?a=%2e', body: 'x'.repeat(20_000), headers: [['x-one', '1']] });
    assert.equal(status, 200);
    const [seen] = served.backends.take().seen;
    const names = ['Host', 'X-Forwarded-Host', 'X-Forwarded-Proto', 'X-Forwarded-Port', 'X-Forwarded-For', 'x-one'];
    assert.deepEqual(
      [seen?.method, seen?.target, seen?.body.length, ...names.map((name) => seen?.headers.find(([one]) => one === name)?.[1])],
      ['POST', '/cart?a=%2e', 20_000, host, host, 'https', '443', '127.0.0.1', '1'],
    );
  });

  test('sees the name of the host where a client of HTTP/3 has a Host header as well', async () => {
    assert.equal((await client.ask({ host: 'SHOP.test' })).status, 200);
    assert.equal(told('host'), 'shop.test');
  });

  test('leads to where https leads, and rewrites what https rewrites', async () => {
    const at = (host: string) => `${host}:${served.ports.https}`;
    const { status, headers } = await client.ask({ host: at('root.test') });
    assert.deepEqual([status, headers?.['location']], [302, `https://${at('root.test')}/app`]);
    served.backends.take();
    assert.equal((await client.ask({ host: at('named.test') })).status, 200);
    assert.equal(told('host'), at('named.test'));
    assert.equal((await client.ask({ host: 'rewritten.test', path: '/a/one/two?q' })).status, 200);
    assert.equal(served.backends.take().seen.at(-1)?.target, '/two/one?q');
  });

  test('is announced by https answers, from locations with headers of their own too, and never by plain http', async () => {
    const announced = `h3=":${served.ports.https}"; ma=86400`;
    for (const host of ['shop.test', 'headers.test', 'unknown.test', 'plain.test']) {
      const heard = [await altSvc('https', host), (await client.ask({ host })).headers?.['alt-svc'], await altSvc('http', host)];
      assert.deepEqual(heard, [announced, announced, undefined], host);
    }
  });

  /** `Alt-Svc` over TCP; the backend has one of its own, which must not be passed on. */
  async function altSvc(scheme: 'http' | 'https', host: string): Promise<string | undefined> {
    const get = scheme === 'http' ? getHttp : getHttps;
    const headers = { host, 'x-answer-alt-svc': 'clear' };
    const asked = get({
      host: '127.0.0.1',
      port: served.ports[scheme],
      servername: host,
      headers,
      rejectUnauthorized: false,
      agent: false,
    });
    const [answer] = await once(asked, 'response');
    answer.resume();
    return answer.headers['alt-svc'];
  }
});

describe('HTTP/3 with an NGINX without its module', { skip, timeout: 60_000 }, () => {
  test('is left out with a warning, and https is served', async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'gatehouse-http3-'));
    t.after(() => rm(folder, { recursive: true }));
    const nginx = join(folder, 'nginx');
    const real = theNginx();
    const script = `#!/bin/sh\n[ "$1" = -V ] && { '${real}' -V 2>&1 | sed 's/--with-http_v3_module//' >&2; exit 0; }\nexec '${real}' "$@"\n`;
    await writeFile(nginx, script, { mode: 0o755 });
    const files = new Map([['all.yaml', documents(await shopText(), http3Settings())]]);
    const served = await serveFiles({ files, flags, nginx });
    t.after(() => served.stop());
    const said = served.log.filter(({ msg }) => msg.includes('use-http3')).map(({ msg }) => msg.replace(/^\S+ /, ''));
    const message = 'use-http3 has no effect: this NGINX was built without its module for HTTP/3 (--with-http_v3_module).';
    assert.deepEqual(said, [`warning ConfigMap default/settings data["use-http3"]: ${message} (ConfigMapUnsupported)`]);
    assert.equal((await askHttps(served.ports.https, { host: 'shop.test' })).status, 200);
    assert.doesNotMatch(await served.config(), /quic|alt_svc/i);
  });
});

describe('HTTP/3 that is switched on and off', { skip, timeout: 120_000 }, () => {
  test('costs no request over http and https, and is told where its port is taken', async (t) => {
    const files = new Map([
      ['all.yaml', await shopText()],
      ['settings.yaml', http3Settings({ 'use-http3': 'false' })],
    ]);
    const served = await serveFiles({ files, flags });
    t.after(() => served.stop());
    const client = startHttp3(served.ports.https);
    t.after(() => client.close());
    const plain = startTraffic(served.ports.http, 'plain.test');
    const https = startHttps(served.ports.https, 'plain.test');
    const holder = createSocket('udp4').bind(served.ports.https, '127.0.0.1');
    await once(holder, 'listening');
    await served.save('settings.yaml', http3Settings());
    const complaint = served.log.find(({ msg }) => msg.includes('use-http3'))?.msg ?? '';
    const form = `use-http3 has no effect: UDP port ${served.ports.https} is not opened: process ${process.pid} `;
    assert.ok(complaint.includes(form) && complaint.endsWith('(StreamPortTaken)'), complaint);
    holder.close();
    await once(holder, 'close');
    await served.save('settings.yaml', http3Settings({ 'http3-max-age': '0' }));
    const on = await client.ask({ host: 'shop.test' });
    await served.save('settings.yaml', http3Settings({ 'use-http3': 'false' }));
    const off = await client.ask({ host: 'shop.test' });
    const { sent, failures } = await plain.stop();
    const counts = await https.stop();
    t.diagnostic(`${sent} requests over http, ${counts.sent} over https, ${failures.length + counts.failures.length} failed`);
    assert.deepEqual([on.status, on.headers?.['alt-svc'], typeof off.error], [200, undefined, 'string']);
    assert.deepEqual([...failures, ...counts.failures], []);
  });
});

/** Requests over https, each over a connection of its own. */
function startHttps(port: number, host: string) {
  const failures: string[] = [];
  let sent = 0;
  let isStopped = false;
  const run = async () => {
    while (!isStopped) {
      const status = await askHttps(port, { host }).then((reply) => String(reply.status), String);
      sent += 1;
      if (status !== '200') failures.push(status);
    }
  };
  const running = run();
  return {
    async stop() {
      isStopped = true;
      await running;
      return { sent, failures };
    },
  };
}

/** What becomes of requests within half a second. */
async function countsOf(served: Served, client: Http3Client): Promise<Counts> {
  const load = await client.load({ host: 'shop.test' }, 4);
  await served.backends.arrived(Number.POSITIVE_INFINITY);
  return load.stop();
}

/** Waits until no worker of a configuration from before is left. */
async function onlyWorkers(served: Served, count: number): Promise<void> {
  const master = await served.master();
  await until('the old workers have gone', async () => (await nginxChildren(master)).length === count, 30_000);
}

describe('a reload under HTTP/3', { skip, timeout: 120_000 }, () => {
  /** What became of requests while NGINX was reloaded, by their outcome. */
  async function under(t: TestContext, workers: string, reloads: number): Promise<Counts> {
    const base = documents(await shopText(), http3Settings({ 'worker-processes': workers }));
    const served = await serveFiles({ files: new Map([['all.yaml', base]]), flags });
    t.after(() => served.stop());
    const client = startHttp3(served.ports.https);
    t.after(() => client.close());
    const load = await client.load({ host: 'shop.test' }, 4);
    const tcp = startHttps(served.ports.https, 'shop.test');
    for (let index = 0; index < reloads; index += 1)
      await served.save('all.yaml', documents(base, guardedText({ name: 'more', host: `more-${index}.test` })));
    const overTcp = await tcp.stop();
    await onlyWorkers(served, Number(workers));
    const during = await load.stop();
    const afterwards = await countsOf(served, client);
    t.diagnostic(`${workers} workers, ${reloads} reloads: ${JSON.stringify(during)}; afterwards ${JSON.stringify(afterwards)}`);
    t.diagnostic(`${overTcp.sent} requests over TCP meanwhile, ${overTcp.failures.length} failed`);
    assert.deepEqual(overTcp.failures, []);
    assert.equal(served.reloads(), reloads + 1);
    return afterwards;
  }

  test('lets a long answer over https end, which keeps HTTP/3 from most clients until then, and from none afterwards', async (t) => {
    const base = documents(await shopText(), http3Settings({ 'worker-processes': '1' }));
    const served = await serveFiles({ files: new Map([['all.yaml', base]]), flags });
    t.after(() => served.stop());
    const client = startHttp3(served.ports.https);
    t.after(() => client.close());
    const { promise: released, resolve: release } = Promise.withResolvers<void>();
    served.backends.holdNext(released);
    const long = askHttps(served.ports.https, { host: 'shop.test' });
    await served.backends.arrived(1);
    await served.save('all.yaml', documents(base, guardedText({ name: 'more', host: 'more.test' })));
    const during = await countsOf(served, client);
    release();
    assert.equal((await long).status, 200);
    await onlyWorkers(served, 1);
    const afterwards = await countsOf(served, client);
    t.diagnostic(`while an old worker lasts: ${JSON.stringify(during)}; afterwards ${JSON.stringify(afterwards)}`);
    assert.deepEqual(Object.keys(afterwards).sort(), ['kept: 200', 'new: 200']);
  });

  for (const workers of ['1', '2'])
    test(`of ${workers} costs connections of HTTP/3, none of https, and all is well once the old workers have gone`, async (t) => {
      const afterwards = await under(t, workers, 3);
      assert.deepEqual(Object.keys(afterwards).sort(), ['kept: 200', 'new: 200']);
    });
});
