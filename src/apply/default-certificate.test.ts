import assert from 'node:assert/strict';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { createCertificates } from './certificates.ts';
import { makeDefaultCertificate, readOrMakeDefaultCertificate } from './default-certificate.ts';
import { openRunDirectory } from './run-directory.ts';

test('the default certificate has the names, the key and the validity of that of ingress-nginx', async () => {
  const { chain, key } = await makeDefaultCertificate();
  const certificate = new X509Certificate(chain);
  assert.equal(certificate.subject, 'O=Acme Co\nCN=Kubernetes Ingress Controller Fake Certificate');
  assert.equal(certificate.issuer, certificate.subject);
  assert.equal(certificate.subjectAltName, 'DNS:ingress.local');
  assert.equal(certificate.publicKey.asymmetricKeyType, 'rsa');
  assert.equal(certificate.publicKey.asymmetricKeyDetails?.modulusLength, 2048);
  assert.equal(certificate.validToDate.getTime() - certificate.validFromDate.getTime(), 365 * 86_400_000);
  assert.ok(Math.abs(Date.now() - certificate.validFromDate.getTime()) < 60_000);
  assert.ok(certificate.verify(certificate.publicKey));
  assert.ok(certificate.checkPrivateKey(createPrivateKey(key)));
  assert.equal(certificate.ca, false);
});

test('a default certificate is kept over runs, and made anew when it is not usable', async (t) => {
  const run = await openRunDirectory(await realpath(await mkdtemp(join(tmpdir(), 'gatehouse-'))));
  t.after(() => rm(run.path, { recursive: true }));
  const first = await readOrMakeDefaultCertificate(run.path);
  await createCertificates(run.path, first).publish(new Map());
  assert.deepEqual(await readOrMakeDefaultCertificate(run.path), first);

  const other = await makeDefaultCertificate();
  const path = join(run.path, 'certificates/default.pem');
  for (const damaged of ['', first.key, first.chain, other.key + first.chain, `${first.key}${first.chain.replace(/M/g, 'N')}`]) {
    await writeFile(path, damaged);
    assert.notDeepEqual((await readOrMakeDefaultCertificate(run.path)).chain, first.chain);
  }
});

test('a certificate that ends within 30 days is not kept', async (t) => {
  const run = await openRunDirectory(await realpath(await mkdtemp(join(tmpdir(), 'gatehouse-'))));
  t.after(() => rm(run.path, { recursive: true }));
  const first = await makeDefaultCertificate();
  await createCertificates(run.path, first).publish(new Map());
  t.mock.timers.enable({ apis: ['Date'], now: Date.now() + 334 * 86_400_000 });
  assert.deepEqual(await readOrMakeDefaultCertificate(run.path), first);
  t.mock.timers.setTime(Date.now() + 2 * 86_400_000);
  assert.notDeepEqual(await readOrMakeDefaultCertificate(run.path), first);
});
