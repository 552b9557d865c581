import assert from 'node:assert/strict';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { before, test } from 'node:test';
import type { Secret } from '../model/objects.ts';
import { covers, dnsNames, readCertificate } from './certificate.ts';
import { certificate, type Made } from './certificates-testbed.ts';
import { secret } from './objects-testbed.ts';

let plain: Made;
let other: Made;

before(async () => {
  plain = await certificate({ names: ['a.test'] });
  other = await certificate({ names: ['a.test'] });
});

const tls = (crt: string, key: string): Secret => secret('web', { 'tls.crt': crt, 'tls.key': key });

/** The certificate of a Secret that has to be usable. */
function read(crt: string, key: string) {
  const result = readCertificate(tls(crt, key));
  assert.ok(typeof result === 'object', String(result));
  return result;
}

for (const key of ['ecdsa', 'p521', 'rsa'] as const) {
  test(`an ${key} certificate and its key are usable, and keep their bytes`, async () => {
    const made = await certificate({ names: ['a.test'], key });
    const { pem, notBefore, notAfter } = read(made.pem, made.key);
    assert.deepEqual([new X509Certificate(pem.chain).raw, pem.key], [new X509Certificate(made.pem).raw, made.key]);
    assert.deepEqual(
      [new Date(notBefore).toISOString(), new Date(notAfter).toISOString()],
      ['2026-05-17T00:00:00.000Z', '2026-06-16T00:00:00.000Z'],
    );
  });
}

test('a chain is kept whole and in its order; what is not a certificate is dropped', async () => {
  const root = await certificate({ commonName: 'root', key: 'rsa' });
  const middle = await certificate({ commonName: 'middle', issuer: root });
  const leaf = await certificate({ names: ['a.test'], issuer: middle });
  const { pem } = read(`subject=leaf\r\n${leaf.pem}\n# then\n${middle.pem.replaceAll('\n', '\r\n')}${root.pem}trailing`, leaf.key);
  const subjects = pem.chain.match(/-----BEGIN[^-]+-----[^-]+-----END[^-]+-----\n/g)?.map((one) => new X509Certificate(one).subject);
  assert.deepEqual(subjects, ['CN=test', 'CN=middle', 'CN=root']);
  assert.equal(pem.chain.replaceAll(/-----BEGIN[^-]+-----[^-]+-----END[^-]+-----\n/g, ''), '');
});

test('keys in the older forms are usable: SEC1, with parameters before it, and PKCS #1', async () => {
  const sec1 = createPrivateKey(plain.key).export({ format: 'pem', type: 'sec1' }).toString();
  const parameters = '-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n';
  assert.equal(read(plain.pem, sec1).pem.key, plain.key);
  assert.equal(read(plain.pem, parameters + sec1).pem.key, plain.key);
  const rsa = await certificate({ names: ['a.test'], key: 'rsa' });
  const pkcs1 = createPrivateKey(rsa.key).export({ format: 'pem', type: 'pkcs1' }).toString();
  assert.equal(read(rsa.pem, pkcs1).pem.key, rsa.key);
});

test('the type of the Secret does not matter', () => {
  assert.equal(typeof readCertificate({ ...tls(plain.pem, plain.key), type: 'Opaque' }), 'object');
});

test('the answer for one Secret object is remembered', () => {
  const object = tls(plain.pem, plain.key);
  assert.equal(readCertificate(object), readCertificate(object));
});

const encrypted = (type: 'pkcs8' | 'sec1') =>
  createPrivateKey(plain.key).export({ format: 'pem', type, cipher: 'aes-256-cbc', passphrase: 'secret' }).toString();

const unusable: readonly (readonly [title: string, object: () => Secret | Promise<Secret>, why: string])[] = [
  [
    'a Secret without certificate',
    () => secret('web', { 'ca.crt': plain.pem, 'tls.key': plain.key }),
    'it has no tls.crt; a kubernetes.io/tls Secret holds the chain in tls.crt and the key in tls.key',
  ],
  [
    'a Secret without key',
    () => secret('web', { 'tls.crt': plain.pem, 'tls.key': '' }),
    'it has no tls.key; a kubernetes.io/tls Secret holds the chain in tls.crt and the key in tls.key',
  ],
  ['text in place of a certificate', () => tls('hello', plain.key), 'tls.crt holds no PEM certificate'],
  ['a key in place of a certificate', () => tls(plain.key, plain.key), 'tls.crt holds no PEM certificate'],
  [
    'a certificate that is cut off in the middle of its bytes',
    () => tls(plain.pem.replace(/\n[^\n]+\n-----END/, '\n-----END'), plain.key),
    'certificate 1 of 1 in tls.crt cannot be read',
  ],
  [
    'a chain whose second certificate is broken',
    () => tls(`${plain.pem}-----BEGIN CERTIFICATE-----\naGVsbG8=\n-----END CERTIFICATE-----\n`, plain.key),
    'certificate 2 of 2 in tls.crt cannot be read',
  ],
  ['text in place of a key', () => tls(plain.pem, 'hello'), 'tls.key holds no PEM private key'],
  [
    'a key of another certificate',
    () => tls(plain.pem, other.key),
    'the key in tls.key does not belong to the first certificate in tls.crt',
  ],
  [
    'a chain that does not begin with the certificate of the key',
    () => tls(other.pem + plain.pem, plain.key),
    'the key in tls.key does not belong to the first certificate in tls.crt',
  ],
  ['an encrypted key', () => tls(plain.pem, encrypted('pkcs8')), 'the key in tls.key is encrypted; store it without a passphrase'],
  [
    'an encrypted key of the older form',
    () => tls(plain.pem, encrypted('sec1')),
    'the key in tls.key is encrypted; store it without a passphrase',
  ],
  [
    'an RSA key that is too short',
    async () => {
      const made = await certificate({ names: ['a.test'], key: 'rsa1024' });
      return tls(made.pem, made.key);
    },
    "its RSA key has 1024 bits, and NGINX's TLS library accepts no less than 2048",
  ],
  [
    'a chain with an authority whose key is too short',
    async () => {
      const authority = await certificate({ commonName: 'short', key: 'rsa1024' });
      const made = await certificate({ names: ['a.test'], issuer: authority });
      return tls(made.pem + authority.pem, made.key);
    },
    "NGINX's TLS library refuses it: ca key too small",
  ],
  [
    'a chain with a short key behind one that is no authority of the first',
    async () => tls(plain.pem + other.pem + (await certificate({ commonName: 'short', key: 'rsa1024' })).pem, plain.key),
    "NGINX's TLS library refuses it: ca key too small",
  ],
  [
    'a chain whose second certificate has a public key that is none',
    () => tls(plain.pem + withoutPublicKey(other.pem), plain.key),
    "NGINX's TLS library refuses it: decode error",
  ],
];

/** The point of its elliptic curve begins with 4, as it is not compressed. */
function withoutPublicKey(pem: string): string {
  const { raw } = new X509Certificate(pem);
  const prefix = Buffer.from('03420004', 'hex');
  raw[raw.indexOf(prefix) + prefix.length + 5] = (raw[raw.indexOf(prefix) + prefix.length + 5] ?? 0) ^ 1;
  return `-----BEGIN CERTIFICATE-----\n${raw.toString('base64')}\n-----END CERTIFICATE-----\n`;
}

for (const [title, object, why] of unusable) {
  test(`${title} is not usable, and the reason shows nothing of the key`, async () => assert.equal(readCertificate(await object()), why));
}

interface Coverage {
  readonly names?: readonly string[];
  readonly commonName?: string;
  readonly yes: readonly string[];
  readonly no: readonly string[];
}

const coverages: Readonly<Record<string, Coverage>> = {
  'a certificate covers the names in its SAN, in any case': {
    names: ['a.test', 'B.Test'],
    yes: ['a.test', 'b.test'],
    no: ['c.test', 'x.a.test'],
  },
  'a wildcard certificate covers one label and the wildcard host': {
    names: ['*.a.test'],
    yes: ['x.a.test', '*.a.test'],
    no: ['a.test', 'y.x.a.test', '*.b.test', '*.x.a.test'],
  },
  'names do not cover a wildcard host': { names: ['a.test', 'x.a.test'], yes: ['x.a.test'], no: ['*.a.test'] },
  'a certificate without SAN covers its common name': { commonName: 'a.test', yes: ['a.test'], no: ['b.test'] },
  'a certificate without SAN covers the wildcard in its common name': {
    commonName: '*.a.test',
    yes: ['*.a.test', 'x.a.test'],
    no: ['a.test'],
  },
  'a common name beside a SAN does not count': { names: ['a.test'], commonName: 'b.test', yes: ['a.test'], no: ['b.test'] },
  'a star inside of a label is no wildcard': { names: ['x*.a.test'], yes: [], no: ['xy.a.test', '*.a.test'] },
};

for (const [title, { names, commonName, yes, no }] of Object.entries(coverages)) {
  test(title, async () => {
    const made = await certificate({ ...(names ? { names } : {}), ...(commonName ? { commonName } : {}) });
    const usable = read(made.pem, made.key);
    const hosts = [...yes, ...no];
    assert.deepEqual(
      hosts.filter((host) => covers(usable, host)),
      yes,
    );
  });
}

test('the names of a certificate are shown in lower case, those of the SAN before the common name', async () => {
  const [both, common] = [
    await certificate({ names: ['B.test', '*.a.test'], commonName: 'c.test' }),
    await certificate({ commonName: 'C.test' }),
  ];
  assert.deepEqual([dnsNames(read(both.pem, both.key)), dnsNames(read(common.pem, common.key))], [['b.test', '*.a.test'], ['c.test']]);
});
