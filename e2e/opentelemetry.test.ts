import assert from 'node:assert/strict';
import { get } from 'node:http';
import { describe, type TestContext, test } from 'node:test';
import { otelModule } from '../src/apply/nginx-modules.ts';
import { type Collector, startCollector } from './kit/collector.ts';
import { freePort, until, whyNotServed } from './kit/machine.ts';
import { documents, endpoints, ingress, service } from './kit/manifests.ts';
import { hasModule } from './kit/modules.ts';
import { type Served, serveFiles } from './kit/served.ts';

const noNginx = whyNotServed();
const canTrace = noNginx === undefined && (await hasModule(otelModule));
const skip = noNginx ?? (canTrace ? false : 'this NGINX has no ngx_otel_module');
const skipWithModule = noNginx ?? (canTrace ? 'this NGINX has ngx_otel_module' : false);

function app(name: string, annotations: Readonly<Record<string, string>>, to = 'web'): string {
  return ingress({ name, host: `${name}.test`, service: to, path: '/pay', annotations });
}

const traced = { 'enable-opentelemetry': 'true' };
const manifests = documents(
  app('shop', traced),
  app('named', { ...traced, 'opentelemetry-operation-name': 'HTTP $request_method $service_name $uri' }),
  app('failing', { ...traced, 'opentelemetry-operation-name': 'lost' }, 'none'),
  app('untrusting', { ...traced, 'opentelemetry-trust-incoming-span': 'false' }),
  app('silent', { 'enable-opentelemetry': 'false' }),
  app('closed', { ...traced, 'auth-type': 'basic' }),
  app('guarded', { ...traced, 'opentelemetry-operation-name': 'guarded', 'auth-url': 'http://auth.default.svc.cluster.local/check' }),
  service('web'),
  service('none'),
  service('auth'),
  endpoints('web', ['127.5.7.1']),
  endpoints('auth', ['127.5.7.2']),
);

function settings(data: Readonly<Record<string, string>>): string {
  const lines = Object.entries(data).map(([key, value]) => `  ${key}: ${JSON.stringify(value)}\n`);
  return `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: gatehouse }\ndata:\n  log-format-upstream: $status\n${lines.join('')}`;
}

async function serve(t: TestContext, data: Readonly<Record<string, string>>): Promise<Served> {
  const files = new Map([
    ['apps.yaml', manifests],
    ['settings.yaml', settings(data)],
  ]);
  const served = await serveFiles({ files, flags: ['--configmap', 'default/gatehouse'] });
  t.after(() => served.stop());
  return served;
}

function sentTo(port: number): Readonly<Record<string, string>> {
  return { 'otlp-collector-host': '127.0.0.1', 'otlp-collector-port': String(port), 'otel-schedule-delay-millis': '20' };
}

interface Answer {
  readonly status: number | undefined;
  /** `traceparent` as the backend got it. */
  readonly parent: string | undefined;
  /** The same of the auth service. */
  readonly auth: string | undefined;
}

/** Asks for `/pay` of a host. */
async function ask({ ports, backends }: Served, name: string, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
  backends.take();
  const status = await new Promise<number | undefined>((resolve, reject) => {
    const options = { port: ports.http, path: '/pay', headers: { Host: `${name}.test`, ...headers }, agent: false };
    get({ host: '127.0.0.1', ...options }, (response) => {
      response.resume();
      response.on('end', () => resolve(response.statusCode));
    }).on('error', reject);
  });
  const { seen } = backends.take();
  const parentAt = (name: string) =>
    seen.find(({ at }) => at.services.includes(`default/${name}`))?.headers.find(([key]) => key.toLowerCase() === 'traceparent')?.[1];
  return { status, parent: parentAt('web'), auth: parentAt('auth') };
}

/** The spans that come until so many are there. */
async function taken({ spans }: Collector, count: number): Promise<Collector['spans']> {
  await until(`${count} spans`, () => spans.length >= count);
  return spans;
}

const [trace, span] = ['0af7651916cd43dd8448eb211c80319c', 'b9c7c989f97918e1'];
const from = (sampled: '00' | '01') => ({ traceparent: `00-${trace}-${span}-${sampled}` });

describe('an NGINX with ngx_otel_module', { skip, timeout: 60_000 }, () => {
  test('sends a span for each request, and the backend continues its trace', async (t) => {
    const collector = await startCollector(t);
    const served = await serve(t, { ...sentTo(collector.port), 'otel-service-name': 'edge' });
    const { status, parent } = await ask(served, 'shop');
    const [one, ...more] = await taken(collector, 1);
    assert.deepEqual([status, more.length, one?.service, one?.name, one?.parent], [200, 0, 'edge', '/pay', '']);
    assert.equal(parent, `00-${one?.trace}-${one?.id}-01`);
    assert.equal(one?.attributes['http.status_code'], '200');
  });

  test('names spans as Ingresses ask, also where the backend fails; a denied path has none', async (t) => {
    const collector = await startCollector(t);
    const served = await serve(t, sentTo(collector.port));
    const statuses: (number | undefined)[] = [];
    for (const name of ['named', 'failing', 'closed', 'silent', 'shop']) statuses.push((await ask(served, name)).status);
    assert.deepEqual(statuses, [200, 503, 503, 200, 200]);
    const found = (await taken(collector, 3)).map(({ name, attributes }) => [name, attributes['http.status_code']]);
    // A denied place carries no annotation but its denial.
    assert.deepEqual(found, [
      ['HTTP GET web /pay', '200'],
      ['lost', '503'],
      ['/pay', '200'],
    ]);
  });

  test('continues the trace of a client, and decides as its parent did, where clients are trusted', async (t) => {
    const collector = await startCollector(t);
    const served = await serve(t, sentTo(collector.port));
    const unsampled = await ask(served, 'shop', from('00'));
    assert.match(unsampled.parent ?? '', new RegExp(`^00-${trace}-(?!${span})[0-9a-f]{16}-00$`));
    const sampled = await ask(served, 'shop', from('01'));
    const alone = await ask(served, 'untrusting', from('00'));
    const [first, second, ...more] = await taken(collector, 2);
    assert.deepEqual([first?.trace, first?.parent, sampled.parent], [trace, span, `00-${trace}-${first?.id}-01`]);
    assert.deepEqual([second?.parent, more.length], ['', 0]);
    assert.notEqual(second?.trace, trace);
    assert.equal(alone.parent, `00-${second?.trace}-${second?.id}-01`);
    assert.equal((await ask(served, 'silent', from('01'))).parent, from('01').traceparent);
  });

  test('has one span for a request that an auth service is asked about, which gets the same trace', async (t) => {
    const collector = await startCollector(t);
    const served = await serve(t, sentTo(collector.port));
    const { status, parent, auth } = await ask(served, 'guarded');
    await ask(served, 'shop');
    const [one, last] = await taken(collector, 2);
    assert.deepEqual([status, one?.name, one?.attributes['http.status_code'], last?.name], [200, 'guarded', '200', '/pay']);
    assert.deepEqual([parent, auth], [`00-${one?.trace}-${one?.id}-01`, parent]);
  });

  test('traces all hosts but those that say no, by what the sampler chooses, and changes with a reload', async (t) => {
    const collector = await startCollector(t);
    const served = await serve(t, { ...sentTo(collector.port), 'enable-opentelemetry': 'true', 'opentelemetry-operation-name': '$host' });
    for (const name of ['shop', 'silent', 'failing', 'closed', 'nobody']) await ask(served, name);
    const names = (await taken(collector, 4)).map(({ name }) => name).sort();
    assert.deepEqual(names, ['closed.test', 'lost', 'nobody.test', 'shop.test']);
    const share = { 'otel-sampler': 'TraceIdRatioBased', 'otel-sampler-ratio': '0.5' };
    await served.save('settings.yaml', settings({ ...sentTo(collector.port), ...share }));
    const flags = [];
    for (let count = 0; count < 60; count += 1) flags.push((await ask(served, 'shop')).parent?.slice(-2));
    const chosen = flags.filter((flag) => flag === '01').length;
    assert.deepEqual([...new Set(flags)].sort(), ['00', '01']);
    assert.equal((await taken(collector, 4 + chosen)).length, 4 + chosen);
    await served.save('settings.yaml', settings({}));
    assert.doesNotMatch(await served.config(), /otel/);
    assert.equal((await ask(served, 'shop')).parent, undefined);
  });

  test('traces hosts that share servers, too', async (t) => {
    const collector = await startCollector(t);
    const served = await serve(t, { ...sentTo(collector.port), 'enable-opentelemetry': 'true' });
    const hosts = Array.from({ length: 200 }, (_, index) => ingress({ name: `plain${index}`, host: `plain${index}.test`, service: 'web' }));
    await served.save('apps.yaml', documents(manifests, ...hosts));
    assert.match(await served.config(), /hosts that share a server/);
    const { status, parent } = await ask(served, 'plain7', from('01'));
    const [one] = await taken(collector, 1);
    assert.deepEqual([status, one?.name, one?.parent, parent], [200, 'GET plain7.test', span, `00-${trace}-${one?.id}-01`]);
  });

  test('does not trace what the controller itself asks', async (t) => {
    const collector = await startCollector(t);
    const served = await serve(t, { ...sentTo(collector.port), 'enable-opentelemetry': 'true' });
    // Verifying each generation asks for it many times.
    await served.save('settings.yaml', settings({ ...sentTo(collector.port), 'enable-opentelemetry': 'true', 'server-tokens': 'true' }));
    await ask(served, 'shop');
    assert.deepEqual(
      (await taken(collector, 1)).map(({ name }) => name),
      ['/pay'],
    );
  });

  test('serves while nobody takes the spans', async (t) => {
    const served = await serve(t, sentTo(await freePort()));
    for (let count = 0; count < 20; count += 1) assert.equal((await ask(served, 'shop')).status, 200);
  });
});

describe('an NGINX without ngx_otel_module', { skip: skipWithModule, timeout: 60_000 }, () => {
  test('serves, is given no directive that it does not know, and everybody who asked is told', async (t) => {
    const served = await serve(t, { ...sentTo(4317), 'enable-opentelemetry': 'true', 'otel-sampler': 'TraceIdRatioBased' });
    for (const name of ['shop', 'named', 'untrusting', 'silent']) assert.equal((await ask(served, name)).status, 200);
    assert.doesNotMatch(await served.config(), /otel/);
    const told = served.log.map(({ msg }) => msg).filter((msg) => msg.includes('enable-opentelemetry has no effect: the NGINX in use'));
    const objects = told.map((msg) => /(?:ConfigMap|Ingress) default\/[a-z]+/.exec(msg)?.[0]);
    const names = ['closed', 'failing', 'guarded', 'named', 'shop', 'untrusting'];
    assert.deepEqual(objects.sort(), ['ConfigMap default/gatehouse', ...names.map((name) => `Ingress default/${name}`)]);
  });
});
