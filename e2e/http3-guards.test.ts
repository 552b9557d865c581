import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Made } from '../src/routing/certificates-testbed.ts';
import { guardedText, issue, type Shown, secretText, startAuthority } from './kit/client-certificates.ts';
import { type AskHttp3, type Http3Client, http3Settings, startHttp3, whyNoHttp3 } from './kit/http3.ts';
import { documents, endpoints, service } from './kit/manifests.ts';
import { type Served, serveFiles } from './kit/served.ts';
import { whyNoStreams } from './kit/streams.ts';

/** What guards a host over https guards it over HTTP/3 too. The ways around client certificates are those of `client-certificates-ways-around.test.ts`. */

const skip = (await whyNoHttp3()) ?? false;
const flags = ['--configmap', 'default/settings'];

/** The alert 112 in a QUIC error: RFC 9001, section 4.8. */
const unrecognizedName = /^CRYPTO_ERROR 0x170 /;

let served: Served;
let client: Http3Client;
let own: Made;
let other: Made;
let good: Shown;
let foreign: Shown;

function manifests(settings: Readonly<Record<string, string>>): string {
  const needs = (name: string, more: Readonly<Record<string, string>> = {}) => ({ 'auth-tls-secret': `default/${name}`, ...more });
  return documents(
    http3Settings(settings),
    service('web'),
    endpoints('web', ['127.5.8.1']),
    secretText('own', { 'ca.crt': own.pem }),
    secretText('other', { 'ca.crt': other.pem }),
    guardedText({ name: 'open', host: 'open.test' }),
    guardedText({ name: 'guarded', host: 'guarded.test', annotations: needs('own', { 'server-alias': 'alias.test' }) }),
    guardedText({ name: 'optional', host: 'optional.test', annotations: needs('own', { 'auth-tls-verify-client': 'optional' }) }),
    guardedText({ name: 'other', host: 'other.test', annotations: needs('other') }),
    guardedText({ name: 'listed', host: 'listed.test', annotations: { 'whitelist-source-range': '127.0.0.9' } }),
  );
}

async function start(settings: Readonly<Record<string, string>>): Promise<void> {
  own = await startAuthority('own');
  other = await startAuthority('other');
  good = await issue('CN=alice', own);
  foreign = await issue('CN=alice', other);
  served = await serveFiles({ files: new Map([['all.yaml', manifests(settings)]]), flags });
  client = startHttp3(served.ports.https);
}

async function stop(): Promise<void> {
  client?.close();
  await served?.stop();
}

async function status(ask: AskHttp3): Promise<number | string | undefined> {
  const { status: seen, error } = await client.ask(ask);
  return seen ?? error;
}

describe('over HTTP/3 there is no way around client certificates', { skip, timeout: 120_000 }, () => {
  before(() => start({ 'ssl-session-tickets': 'true' }));
  after(stop);

  test('and with one the host answers', async () => {
    const seen = [await status({ host: 'guarded.test' }), await status({ host: 'guarded.test', shows: foreign })];
    assert.deepEqual([...seen, await status({ host: 'guarded.test', shows: good })], [400, 400, 200]);
    const header = (name: string) =>
      served.backends
        .take()
        .seen.at(-1)
        ?.headers.find(([one]) => one === name)?.[1];
    assert.equal(header('ssl-client-verify'), 'SUCCESS');
  });

  test('by the handshake of another host, for none, or for one that no rule has', async () => {
    for (const shows of [good, foreign]) {
      for (const sni of ['open.test', 'other.test', 'optional.test'])
        assert.equal(await status({ host: 'guarded.test', sni, shows }), 421, sni);
      for (const sni of ['', 'unknown.test']) assert.equal(await status({ host: 'guarded.test', sni, shows }), 400, sni);
    }
  });

  test('by a connection that was opened for another host', async () => {
    const over = async (connection: string, hosts: readonly string[], shows: Shown) => {
      const seen = [];
      for (const host of hosts) seen.push(await status({ host, connection, shows }));
      return seen;
    };
    assert.deepEqual(await over('one', ['open.test', 'guarded.test', 'open.test'], good), [200, 421, 200]);
    assert.deepEqual(await over('two', ['guarded.test', 'other.test', 'alias.test', 'guarded.test'], good), [200, 421, 421, 200]);
  });

  test('by another spelling of the host', async () => {
    for (const host of ['GUARDED.test', 'guarded.test.', 'guarded.test:443']) {
      const seen = [
        await status({ host, sni: 'open.test', shows: good }),
        await status({ host, sni: 'guarded.test' }),
        await status({ host, sni: 'guarded.test', shows: good }),
      ];
      assert.deepEqual(seen, [421, 400, 200], host);
    }
  });

  test('by a session that began at another host', async () => {
    for (const [from, shows, expected] of [
      ['open.test', undefined, 421],
      ['other.test', foreign, 421],
      ['optional.test', good, 421],
      ['unknown.test', good, 400],
    ] as const) {
      for (const sni of [undefined, from]) {
        const sessions = `${from} ${sni}`;
        await status({ host: from, sessions, ...(shows && { shows }) });
        const { status: seen, resumed } = await client.ask({ host: 'guarded.test', sessions, ...(sni && { sni }) });
        assert.deepEqual([seen, resumed === true], sni === undefined ? [400, false] : [expected, true], sessions);
      }
    }
  });

  test('by a request that is sent before the handshake is over, as that is off', async () => {
    const sessions = 'early';
    await status({ host: 'guarded.test', sessions, shows: good });
    const { status: seen, resumed, early } = await client.ask({ host: 'guarded.test', sessions, early: true });
    assert.deepEqual([seen, resumed, early], [200, true, undefined]);
  });

  test('and an address that only its datagrams claim is not believed', async () => {
    assert.equal(await status({ host: 'listed.test' }), 403);
    for (const [host, reached] of [
      ['listed.test', []],
      ['open.test', ['127.0.0.1', '127.0.0.1', '127.0.0.1']],
    ] as const) {
      await status({ host, connection: host });
      served.backends.take();
      // NGINX answers to where the client is not, so that nothing of it is heard; it may even have left the old path by the second request.
      const asked = [status({ host, connection: host, from: '127.0.0.9' })];
      for (const path of ['/second', '/third']) {
        await served.backends.arrived(Number.POSITIVE_INFINITY);
        asked.push(status({ host, path, connection: host }));
      }
      await Promise.all(asked);
      const seen = served.backends.take().seen.map(({ headers }) => headers.find(([name]) => name === 'X-Real-IP')?.[1]);
      assert.deepEqual(seen, reached, host);
    }
  });
});

describe('HTTP/3 where handshakes for unknown names are refused', { skip, timeout: 120_000 }, () => {
  before(() => start({ 'ssl-reject-handshake': 'true', 'ssl-session-tickets': 'true', 'ssl-early-data': 'true' }));
  after(stop);

  test('refuses them as well, and not those for names that a rule has', async () => {
    for (const sni of ['', 'unknown.test']) assert.match(String(await status({ host: 'open.test', sni })), unrecognizedName, sni);
    assert.equal(await status({ host: 'open.test' }), 200);
  });

  test('a first request that is sent at once needs a certificate too, where the ConfigMap allows it', async () => {
    for (const [host, shows, expected] of [
      ['open.test', undefined, 200],
      ['guarded.test', undefined, 400],
      ['guarded.test', good, 200],
    ] as const) {
      const sessions = `${host} ${expected}`;
      await status({ host, sessions, ...(shows && { shows }) });
      const { status: seen, early } = await client.ask({ host, sessions, early: true });
      assert.equal(seen, expected, sessions);
      if (expected === 200) assert.equal(early, true, sessions);
    }
  });
});

describe('HTTP/3 beside TLS that is passed on', { skip: skip || ((await whyNoStreams()) ?? false), timeout: 120_000 }, () => {
  test('is refused for a host whose TLS is passed on, by its own handshake and by that of another, and is there for all others', async (t) => {
    const passed = { 'ssl-passthrough': 'true' };
    const text = documents(
      http3Settings(),
      service('web'),
      endpoints('web', ['127.5.8.2']),
      guardedText({ name: 'raw', host: 'raw.test', annotations: { ...passed, 'server-alias': 'also-raw.test' } }),
      guardedText({ name: 'wild', host: '*.wild.test', annotations: passed }),
      guardedText({ name: 'exception', host: 'open.wild.test' }),
      guardedText({ name: 'open', host: 'open.test' }),
    );
    served = await serveFiles({ files: new Map([['all.yaml', text]]), flags: [...flags, '--enable-ssl-passthrough'] });
    t.after(stop);
    client = startHttp3(served.ports.https);
    for (const host of ['open.test', 'open.wild.test']) assert.equal(await status({ host }), 200, host);
    served.backends.take();
    for (const host of ['raw.test', 'any.wild.test', 'also-raw.test']) {
      assert.match(String(await status({ host })), unrecognizedName, host);
      for (const sni of ['open.test', 'unknown.test', '']) assert.equal(await status({ host, sni }), 421, `${host} by ${sni}`);
    }
    assert.deepEqual(served.backends.take().seen, []);
  });
});
