import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Made } from '../src/routing/certificates-testbed.ts';
import {
  type Ask,
  askHttp,
  askHttps,
  guardedText,
  issue,
  revocationList,
  type Shown,
  secretText,
  startAuthority,
} from './kit/client-certificates.ts';
import { documents, endpoints, service } from './kit/manifests.ts';
import { type Served, serveFiles, whyNotServed } from './kit/served.ts';

/** Who may come to a host with client certificates, and what the backend is told. */

let served: Served;
let authority: Made;
let lower: Made;
let middle: Made;
let alice: Shown;
let mallory: Shown;
let stranger: Shown;
let distant: Shown;

const secret = 'default/authority';
const guarded = (name: string, annotations: Readonly<Record<string, string>> = {}) =>
  guardedText({ name, host: `${name}.test`, annotations: { 'auth-tls-secret': secret, ...annotations } });

/** A host whose setting is broken, and a path of it that belongs to an Ingress which says nothing. */
const broken = (name: string, annotations: Readonly<Record<string, string>>) =>
  documents(guarded(name, annotations), guardedText({ name: `${name}-other`, host: `${name}.test`, path: '/other' }));

function manifests(crl: string): string {
  return documents(
    service('web'),
    endpoints('web', ['127.5.0.1']),
    secretText('authority', { 'ca.crt': authority.pem }),
    secretText('revoking', { 'ca.crt': authority.pem, 'ca.crl': crl }),
    secretText('empty', { 'tls.crt': alice.pem, 'tls.key': alice.key }),
    secretText('garbage', { 'ca.crt': '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n' }),
    secretText('bad-list', { 'ca.crt': authority.pem, 'ca.crl': '-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n' }),
    guarded('strict', { 'auth-tls-pass-certificate-to-upstream': 'true' }),
    guarded('without-copy'),
    guarded('optional', { 'auth-tls-verify-client': 'optional' }),
    guarded('anybody', { 'auth-tls-verify-client': 'optional_no_ca' }),
    guarded('unasked', { 'auth-tls-verify-client': 'off' }),
    guarded('deep', { 'auth-tls-verify-depth': '2' }),
    guarded('revoking', { 'auth-tls-secret': 'default/revoking' }),
    guarded('page', { 'auth-tls-error-page': 'https://help.test/certificates' }),
    guarded('named', { 'auth-tls-match-cn': 'CN=alice' }),
    guarded('one-of-two', { 'auth-tls-match-cn': 'CN=(alice|bob)' }),
    guarded('ending', { 'auth-tls-match-cn': 'CN=.*-admin' }),
    guarded('whatever', { 'auth-tls-match-cn': 'CN=.*' }),
    guarded('named-by-anybody', { 'auth-tls-match-cn': 'CN=alice', 'auth-tls-verify-client': 'optional_no_ca' }),
    broken('missing', { 'auth-tls-secret': 'default/nothing' }),
    broken('empty', { 'auth-tls-secret': 'default/empty' }),
    broken('garbage', { 'auth-tls-secret': 'default/garbage' }),
    broken('bad-list', { 'auth-tls-secret': 'default/bad-list' }),
    broken('bad-mode', { 'auth-tls-verify-client': 'maybe' }),
    broken('bad-depth', { 'auth-tls-verify-depth': '-1' }),
    broken('bad-page', { 'auth-tls-error-page': '/sorry' }),
    broken('bad-name', { 'auth-tls-match-cn': 'CN=(' }),
    broken('half', { 'whitelist-source-range': 'nonsense' }),
  );
}

/** The status of one request; a redirect with where it leads. */
async function answer(name: string, shows?: Shown, more: Partial<Ask> = {}): Promise<string> {
  const { status, location } = await askHttps(served.ports.https, { host: `${name}.test`, ...(shows && { shows }), ...more });
  return location === undefined ? String(status) : `${status} ${location}`;
}

/** What the backend was told about the client by the last request. */
function told(): Readonly<Record<string, string>> {
  const headers = served.backends.take().seen.at(-1)?.headers ?? [];
  return Object.fromEntries(headers.map(([name, value]) => [name.toLowerCase(), value]).filter(([name]) => name?.startsWith('ssl')));
}

const forged = {
  'ssl-client-verify': 'SUCCESS',
  'SSL-Client-Subject-DN': 'CN=alice',
  'ssl-client-issuer-dn': 'CN=authority',
  'ssl-client-cert': 'forged',
  ssl_client_verify: 'SUCCESS',
};

describe('client certificates', { skip: whyNotServed() ?? false, timeout: 60_000 }, () => {
  before(async () => {
    authority = await startAuthority('authority');
    middle = await startAuthority('middle', authority);
    lower = await startAuthority('lower', middle);
    alice = await issue('CN=alice', authority);
    mallory = await issue('CN=mallory', authority);
    stranger = await issue('CN=alice', await startAuthority('authority'));
    distant = await issue('CN=alice', lower, [lower, middle]);
    served = await serveFiles({ files: new Map([['all.yaml', manifests(await revocationList(authority, [mallory]))]]) });
  });
  after(() => served?.stop());

  test('with on, only a certificate of the authority is let in', async () => {
    assert.deepEqual([await answer('strict', alice), await answer('strict'), await answer('strict', stranger)], ['200', '400', '400']);
  });

  test('with optional, one may come without a certificate, but not with a bad one', async () => {
    assert.deepEqual(
      [await answer('optional', alice), await answer('optional'), await answer('optional', stranger)],
      ['200', '200', '400'],
    );
  });

  test('with optional_no_ca, certificates of any authority are let in, and the backend is told that they failed', async () => {
    const own = await issue('CN=alice');
    assert.deepEqual([await answer('anybody', alice), await answer('anybody'), await answer('anybody', own)], ['200', '200', '200']);
    assert.match(told()['ssl-client-verify'] ?? '', /^FAILED:/);
  });

  test('with off, nobody is asked for a certificate', async () => {
    assert.equal(await answer('unasked', alice), '200');
    assert.deepEqual(told(), { 'ssl-client-verify': 'NONE' });
  });

  test('more authorities than the depth says may not stand in between', async () => {
    const near = await issue('CN=alice', middle, [middle]);
    assert.deepEqual([await answer('strict', near), await answer('strict', distant), await answer('deep', distant)], ['200', '400', '200']);
  });

  test('a certificate that the list of the Secret revokes is refused, and others are not', async () => {
    const seen = [await answer('revoking', mallory), await answer('strict', mallory), await answer('revoking', alice)];
    assert.deepEqual(seen, ['400', '200', '200']);
  });

  test('a client without a good certificate is sent to the error page, and no backend sees it', async () => {
    served.backends.take();
    const sent = '302 https://help.test/certificates';
    assert.deepEqual([await answer('page'), await answer('page', stranger)], [sent, sent]);
    assert.deepEqual(served.backends.take().seen, []);
    assert.equal(await answer('page', alice), '200');
  });

  test('the backend is told who came, and headers that the client forged are replaced', async () => {
    const identity = { 'ssl-client-verify': 'SUCCESS', 'ssl-client-subject-dn': 'CN=alice', 'ssl-client-issuer-dn': 'CN=authority' };
    await answer('strict', alice, { headers: forged });
    const { 'ssl-client-cert': copy = '', ...rest } = told();
    assert.deepEqual([decodeURIComponent(copy).trim(), rest], [alice.pem.trim(), identity]);
    await answer('without-copy', alice, { headers: forged });
    assert.deepEqual(told(), identity);
    await answer('optional', undefined, { headers: forged });
    assert.deepEqual(told(), { 'ssl-client-verify': 'NONE' });
  });

  test('forged headers do not reach the backend on plain http either', async () => {
    served.backends.take();
    for (const host of ['optional.test', 'anybody.test', 'unasked.test']) {
      assert.equal(await askHttp(served.ports.http, { host, headers: forged }), '200');
      assert.deepEqual(told(), {}, host);
    }
    assert.equal(await askHttp(served.ports.http, { host: 'strict.test', headers: forged }), '403');
  });

  for (const [name, subject, expected] of [
    ['named', 'CN=alice', '200'],
    ['named', 'CN=malice', '403'],
    ['named', 'CN=alice2', '403'],
    ['named', 'CN=Alice', '403'],
    ['named', 'O=team, CN=alice', '200'],
    ['named', 'CN=alice, O=team', '200'],
    ['named', 'CN=mallory, O=CN\\=alice', '403'],
    ['named', 'O=CN\\=alice, CN=mallory', '403'],
    ['named', 'O=x\\,CN\\=alice, CN=mallory', '403'],
    ['named', 'CN=alice\\,mallory', '403'],
    ['named', 'CN=mallory\\,CN\\=alice', '403'],
    ['named', 'O=alice', '403'],
    ['one-of-two', 'CN=bob', '200'],
    ['one-of-two', 'CN=bobby', '403'],
    ['ending', 'CN=alice-admin', '200'],
    ['ending', 'O=the-admin, CN=mallory', '403'],
    ['ending', 'OU=x-admin, O=team, CN=mallory', '403'],
    ['whatever', 'CN=anybody', '200'],
    ['whatever', 'O=nobody', '403'],
  ] as const) {
    test(`the common name of ${subject} is ${expected === '200' ? '' : 'not '}what ${name}.test asks for`, async () => {
      assert.equal(await answer(name, await issue(subject, authority)), expected);
    });
  }

  test('the name in a certificate that nobody vouches for does not count', async () => {
    const seen = [
      await answer('named-by-anybody', alice),
      await answer('named-by-anybody', await issue('CN=alice')),
      await answer('named-by-anybody'),
    ];
    assert.deepEqual(seen, ['200', '403', '403']);
  });

  for (const name of ['missing', 'empty', 'garbage', 'bad-list', 'bad-mode', 'bad-depth', 'bad-page', 'bad-name']) {
    test(`a setting that cannot be carried out (${name}) closes the host for everybody, whoever's path it is`, async () => {
      served.backends.take();
      const seen = [
        await answer(name),
        await answer(name, alice),
        await answer(name, alice, { target: '/other' }),
        await answer(name, undefined, { target: '/other' }),
      ];
      const plain = await askHttp(served.ports.http, { host: `${name}.test`, target: '/other' });
      assert.deepEqual([...seen, plain], Array(5).fill('403'));
      assert.deepEqual(served.backends.take().seen, []);
    });
  }

  test('another annotation of the Ingress that is broken closes its own paths, and does not open the host', async () => {
    const other = { target: '/other' };
    const seen = [await answer('half', alice), await answer('half', undefined, other), await answer('half', alice, other)];
    assert.deepEqual(seen, ['503', '400', '200']);
    assert.equal(await askHttp(served.ports.http, { host: 'half.test', target: '/other' }), '403');
  });
});
