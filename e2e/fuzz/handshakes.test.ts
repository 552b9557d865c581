import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import fc from 'fast-check';
import { nginxFamily } from '../../src/apply/nginx-processes.ts';
import { certificate } from '../../src/routing/certificates-testbed.ts';
import { secretText } from '../kit/client-certificates.ts';
import { documents, endpoints, service } from '../kit/manifests.ts';
import { type Served, serveFiles, whyNotServed } from '../kit/served.ts';
import { answerTo, type Hello, helloBytes } from './client-hello.ts';
import { hostileText } from './hostile-text.ts';
import { runs } from './runs.ts';

const day = 86_400_000;
const times = { notBefore: new Date(Date.now() - day).toISOString(), notAfter: new Date(Date.now() + day).toISOString() };
const [exact, wildcard] = [await certificate({ names: ['a.test'], ...times }), await certificate({ names: ['*.w.test'], ...times })];

const manifests = documents(
  service('web'),
  endpoints('web', ['127.1.9.2']),
  secretText('exact', { 'tls.crt': exact.pem, 'tls.key': exact.key }),
  secretText('wildcard', { 'tls.crt': wildcard.pem, 'tls.key': wildcard.key }),
  ...[
    ['exact', 'a.test'],
    ['wildcard', '*.w.test'],
  ].map(
    ([name, host]) => `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: ${name} }
spec:
  tls: [{ hosts: ["${host}"], secretName: ${name} }]
  rules:
    - { host: "${host}", http: { paths: [{ path: /, pathType: Prefix, backend: { service: { name: web, port: { number: 80 } } } }] } }
`,
  ),
);

const text = fc.oneof(
  fc.constantFrom(
    'a.test',
    'A.TEST',
    'a.test.',
    'x.w.test',
    'x.y.w.test',
    'w.test',
    '.w.test',
    'default',
    'include',
    '*.w.test',
    '~',
    'a.test\0',
    '\\a.test',
  ),
  fc.constantFrom(
    '../default',
    '/etc/passwd',
    '../../../etc/passwd\0.w.test',
    'x/../y.w.test',
    '$host',
    '%s%n',
    '[::1]',
    '127.0.0.1',
    'a.test/..',
  ),
  hostileText.map((one) => `${one}.w.test`),
  hostileText,
);
const name = fc.record({
  type: fc.oneof({ weight: 9, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(255) }),
  bytes: fc.oneof(
    { weight: 4, arbitrary: text.map((one) => Buffer.from(one, 'utf8').subarray(0, 3000)) },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)) },
  ),
});
const hello: fc.Arbitrary<Hello> = fc.record({
  names: fc.oneof({ weight: 6, arbitrary: name.map((one) => [one]) }, { weight: 1, arbitrary: fc.array(name, { maxLength: 3 }) }),
  tail: fc.oneof(
    { weight: 9, arbitrary: fc.constant(Buffer.alloc(0)) },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 5 }).map((b) => Buffer.from(b)) },
  ),
  lengthOff: fc.oneof({ weight: 9, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.integer({ min: -5, max: 5 }) }),
});

/** Which of ours the name of a client is for; undefined: what it sent is no hello, or no name that a rule could have. */
function expected({ names, tail, lengthOff }: Hello): string | undefined {
  const [first] = names;
  if (!first || names.length > 1 || first.type !== 0 || lengthOff !== 0 || tail.length > 0) return undefined;
  const asked = first.bytes.toString('latin1').toLowerCase().replace(/\.$/, '');
  if (asked === 'a.test') return fingerprint(exact.pem);
  // OpenSSL takes names of 255 bytes at most.
  return first.bytes.length < 256 && /^[a-z0-9-]+\.w\.test$/.test(asked) ? fingerprint(wildcard.pem) : undefined;
}

/** NGINX lets bytes stand in a label that no rule of a host may have; for anything else the default is shown. */
function mayShow({ names }: Hello): readonly string[] {
  const asked = names.map(({ bytes }) => bytes.toString('latin1'));
  const isWildcard = asked.some((one) => /^[^.]+\.w\.test\.?$/i.test(one));
  return [
    ...(isWildcard ? [fingerprint(wildcard.pem)] : []),
    ...(asked.some((one) => /^a\.test\.?$/i.test(one)) ? [fingerprint(exact.pem)] : []),
  ];
}

const fingerprint = (pem: string) => new X509Certificate(pem).fingerprint256;

describe('server names in handshakes', { skip: whyNotServed() ?? false }, () => {
  let served: Served;
  let ours: ReadonlySet<string>;
  let defaultOne: string;

  const shown = async (one: Hello) => {
    const answer = await answerTo(helloBytes(one), served.ports.https);
    return answer instanceof X509Certificate ? answer.fingerprint256 : answer;
  };
  const plain = (asked: string): Hello => ({ names: [{ type: 0, bytes: Buffer.from(asked) }], tail: Buffer.alloc(0), lengthOff: 0 });

  before(async () => {
    served = await serveFiles({ files: new Map([['in.yaml', manifests]]) });
    defaultOne = await shown(plain('nobody.test'));
    ours = new Set([fingerprint(exact.pem), fingerprint(wildcard.pem), defaultOne]);
  });
  after(() => served?.stop());

  test('choose the certificate of their host', async () => {
    assert.equal(ours.size, 3);
    assert.equal(await shown(plain('a.test')), fingerprint(exact.pem));
    assert.equal(await shown(plain('x.w.test')), fingerprint(wildcard.pem));
  });

  test('of any bytes get one of our certificates or a refusal, and never another file', async () => {
    const workers = await nginxFamily(await served.master());
    const property = fc.asyncProperty(hello, async (one) => {
      const answer = await shown(one);
      const wanted = expected(one);
      if (wanted !== undefined) assert.equal(answer, wanted);
      else assert.ok([defaultOne, 'alert', 'nothing', ...mayShow(one)].includes(answer), answer);
    });
    await fc.assert(property, runs(300));
    assert.equal(await shown(plain('a.test')), fingerprint(exact.pem));
    assert.deepEqual(await nginxFamily(await served.master()), workers, 'a worker died');
    const wrong = served.log
      .map(({ msg }) => msg)
      .filter((line) => /cannot load|No such file|BIO_new_file|exited on signal|\[(?:alert|emerg)\]/.test(line));
    assert.deepEqual(wrong, []);
  });
});
