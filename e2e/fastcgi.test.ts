import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request } from 'node:http';
import { after, before, describe, test } from 'node:test';
import { type FastcgiApplication, startFastcgi } from './kit/fastcgi.ts';
import { documents, endpoints, ingress, service } from './kit/manifests.ts';
import { type Served, serveFiles, whyNotServed } from './kit/served.ts';

function backend(name: string, address: string, port: number): string {
  return documents(service(name, port), endpoints(name, [address], port));
}

function annotated(name: string, to: string, annotations: Readonly<Record<string, string>>): string {
  return ingress({ name, host: `${name}.test`, service: to, annotations });
}

const params =
  'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: params }\ndata: { SCRIPT_FILENAME: /app/index.php, APP_MODE: "a \\"$\\" b" }\n';

let application: FastcgiApplication;
let served: Served;

interface Asked {
  readonly host: string;
  readonly path: string;
  readonly method?: string;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

async function ask({ host, path, method = 'GET', body = '', headers = {} }: Asked): Promise<{ status: number; text: string }> {
  const to = { host: '127.0.0.1', port: served.ports.http, agent: false, method, path, headers: { ...headers, host } } as const;
  const [answer] = await once(request(to).end(body), 'response');
  let text = '';
  for await (const part of answer) text += part;
  return { status: answer.statusCode, text };
}

describe('a FastCGI application', { skip: whyNotServed() ?? false, timeout: 60_000 }, () => {
  before(async () => {
    application = await startFastcgi('127.4.1.1', ({ params: own, body }) => ({
      status: own['SCRIPT_NAME'] === '/missing.php' ? 404 : 200,
      body: JSON.stringify({ ...own, body }),
    }));
    served = await serveFiles({ files: new Map([['all.yaml', '']]) });
    await served.save(
      'all.yaml',
      documents(
        backend('app', '127.4.1.1', application.port),
        backend('gone', '127.4.1.2', 1),
        params,
        annotated('plain', 'app', { 'backend-protocol': 'fcgi' }),
        annotated('all', 'app', { 'backend-protocol': 'FCGI', 'fastcgi-index': 'index.php', 'fastcgi-params-configmap': 'params' }),
        annotated('gone', 'gone', { 'backend-protocol': 'FCGI' }),
      ),
    );
  });
  after(async () => {
    await served.stop();
    await application.close();
  });

  test('is told of the request, whatever the case of the letters of its protocol', async () => {
    const { status, text } = await ask({ host: 'plain.test', path: '/a.php/b?c=d', headers: { 'x-own': '1', proxy: 'evil' } });
    const told = JSON.parse(text);
    assert.equal(status, 200);
    const names = ['REQUEST_METHOD', 'REQUEST_URI', 'QUERY_STRING', 'SCRIPT_NAME', 'HTTP_HOST', 'HTTP_X_OWN', 'HTTP_PROXY', 'HTTPS'];
    assert.deepEqual(
      names.map((name) => told[name]),
      ['GET', '/a.php/b?c=d', 'c=d', '/a.php/b', 'plain.test', '1', undefined, undefined],
    );
    assert.equal(told['HTTP_X_FORWARDED_PROTO'], 'http');
    assert.match(told['HTTP_X_REQUEST_ID'], /^[0-9a-f]{32}$/);
  });

  test('gets the index of a folder, and the parameters of the ConfigMap as they are written', async () => {
    const told = JSON.parse((await ask({ host: 'all.test', path: '/folder/' })).text);
    assert.deepEqual([told['SCRIPT_NAME'], told['SCRIPT_FILENAME'], told['APP_MODE']], ['/folder/index.php', '/app/index.php', 'a "$" b']);
  });

  test('gets the body, and its status reaches the client', async () => {
    const body = 'x'.repeat(100_000);
    const told = JSON.parse((await ask({ host: 'all.test', path: '/a.php', method: 'POST', body })).text);
    assert.deepEqual([told['REQUEST_METHOD'], told['CONTENT_LENGTH'], told['body'] === body], ['POST', '100000', true]);
    assert.equal((await ask({ host: 'all.test', path: '/missing.php' })).status, 404);
  });

  test('that cannot be reached is 502', async () => {
    assert.equal((await ask({ host: 'gone.test', path: '/' })).status, 502);
  });
});
