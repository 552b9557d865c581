import 'reflect-metadata';
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { connect } from 'node:tls';
import { KeyUsageFlags, KeyUsagesExtension, SubjectAlternativeNameExtension, X509CertificateGenerator } from '@peculiar/x509';
import type { Pem } from '../model/runtime.ts';
import { createCertificates } from './certificates.ts';
import { makeDefaultCertificate } from './default-certificate.ts';
import { createGenerations } from './generation.ts';
import { createNginx, type Nginx } from './nginx.ts';
import { createTestbed, nginxProgram, type Testbed, until } from './nginx-testbed.ts';

const program = nginxProgram(process.env['NGINX']) ?? '';
const shop = '00000000000000aa';
const blog = '00000000000000bb';

let fallback: Pem;
let first: Pem;
let elliptic: Pem;
before(async () => {
  [fallback, first, elliptic] = await Promise.all([makeDefaultCertificate(), makeDefaultCertificate(), makeElliptic()]);
});

let bed: Testbed;
beforeEach(async () => {
  bed = await createTestbed();
});
afterEach(() => bed.close());

async function makeElliptic(): Promise<Pem> {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  const keys = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: 'CN=elliptic',
    keys,
    signingAlgorithm: algorithm,
    extensions: [
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      new SubjectAlternativeNameExtension([{ type: 'dns', value: 'shop.test' }]),
    ],
  });
  const der = Buffer.from(await crypto.subtle.exportKey('pkcs8', keys.privateKey));
  const key = `-----BEGIN PRIVATE KEY-----\n${der.toString('base64')}\n-----END PRIVATE KEY-----`;
  return { chain: certificate.toString('pem'), key };
}

function fileOf(id: string): string {
  return join(bed.run.path, `certificates/${id}.pem`);
}

test('a certificate becomes a file for the owner alone, the key first', async () => {
  const certificates = createCertificates(bed.run.path, fallback);
  const chain = `${first.chain}${elliptic.chain}`;
  assert.equal(await certificates.publish(new Map([[shop, { key: first.key.trim(), chain }]])), 1);
  assert.equal(await readFile(fileOf(shop), 'utf8'), `${first.key.trim()}\n${chain.trim()}\n`);
  assert.equal((await stat(fileOf(shop))).mode & 0o777, 0o600);
  assert.deepEqual((await readdir(join(bed.run.path, 'certificates'))).sort(), [`${shop}.pem`, 'default.pem']);
});

test('a host without a usable certificate of its own gets the content of the default one', async () => {
  await createCertificates(bed.run.path, fallback).publish(new Map([[shop, 'default']]));
  assert.equal(await readFile(fileOf(shop), 'utf8'), await readFile(fileOf('default'), 'utf8'));
});

test('only what has changed is written, as a new file, also after the controller was started again', async () => {
  const both = new Map([
    [shop, first],
    [blog, elliptic],
  ]);
  const certificates = createCertificates(bed.run.path, fallback);
  assert.equal(await certificates.publish(both), 2);
  const inodes = async () => [(await stat(fileOf(shop))).ino, (await stat(fileOf(blog))).ino] as const;
  const before = await inodes();
  assert.equal(await certificates.publish(both), 0);
  const again = createCertificates(bed.run.path, fallback);
  assert.equal(await again.publish(both), 0);
  assert.deepEqual(await inodes(), before);
  assert.equal(await again.publish(new Map([...both, [blog, first]])), 1);
  const later = await inodes();
  assert.equal(later[0], before[0]);
  assert.notEqual(later[1], before[1]);
});

test('a file that was damaged while nobody looked is written again', async () => {
  await createCertificates(bed.run.path, fallback).publish(new Map([[shop, first]]));
  await writeFile(fileOf(shop), '');
  assert.equal(await createCertificates(bed.run.path, fallback).publish(new Map([[shop, first]])), 1);
});

test('a file stays until it is pruned, and the default one stays for ever', async () => {
  await createCertificates(bed.run.path, fallback).publish(new Map([[shop, first]]));
  const certificates = createCertificates(bed.run.path, fallback);
  assert.equal(await certificates.publish(new Map([[blog, elliptic]])), 1);
  const names = async () => (await readdir(join(bed.run.path, 'certificates'))).sort();
  assert.deepEqual(await names(), [`${shop}.pem`, `${blog}.pem`, 'default.pem']);
  await certificates.prune(new Map([[blog, elliptic]]));
  assert.deepEqual(await names(), [`${blog}.pem`, 'default.pem']);
  assert.equal(await certificates.publish(new Map([[shop, first]])), 1);
});

test('a failed write names the certificate and no secret, and is tried again', async () => {
  const certificates = createCertificates(bed.run.path, fallback);
  await certificates.publish(new Map());
  await rm(join(bed.run.path, 'certificates'), { recursive: true });
  await assert.rejects(certificates.publish(new Map([[shop, first]])), {
    message: new RegExp(`^The certificate ${shop} cannot be written: ENOENT`),
  });
});

test('an id that is none is a mistake of ours', async () => {
  await assert.rejects(createCertificates(bed.run.path, fallback).publish(new Map([['../x', first]])), {
    message: 'a certificate id is sixteen hexadecimal digits',
  });
});

describe('clients of a real NGINX', { skip: !program && 'there is no NGINX: set NGINX or run `make install`' }, () => {
  let nginx: Nginx;
  after(() => nginx?.quit(1_000));

  /** The fingerprint that a client is shown, or the error that it gets. */
  function handshake(maxVersion: 'TLSv1.2' | 'TLSv1.3'): Promise<string> {
    return new Promise((resolve) => {
      const options = { host: '127.0.0.1', port: bed.port, servername: 'shop.test', rejectUnauthorized: false, maxVersion };
      const socket = connect(options, () => {
        resolve(fingerprint(socket.getPeerX509Certificate()?.raw ?? Buffer.alloc(0)));
        socket.destroy();
      });
      socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    });
  }

  function fingerprint(certificate: Buffer): string {
    return createHash('sha256').update(certificate).digest('hex');
  }

  function fingerprintOf({ chain }: Pem): string {
    return fingerprint(Buffer.from(chain.replaceAll(/-----[^-]+-----|\s/g, ''), 'base64'));
  }

  test('see a new certificate without a reload, also one with another kind of key, and no handshake fails', async () => {
    const folder = join(bed.run.path, 'certificates');
    const file = `"${folder}/$file.pem"`;
    const http = [
      `map $ssl_server_name $file { default default; shop.test ${shop}; }`,
      `ssl_certificate ${file}; ssl_certificate_key ${file}; ssl_certificate_cache max=1000 valid=1s inactive=1h;`,
    ].join('\n');
    const generations = createGenerations(bed.run.path);
    await generations.write(bed.rendered('a1', { http, listen: [`127.0.0.1:${bed.port} ssl`] }));
    await generations.switchTo('a1');
    const certificates = createCertificates(bed.run.path, fallback);
    await certificates.publish(new Map([[shop, first]]));
    nginx = createNginx({ program, runDirectory: bed.run.path, log: (line) => bed.lines.push(line) });
    await nginx.start();
    const seen = new Set<string>();
    for (const next of [first, elliptic, first, fallback]) {
      await certificates.publish(new Map([[shop, next]]));
      // Each worker has its own cache: many in a row have to agree.
      let inARow = 0;
      await until('all workers show the new certificate', async () => {
        const shown = [await handshake('TLSv1.2'), await handshake('TLSv1.3')];
        for (const one of shown) seen.add(one);
        inARow = shown.every((one) => one === fingerprintOf(next)) ? inARow + 1 : 0;
        return inARow === 8;
      });
    }
    assert.deepEqual([...seen].sort(), [first, elliptic, fallback].map(fingerprintOf).sort());
    assert.equal(bed.lines.filter((line) => line.text.includes('reconfiguring')).length, 0);
  });
});
