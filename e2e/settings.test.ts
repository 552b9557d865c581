import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { get } from 'node:http';
import { describe, type TestContext, test } from 'node:test';
import { httpVariableNames, streamVariableNames } from '../src/config/log-variables.ts';
import { freePort, until, whyNotServed } from './kit/machine.ts';
import { documents, endpoints, ingress, service } from './kit/manifests.ts';
import { type Served, serveFiles } from './kit/served.ts';
import { backend, portMap, streamFlags, whyNoStreams } from './kit/streams.ts';
import { firstLine, startConversation, startEcho } from './kit/tcp.ts';
import { startTraffic, statusOf } from './kit/traffic.ts';
import { open } from './kit/wire.ts';

const skip = whyNotServed() ?? false;
const skipStreams = (await whyNoStreams()) ?? false;

const shop = documents(ingress({ name: 'shop', host: 'shop.test', service: 'web' }), service('web'), endpoints('web', ['127.2.0.1']));

function settings(data: Readonly<Record<string, string>>): string {
  const lines = Object.entries(data).map(([key, value]) => `  ${key}: ${JSON.stringify(value)}\n`);
  return `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: gatehouse }\ndata:\n${lines.join('')}`;
}

async function start(t: TestContext, data: Readonly<Record<string, string>>, more: readonly string[] = []): Promise<Served> {
  const files = new Map([
    ['shop.yaml', shop],
    ['settings.yaml', settings(data)],
  ]);
  const served = await serveFiles({ files, flags: ['--configmap', 'default/gatehouse', ...more] });
  t.after(() => served.stop());
  return served;
}

/** What is wrong with the settings. */
function complaints({ log }: Served): readonly string[] {
  return log.map(({ msg }) => msg).filter((msg) => msg.includes('ConfigMap default/gatehouse'));
}

/** What NGINX itself complained about. */
function nginxLines({ log }: Served): string {
  return log
    .filter(({ level, msg }) => level > 30 && msg.startsWith('nginx: '))
    .slice(0, 20)
    .map(({ msg }) => msg)
    .join('\n');
}

/** The status that an address answers with, or the code of the error. */
function statusAt(host: string, port: number): Promise<string> {
  return new Promise((resolve) => {
    const request = get({ host, port, headers: { Host: 'shop.test' }, agent: false }, (response) => {
      response.resume();
      resolve(String(response.statusCode));
    });
    request.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
  });
}

describe('bind-address', { skip, timeout: 60_000 }, () => {
  test('closes all other addresses, takes those that the machine does not have, and changes with a reload', async (t) => {
    const served = await start(t, { 'bind-address': '127.0.0.9,192.0.2.1' });
    const { http, https } = served.ports;
    assert.deepEqual([await statusAt('127.0.0.9', http), await statusAt('127.0.0.1', http)], ['200', 'ECONNRESET']);
    await assert.rejects(open({ port: https, tls: { serverName: 'shop.test', protocol: 'http/1.1' } }));
    await served.save('settings.yaml', settings({ 'bind-address': '127.0.0.1' }));
    assert.deepEqual([await statusAt('127.0.0.9', http), await statusAt('127.0.0.1', http)], ['ECONNRESET', '200']);
    await served.save('settings.yaml', settings({}));
    assert.deepEqual([await statusAt('127.0.0.9', http), await statusAt('127.0.0.1', http)], ['200', '200']);
    assert.equal(served.reloads(), 3);
  });

  test('closes TCP ports at all other addresses too, and at every one when it cannot be understood', { skip: skipStreams }, async (t) => {
    const [port, inside] = [await freePort(), await freePort()];
    await startEcho(t, 'one', '127.3.0.1', inside);
    const served = await start(t, { 'bind-address': '127.0.0.9' }, streamFlags);
    await served.save('tcp.yaml', documents(portMap('tcp', { [port]: `default/echo:${inside}` }), backend('echo', inside, ['127.3.0.1'])));
    const at = async (host: string) => (await startConversation(port, { host })).hear(/\n/).catch(() => 'closed');
    assert.deepEqual([await at('127.0.0.9'), await at('127.0.0.1')], ['one\n', 'closed']);
    await served.save('settings.yaml', settings({ 'bind-address': 'eth0' }));
    assert.deepEqual([await at('127.0.0.9'), await at('127.0.0.1')], ['closed', 'closed']);
    assert.equal(await statusOf(served.ports.http, 'shop.test'), '503');
    await served.save('settings.yaml', settings({}));
    assert.equal(await firstLine(port), 'one');
  });
});

describe('worker-processes', { skip, timeout: 60_000 }, () => {
  for (const more of [{}, { 'bind-address': '127.0.0.1' }]) {
    test(`change without a failed request${'bind-address' in more ? ', also where only one address is served' : ''}`, async (t) => {
      const served = await start(t, { ...more, 'worker-processes': '2' });
      const traffic = startTraffic(served.ports.http, 'shop.test');
      for (const number of ['4', '1', '3']) await served.save('settings.yaml', settings({ ...more, 'worker-processes': number }));
      await served.save('settings.yaml', settings({ ...more, 'worker-processes': 'few' }));
      const { sent, failures } = await traffic.stop();
      assert.deepEqual(failures, [], `of ${sent} requests\n${nginxLines(served)}`);
      assert.equal(served.reloads(), 5);
      t.diagnostic(`${sent} requests, none failed`);
    });
  }
});

describe('a log format', { skip, timeout: 60_000 }, () => {
  test('may have every variable of the list, as NGINX knows them all', async (t) => {
    const all = httpVariableNames.map((name) => `$${name}`).join(' ');
    const families = '$http_a $sent_http_a $sent_trailer_a $cookie_a $arg_a $upstream_http_a $upstream_trailer_a $upstream_cookie_a';
    const served = await start(t, {
      'log-format-upstream': `${all} ${families} $proxy_protocol_tlv_alpn`,
      'log-format-escape-none': 'true',
    });
    assert.equal(await statusOf(served.ports.http, 'shop.test'), '200');
    await until('the line is written', async () => (await served.accessLog()).some((line) => line.includes(' default-web-80 ')));
    assert.deepEqual(complaints(served), []);
  });

  test('of TCP ports may have every variable of its list', { skip: skipStreams }, async (t) => {
    const [port, inside] = [await freePort(), await freePort()];
    await startEcho(t, 'one', '127.3.0.1', inside);
    const all = streamVariableNames.map((name) => `$${name}`).join(' ');
    const more = { 'access-log-path': '/dev/null', 'stream-access-log-path': '/dev/stdout' };
    const served = await start(t, { ...more, 'log-format-stream': `of a port: ${all}` }, streamFlags);
    await served.save('tcp.yaml', documents(portMap('tcp', { [port]: `default/echo:${inside}` }), backend('echo', inside, ['127.3.0.1'])));
    assert.equal(await firstLine(port), 'one');
    await until('the line is written', async () => (await served.accessLog()).some((line) => line.startsWith('of a port: ')));
    assert.equal(
      (await served.accessLog()).some((line) => line.includes('shop.test')),
      false,
    );
    assert.deepEqual(complaints(served), []);
  });
});

describe('enable-syslog', { skip, timeout: 60_000 }, () => {
  test('sends access lines to the server in place of the file, and error lines to both', async (t) => {
    const server = createSocket('udp4');
    t.after(() => server.close());
    const heard: string[] = [];
    server.on('message', (message) => heard.push(message.toString()));
    server.bind(0, '127.0.0.1');
    await once(server, 'listening');
    const syslog = { 'enable-syslog': 'true', 'syslog-host': '127.0.0.1', 'syslog-port': String(server.address().port) };
    const served = await start(t, { ...syslog, 'error-log-level': 'info', 'log-format-upstream': 'request of $http_x_who: $request' });
    assert.equal(await statusOf(served.ports.http, 'shop.test', false, '/syslog'), '200');
    await until('the access line arrives', () => heard.some((line) => line.endsWith('request of -: GET /syslog HTTP/1.1')));
    assert.deepEqual(await served.accessLog(), []);
    (await startConversation(served.ports.http)).say('nonsense\r\n\r\n');
    const complaint = 'client sent invalid method';
    await until('the error line arrives', () => heard.some((line) => line.includes(complaint)));
    await until('the controller has it too', () => served.log.some(({ msg }) => msg.includes(complaint)));
  });
});
