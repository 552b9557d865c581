import assert from 'node:assert/strict';
import { test } from 'node:test';
import { certificate } from '../routing/certificates-testbed.ts';
import { keyOf } from './pem.ts';

const bytes = (text: string) => Buffer.from(text);

test('a key is taken with a chain that begins with its certificate, and with no other', async () => {
  const [authority, other] = [await certificate({ commonName: 'root' }), await certificate({ names: ['b.test'] })];
  const made = await certificate({ names: ['a.test'], issuer: authority });
  assert.deepEqual(keyOf(bytes(made.key), made.pem + authority.pem), { ok: true, value: made.key });
  const reason = 'the key under tls.key is not that of the certificate under tls.crt';
  assert.deepEqual(keyOf(bytes(other.key), made.pem), { ok: false, reason });
});

test('what the TLS library of NGINX would refuse is refused before: a short key, or one in the chain', async () => {
  const short = await certificate({ commonName: 'short', key: 'rsa1024' });
  const made = await certificate({ names: ['a.test'] });
  const reason = (why: string) => `NGINX's TLS library refuses tls.crt and tls.key of the Secret: ${why}`;
  assert.deepEqual(keyOf(bytes(short.key), short.pem), { ok: false, reason: reason('ee key too small') });
  assert.deepEqual(keyOf(bytes(made.key), made.pem + short.pem), { ok: false, reason: reason('ca key too small') });
});
