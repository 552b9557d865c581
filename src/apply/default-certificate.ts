import { createPrivateKey, generateKeyPair, randomBytes, sign, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import type { Pem } from '../model/runtime.ts';
import { runPaths } from '../model/settings.ts';
import { bits, context, type Der, der, moment, nothing, objectIdentifier, tags, yes } from './der.ts';

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

const { integer, octets, printable, sequence, set } = tags;

/**
 * Makes a self-signed certificate with the names, the key and the validity of ingress-nginx's, so that checks for it go on working. It is put together here,
 * as a library for certificates takes a tenth of a second and some megabytes at every start.
 */
export async function makeDefaultCertificate(): Promise<Pem> {
  const { publicKey, privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: 2048 });
  const algorithm = der(sequence, objectIdentifier(oids.rsaWithSha256), nothing);
  const content = toBeSigned(algorithm, publicKey.export({ type: 'spki', format: 'der' }));
  const certificate = der(sequence, content, algorithm, bits(sign('sha256', content, privateKey)));
  return {
    chain: `${new X509Certificate(certificate).toString().trim()}\n`,
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}

/** RFC 5280 4.1.2, 4.2.1 and appendix A. */
const oids = {
  rsaWithSha256: '1.2.840.113549.1.1.11',
  commonName: '2.5.4.3',
  organisation: '2.5.4.10',
  keyUsage: '2.5.29.15',
  alternativeNames: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  extendedKeyUsage: '2.5.29.37',
  serverAuthentication: '1.3.6.1.5.5.7.3.1',
} as const;

/** RFC 5280 4.1.1.1. */
function toBeSigned(algorithm: Der, publicKey: Uint8Array): Der {
  const now = Date.now();
  const name = der(sequence, nameOf(oids.organisation, organisation), nameOf(oids.commonName, commonName));
  // RFC 5280 4.1.2.2: positive and at most 20 bytes.
  const serialNumber = der(integer, Uint8Array.of(1), randomBytes(15));
  const validity = der(sequence, moment(new Date(now)), moment(new Date(now + validFor)));
  // Digital signature and encipherment of keys are bits 0 and 2 (4.2.1.3).
  const extensions = der(
    sequence,
    extension(oids.keyUsage, bits(Uint8Array.of(0b1010_0000), 5), yes),
    extension(oids.extendedKeyUsage, der(sequence, objectIdentifier(oids.serverAuthentication))),
    extension(oids.basicConstraints, der(sequence), yes),
    extension(oids.alternativeNames, der(sequence, der(context(2, 'instead'), Buffer.from('ingress.local')))),
  );
  const version3 = der(context(0, 'around'), der(integer, Uint8Array.of(2)));
  return der(sequence, version3, serialNumber, algorithm, name, validity, name, publicKey, der(context(3, 'around'), extensions));
}

function nameOf(type: string, value: string): Der {
  return der(set, der(sequence, objectIdentifier(type), der(printable, Buffer.from(value))));
}

function extension(type: string, value: Der, ...critical: readonly Der[]): Der {
  return der(sequence, objectIdentifier(type), ...critical, der(octets, value));
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
