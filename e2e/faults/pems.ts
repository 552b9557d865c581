import 'reflect-metadata';
import { KeyObject, randomBytes, webcrypto, X509Certificate } from 'node:crypto';
import { SubjectAlternativeNameExtension, X509CertificateGenerator } from '@peculiar/x509';
import type { Pem } from '../../src/model/runtime.ts';

/** A certificate that was made for a run of the suite. */
export interface MadeCertificate extends Pem {
  /** As the load reports it. */
  readonly fingerprint: string;
}

const algorithms = {
  RSA: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256', publicExponent: new Uint8Array([1, 0, 1]), modulusLength: 2048 },
  ECDSA: { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' },
} as const;

/** Makes a self-signed certificate for a host, and perhaps for further names. */
export async function makeCertificate(host: string, kind: 'RSA' | 'ECDSA', further: readonly string[] = []): Promise<MadeCertificate> {
  const algorithm = algorithms[kind];
  const keys = (await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])) as webcrypto.CryptoKeyPair;
  const certificate = await X509CertificateGenerator.createSelfSigned({
    serialNumber: `01${randomBytes(15).toString('hex')}`,
    name: [{ CN: [host] }],
    notBefore: new Date(Date.now() - 3_600_000),
    notAfter: new Date(Date.now() + 86_400_000),
    signingAlgorithm: algorithm,
    keys,
    extensions: [new SubjectAlternativeNameExtension([host, ...further].map((value) => ({ type: 'dns', value })))],
  });
  const chain = `${certificate.toString('pem').trim()}\n`;
  const key = KeyObject.from(keys.privateKey).export({ type: 'pkcs8', format: 'pem' }).toString();
  return { chain, key, fingerprint: new X509Certificate(chain).fingerprint256 };
}
