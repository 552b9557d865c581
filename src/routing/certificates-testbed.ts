import 'reflect-metadata';
import { createPrivateKey, webcrypto } from 'node:crypto';
import { BasicConstraintsExtension, SubjectAlternativeNameExtension, type X509Certificate, X509CertificateGenerator } from '@peculiar/x509';
import { testNow } from './objects-testbed.ts';

/** What a certificate of a test is like, where it differs from: ECDSA P-256, valid for the thirty days around the time of the tests, signed by itself. */
export interface Wanted {
  readonly commonName?: string;
  /** The whole subject, in the place of the common name: attributes with commas between them, in the order of the certificate. */
  readonly subject?: string;
  /** DNS names; absent: no SAN. */
  readonly names?: readonly string[];
  readonly notBefore?: string;
  readonly notAfter?: string;
  readonly key?: 'ecdsa' | 'p521' | 'rsa' | 'rsa1024';
  readonly issuer?: Made;
}

/** A certificate with its key. */
export interface Made {
  readonly pem: string;
  /** PKCS #8. */
  readonly key: string;
  readonly keys: webcrypto.CryptoKeyPair;
  readonly certificate: X509Certificate;
}

const algorithms = {
  ecdsa: { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' },
  p521: { name: 'ECDSA', namedCurve: 'P-521', hash: 'SHA-256' },
  rsa: { name: 'RSASSA-PKCS1-v1_5', modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]), hash: 'SHA-256' },
  rsa1024: { name: 'RSASSA-PKCS1-v1_5', modulusLength: 1024, publicExponent: new Uint8Array([1, 0, 1]), hash: 'SHA-256' },
} as const;

const day = 86_400_000;

/** Makes a certificate and its key. */
export async function certificate(wanted: Wanted = {}): Promise<Made> {
  const { commonName = 'test', subject = `CN=${commonName}`, names, key = 'ecdsa', issuer } = wanted;
  const keys = (await webcrypto.subtle.generateKey(algorithms[key], true, ['sign', 'verify'])) as webcrypto.CryptoKeyPair;
  const extensions = [
    ...(names === undefined ? [] : [new SubjectAlternativeNameExtension(names.map((value) => ({ type: 'dns' as const, value })))]),
    new BasicConstraintsExtension(names === undefined),
  ];
  const made = await X509CertificateGenerator.create(
    {
      subject,
      issuer: issuer?.certificate.subject ?? subject,
      publicKey: keys.publicKey,
      signingKey: issuer?.keys.privateKey ?? keys.privateKey,
      notBefore: new Date(wanted.notBefore ?? testNow - 15 * day),
      notAfter: new Date(wanted.notAfter ?? testNow + 15 * day),
      extensions,
    },
    webcrypto,
  );
  const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey));
  const text = createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' }).export({ format: 'pem', type: 'pkcs8' });
  return { pem: `${made.toString('pem')}\n`, key: text.toString(), keys, certificate: made };
}
