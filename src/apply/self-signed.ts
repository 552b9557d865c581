import 'reflect-metadata';
import { KeyObject, randomBytes, webcrypto } from 'node:crypto';
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

/** Whom the certificate is for. */
export interface Holder {
  readonly commonName: string;
  readonly organisation: string;
  readonly dnsName: string;
  /** Milliseconds from now. */
  readonly validFor: number;
}

/** Makes a certificate that signs itself, with an RSA key of 2048 bits. */
export async function makeSelfSigned({ commonName, organisation, dnsName, validFor }: Holder): Promise<Pem> {
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
      new SubjectAlternativeNameExtension([{ type: 'dns', value: dnsName }]),
    ],
  });
  return {
    chain: `${certificate.toString('pem').trim()}\n`,
    key: KeyObject.from(keys.privateKey).export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}
