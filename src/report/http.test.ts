import assert from 'node:assert/strict';
import { request } from 'node:http';
import { afterEach, test } from 'node:test';
import { certificate } from '../routing/certificates-testbed.ts';
import { build, ingress, path, rule, secret, service, slice, snapshot } from '../routing/objects-testbed.ts';
import { type HttpOptions, type HttpServer, startHttp } from './http.ts';
import { createDebugPages, isFromThisMachine } from './http-debug.ts';

let server: HttpServer | undefined;

afterEach(async () => {
  await server?.close();
  server = undefined;
});

async function start(options: Partial<HttpOptions> = {}): Promise<HttpServer> {
  const fine = () => undefined;
  server = await startHttp({ port: 0, alive: fine, ready: fine, started: fine, debug: createDebugPages(() => undefined), ...options });
  return server;
}

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

function ask(url: string, options: { readonly method?: string; readonly host?: string } = {}): Promise<Answer> {
  const { method = 'GET', host } = options;
  return new Promise((resolve, reject) => {
    const headers = host === undefined ? {} : { host };
    const outgoing = request({ host: '127.0.0.1', port: server?.port, path: url, method, headers, agent: false }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        body += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, type: response.headers['content-type'] ?? '', body }));
    });
    outgoing.on('error', reject).end();
  });
}

test('each check has its page, and says in words what is wrong', async () => {
  await start({ ready: async () => 'draining', started: () => 'no configuration has been tested yet' });
  const plain = 'text/plain; charset=utf-8';
  assert.deepEqual(await ask('/healthz'), { status: 200, type: plain, body: 'ok\n' });
  assert.deepEqual(await ask('/readyz?verbose'), { status: 503, type: plain, body: 'draining\n' });
  assert.deepEqual(await ask('/startupz'), { status: 503, type: plain, body: 'no configuration has been tested yet\n' });
});

test('the path of the health page can be chosen', async () => {
  await start({ healthPath: '/alive' });
  assert.deepEqual([(await ask('/alive')).status, (await ask('/healthz')).status], [200, 404]);
});

test('a check that throws makes the page fail, not the server', async () => {
  await start({ alive: () => Promise.reject(new Error('broken')) });
  assert.deepEqual(await ask('/healthz'), { status: 500, type: 'text/plain; charset=utf-8', body: 'broken\n' });
  assert.equal((await ask('/readyz')).status, 200);
});

test('metrics are shown only where they are switched on', async () => {
  await start();
  assert.equal((await ask('/metrics')).status, 404);
  await server?.close();
  await start({ metrics: { text: async () => 'up 1\n', contentType: 'text/plain; version=0.0.4; charset=utf-8' } });
  assert.deepEqual(await ask('/metrics'), { status: 200, type: 'text/plain; version=0.0.4; charset=utf-8', body: 'up 1\n' });
});

test('pages are only read', async () => {
  await start();
  assert.equal((await ask('/healthz', { method: 'POST' })).status, 405);
  assert.deepEqual(await ask('/healthz', { method: 'HEAD' }), { status: 200, type: 'text/plain; charset=utf-8', body: '' });
});

test('a port that is taken is refused with a sentence that names the flag', async () => {
  const { port } = await start();
  await assert.rejects(
    startHttp({ port, alive: () => undefined, ready: () => undefined, started: () => undefined, debug: createDebugPages(() => undefined) }),
    {
      message: `port ${port} cannot be used for health and metrics: another program uses it. Choose another one with --healthz-port.`,
    },
  );
});

test('the debug pages answer only on this machine, and only under its own name', async () => {
  await start({ debug: { topology: () => ({ a: 1 }), diagnostics: () => [], endpoints: () => undefined } });
  assert.deepEqual(await ask('/debug/topology', { host: 'localhost:10254' }), {
    status: 200,
    type: 'application/json',
    body: '{\n  "a": 1\n}\n',
  });
  assert.equal((await ask('/debug/diagnostics')).body, '[]\n');
  assert.equal((await ask('/debug/endpoints')).status, 503);
  assert.equal((await ask('/debug/topology', { host: 'evil.example.com' })).status, 403);
});

const callers: readonly (readonly [address: string, host: string, allowed: boolean])[] = [
  ['127.0.0.1', '127.0.0.1:10254', true],
  ['::ffff:127.0.0.1', 'localhost', true],
  ['::1', '[::1]:10254', true],
  ['192.0.2.7', 'localhost:10254', false],
  ['::ffff:192.0.2.7', '127.0.0.1', false],
  ['2001:db8::1', 'localhost', false],
  ['127.0.0.1', 'localhost.example.com', false],
  ['127.0.0.1', '127.0.0.1.example.com:10254', false],
  ['127.0.0.1', '', false],
  ['', 'localhost', false],
];

for (const [address, host, allowed] of callers) {
  test(`the debug pages are ${allowed ? 'open' : 'closed'} to "${address}" that asks for "${host}"`, () => {
    assert.equal(isFromThisMachine(address, host), allowed);
  });
}

test('the debug pages show what was built, and never a key', async () => {
  const made = await certificate({ names: ['a.example.com'] });
  const objects = [
    ingress('web', { rules: [rule('a.example.com', path('/'))], tls: [{ hosts: ['a.example.com'], secretName: 'cert' }] }),
    service('web'),
    slice('web', ['10.0.0.1', '2001:db8::1']),
    secret('cert', { 'tls.crt': made.pem, 'tls.key': made.key }),
  ];
  const built = build(objects);
  const { diagnostics } = built;
  const pages = createDebugPages(() => ({
    snapshot: snapshot(...objects),
    built,
    diagnostics,
    outcome: { kind: 'unchanged' },
    milliseconds: 1,
  }));
  const topology = JSON.stringify(pages.topology());
  assert.match(topology, /"names":"DNS:a\.example\.com".*"fingerprint256":"[0-9A-F:]{95}"/);
  assert.doesNotMatch(topology, /PRIVATE|BEGIN/);
  assert.ok(!topology.includes(made.key.split('\n')[1] ?? '-'));
  assert.deepEqual(pages.endpoints(), [
    {
      upstream: built.topology.upstreams[0]?.id,
      service: 'Service default/web',
      port: '80',
      endpoints: ['10.0.0.1:80', '[2001:db8::1]:80'],
    },
  ]);
  assert.deepEqual(pages.diagnostics(), []);
});
