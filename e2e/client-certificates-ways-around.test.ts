import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, constants } from 'node:http2';
import { Agent, request } from 'node:https';
import { after, before, describe, test } from 'node:test';
import type { Made } from '../src/routing/certificates-testbed.ts';
import { type Ask, askHttp, askHttps, guardedText, issue, type Shown, secretText, startAuthority } from './kit/client-certificates.ts';
import { documents, endpoints, service } from './kit/manifests.ts';
import { type Served, serveFiles, whyNotServed } from './kit/served.ts';

/** Everything that might lead to a host with client certificates without one that it accepts. */

let served: Served;
let own: Made;
let other: Made;
let good: Shown;
let foreign: Shown;

/** Hosts of two authorities; each is a name that is known, below a wildcard, or a further name. */
function manifests(...more: readonly string[]): string {
  const needs = (name: string, annotations: Readonly<Record<string, string>> = {}) => ({
    'auth-tls-secret': `default/${name}`,
    ...annotations,
  });
  return documents(
    service('web'),
    endpoints('web', ['127.5.2.1']),
    secretText('own', { 'ca.crt': own.pem }),
    secretText('other', { 'ca.crt': other.pem }),
    guardedText({ name: 'open', host: 'open.test' }),
    guardedText({
      name: 'guarded',
      host: 'guarded.test',
      annotations: needs('own', { 'server-alias': 'alias.test, ~^alias-[0-9]+\\.test$' }),
    }),
    guardedText({ name: 'optional', host: 'optional.test', annotations: needs('own', { 'auth-tls-verify-client': 'optional' }) }),
    guardedText({ name: 'unasked', host: 'unasked.test', annotations: needs('own', { 'auth-tls-verify-client': 'off' }) }),
    guardedText({ name: 'other', host: 'other.test', annotations: needs('other') }),
    guardedText({ name: 'wildcard', host: '*.wild.test', annotations: needs('own') }),
    guardedText({ name: 'exception', host: 'open.wild.test' }),
    guardedText({ name: 'redirected', host: 'redirected.test', tls: true, annotations: needs('own') }),
    ...more,
  );
}

async function status(ask: Ask): Promise<number> {
  return (await askHttps(served.ports.https, ask)).status;
}

/** What the backend was told of the outcome of the check, by each request that it saw. */
function told(): readonly (string | undefined)[] {
  return served.backends.take().seen.map(({ headers }) => headers.find(([name]) => name === 'ssl-client-verify')?.[1]);
}

/** The statuses of requests over one connection of HTTP/2. */
async function overHttp2(sni: string, authorities: readonly string[], shows?: Shown): Promise<readonly number[]> {
  const session = connect(`https://127.0.0.1:${served.ports.https}`, {
    servername: sni,
    rejectUnauthorized: false,
    ...(shows && { cert: shows.pem, key: shows.key }),
  });
  const statuses: number[] = [];
  for (const authority of authorities) {
    const stream = session.request({ [constants.HTTP2_HEADER_AUTHORITY]: authority });
    const [headers] = await once(stream, 'response');
    statuses.push(headers[constants.HTTP2_HEADER_STATUS]);
    stream.resume();
    await once(stream, 'close');
  }
  session.close();
  return statuses;
}

/** The statuses of requests over one connection of HTTP/1.1 that is kept alive. */
async function overKeptAlive(sni: string, hosts: readonly string[]): Promise<readonly (number | undefined)[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const statuses: (number | undefined)[] = [];
  for (const host of hosts) {
    const asked = request({
      host: '127.0.0.1',
      port: served.ports.https,
      agent,
      servername: sni,
      headers: { host },
      rejectUnauthorized: false,
    });
    asked.end();
    const [answer] = await once(asked, 'response');
    statuses.push(answer.statusCode);
    await answer.resume().toArray();
  }
  agent.destroy();
  return statuses;
}

async function prepare(): Promise<void> {
  own = await startAuthority('own');
  other = await startAuthority('other');
  good = await issue('CN=alice', own);
  foreign = await issue('CN=alice', other);
}

describe('there is no way around client certificates', { skip: whyNotServed() ?? false, timeout: 60_000 }, () => {
  before(async () => {
    await prepare();
    served = await serveFiles({ files: new Map([['all.yaml', manifests()]]) });
  });
  after(() => served?.stop());

  test('by the handshake of an open host, or of one with other authorities', async () => {
    for (const sni of ['open.test', 'other.test', 'unasked.test', 'optional.test', 'redirected.test']) {
      for (const shows of [good, foreign]) assert.equal(await status({ host: 'guarded.test', sni, shows }), 421, sni);
    }
    assert.equal(await status({ host: 'optional.test', sni: 'other.test', shows: foreign }), 421);
  });

  test('by a handshake without a name, or with one that no rule has', async () => {
    for (const sni of [false, 'unknown.test', '127.0.0.1.test'] as const) {
      for (const shows of [good, foreign]) assert.equal(await status({ host: 'guarded.test', sni, shows }), 400, String(sni));
    }
  });

  for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
    test(`by a session of ${version} that began at another host`, async () => {
      for (const [from, shows] of [
        ['open.test', undefined],
        ['other.test', foreign],
        ['optional.test', good],
        ['unknown.test', good],
      ] as const) {
        const { session } = await askHttps(served.ports.https, { host: from, version, ...(shows && { shows }) });
        assert.ok(session, from);
        const { status: seen, resumed } = await askHttps(served.ports.https, { host: 'guarded.test', version, session });
        assert.deepEqual([seen, resumed], [400, false], from);
      }
    });

    test(`by a session of ${version} of its own, used for another Host`, async () => {
      const { session } = await askHttps(served.ports.https, { host: 'other.test', version, shows: foreign });
      assert.ok(session);
      const { status: seen, resumed } = await askHttps(served.ports.https, { host: 'guarded.test', sni: 'other.test', version, session });
      assert.deepEqual([seen, resumed], [421, true]);
    });
  }

  test('by a connection of HTTP/2 that was opened for another host', async () => {
    assert.deepEqual(await overHttp2('open.test', ['open.test', 'guarded.test', 'open.test'], good), [200, 421, 200]);
    assert.deepEqual(await overHttp2('guarded.test', ['guarded.test', 'other.test', 'alias.test'], good), [200, 421, 421]);
    assert.deepEqual(await overHttp2('guarded.test', ['guarded.test', 'open.test']), [400, 200]);
  });

  test('by a connection of HTTP/1.1 that was opened for another host', async () => {
    assert.deepEqual(await overKeptAlive('open.test', ['open.test', 'guarded.test']), [200, 421]);
  });

  test('by an absolute target', async () => {
    assert.equal(await status({ host: 'open.test', target: 'http://guarded.test/', shows: good }), 421);
    assert.equal(await status({ host: 'open.test', sni: 'guarded.test', target: 'https://guarded.test/' }), 400);
    assert.equal(await askHttp(served.ports.http, { host: 'open.test', target: 'https://guarded.test/' }), '403');
  });

  test('by another spelling of the host', async () => {
    for (const host of ['GUARDED.test', 'guarded.test.', 'guarded.test:443']) {
      assert.equal(await status({ host, sni: 'open.test', shows: good }), 421, host);
      assert.equal(await status({ host, sni: 'guarded.test' }), 400, host);
      assert.equal(await status({ host, sni: 'guarded.test', shows: good }), 200, host);
    }
    assert.equal(await status({ host: 'guarded.test', sni: 'GUARDED.test', shows: good }), 200);
  });

  test('by plain http: it is refused, or sent to https where the host has a certificate', async () => {
    for (const host of ['guarded.test', 'alias.test', 'alias-7.test', 'any.wild.test']) {
      const headers = { 'X-Forwarded-Proto': 'https', 'X-Forwarded-Host': 'open.test' };
      assert.equal(await askHttp(served.ports.http, { host, headers }), '403', host);
    }
    assert.equal(await askHttp(served.ports.http, { host: 'redirected.test' }), '308 https://redirected.test');
  });

  test('by further names of the host, or by names below a wildcard', async () => {
    for (const host of ['alias.test', 'alias-7.test', 'any.wild.test']) {
      const seen = [
        await status({ host }),
        await status({ host, shows: foreign }),
        await status({ host, sni: 'open.test', shows: good }),
        await status({ host, shows: good }),
      ];
      assert.deepEqual(seen, [400, 400, 421, 200], host);
    }
    const below = [await status({ host: 'any.wild.test', sni: 'open.wild.test', shows: good }), await status({ host: 'open.wild.test' })];
    assert.deepEqual(below, [421, 200]);
  });

  test('and the certificate for one host is not told to the backend of another that asks nobody', async () => {
    served.backends.take();
    assert.equal(await status({ host: 'open.test', sni: 'other.test', shows: foreign }), 200);
    assert.deepEqual(told(), [undefined]);
    assert.equal(await status({ host: 'unasked.test', sni: 'other.test', shows: foreign }), 421);
    assert.equal(await status({ host: 'unasked.test', sni: 'other.test' }), 200);
    assert.deepEqual(told(), ['NONE']);
  });
});

for (const [title, host] of [
  ['a rule without host', undefined],
  ['a default backend', ''],
] as const) {
  describe(`${title} with client certificates`, { skip: whyNotServed() ?? false, timeout: 60_000 }, () => {
    before(async () => {
      await prepare();
      const annotations = { 'auth-tls-secret': 'default/other' };
      const text = manifests(guardedText({ name: 'rest', annotations, ...(host === undefined ? {} : { host }) }));
      served = await serveFiles({ files: new Map([['all.yaml', text]]) });
    });
    after(() => served?.stop());

    test('asks everybody whose host no rule names for a certificate', async () => {
      for (const sni of [false, 'unknown.test', 'something-else.test'] as const) {
        const seen = [
          await status({ host: 'unknown.test', sni }),
          await status({ host: 'unknown.test', sni, shows: good }),
          await status({ host: 'unknown.test', sni, shows: foreign }),
        ];
        assert.deepEqual(seen, [400, 400, 200], String(sni));
      }
      assert.equal(await status({ host: 'unknown.test', sni: 'open.test', shows: foreign }), 421);
      assert.equal(await askHttp(served.ports.http, { host: 'unknown.test' }), '403');
    });

    test('does not vouch for clients of hosts with other authorities, nor ask those of open hosts', async () => {
      for (const sni of [false, 'unknown.test'] as const) {
        for (const name of ['guarded.test', 'optional.test', 'alias.test', 'alias-7.test', 'any.wild.test']) {
          assert.equal(await status({ host: name, sni, shows: foreign }), 421, name);
        }
        assert.equal(await status({ host: 'guarded.test', sni }), 400);
        assert.deepEqual([await status({ host: 'optional.test', sni }), await status({ host: 'open.test', sni })], [200, 200]);
      }
      assert.deepEqual([await status({ host: 'open.test' }), await status({ host: 'guarded.test', shows: good })], [200, 200]);
    });

    test('does not lend its sessions to hosts with other authorities', async () => {
      for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
        const { session } = await askHttps(served.ports.https, { host: 'unknown.test', sni: false, version, shows: foreign });
        assert.ok(session);
        const seen = [];
        for (const sni of ['guarded.test', false] as const) seen.push(await status({ host: 'guarded.test', sni, version, session }));
        assert.deepEqual(seen, [400, 421], version);
      }
    });
  });
}
