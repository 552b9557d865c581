import 'reflect-metadata';
import { createPrivateKey, KeyObject, randomBytes, webcrypto, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import {
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from '@peculiar/x509';
import type { Pem } from '../model/runtime.ts';
import { runPaths } from '../model/settings.ts';

const day = 24 * 60 * 60 * 1000;
const validFor = 365 * day;
/** A kept certificate has to be good for at least so long. */
const renewBefore = 30 * day;
const commonName = 'Kubernetes Ingress Controller Fake Certificate';
const organisation = 'Acme Co';

/** The certificate for hosts that have none, kept from an earlier run of this run directory while it is valid. */
export async function readOrMakeDefaultCertificate(runDirectory: string): Promise<Pem> {
  const text = await readFile(`${runPaths(runDirectory).certificates}/default.pem`, 'utf8').catch(() => '');
  return keptCertificate(text, Date.now()) ?? makeDefaultCertificate();
}

/** Makes a self-signed certificate with the names, the key and the validity of ingress-nginx's, so that checks for it go on working. */
export async function makeDefaultCertificate(): Promise<Pem> {
  const algorithm = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256', publicExponent: new Uint8Array([1, 0, 1]), modulusLength: 2048 };
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const now = Date.now();
  const certificate = await X509CertificateGenerator.createSelfSigned({
    // RFC 5280 4.1.2.2: positive and at most 20 bytes.
    serialNumber: `01${randomBytes(15).toString('hex')}`,
    name: [{ O: [organisation] }, { CN: [commonName] }],
    notBefore: new Date(now),
    notAfter: new Date(now + validFor),
    signingAlgorithm: algorithm,
    keys,
    extensions: [
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature | KeyUsageFlags.keyEncipherment, true),
      new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
      new BasicConstraintsExtension(false, undefined, true),
      new SubjectAlternativeNameExtension([{ type: 'dns', value: 'ingress.local' }]),
    ],
  });
  return {
    chain: `${certificate.toString('pem').trim()}\n`,
    key: KeyObject.from(keys.privateKey).export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}

/** Takes a certificate of ours out of a file that holds key and chain; undefined when it is not usable any more. */
function keptCertificate(text: string, now: number): Pem | undefined {
  const [key] = /-----BEGIN PRIVATE KEY-----[^-]+-----END PRIVATE KEY-----\n/.exec(text) ?? [];
  const [chain] = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----\n/.exec(text) ?? [];
  if (key === undefined || chain === undefined) return undefined;
  try {
    const certificate = new X509Certificate(chain);
    const isOurs = certificate.subject === `O=${organisation}\nCN=${commonName}`;
    const isValid = certificate.validFromDate.getTime() <= now && certificate.validToDate.getTime() > now + renewBefore;
    return isOurs && isValid && certificate.checkPrivateKey(createPrivateKey(key)) ? { chain, key } : undefined;
  } catch {
    return undefined;
  }
}
