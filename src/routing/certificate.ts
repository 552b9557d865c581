import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import type { Secret } from '../model/objects.ts';
import type { Pem } from '../model/runtime.ts';

/** A certificate that NGINX can serve, with what decides whether it should. */
export interface Certificate {
  readonly pem: Pem;
  readonly leaf: X509Certificate;
  /** Milliseconds since 1970. */
  readonly notBefore: number;
  readonly notAfter: number;
}

/** The smallest RSA key that OpenSSL accepts at its default security level 2. */
const leastRsaBits = 2048;

const read = new WeakMap<Secret, Certificate | string>();

/** Reads the certificate and key of a Secret, whatever its type; a string says in plain words why it cannot be used. Remembers the answer for each object. */
export function readCertificate(secret: Secret): Certificate | string {
  const known = read.get(secret);
  if (known !== undefined) return known;
  const result = parse(secret);
  read.set(secret, result);
  return result;
}

/** Whether the certificate names the host: by a SAN, or by its CN where it has no SAN. A wildcard host needs the same wildcard as a SAN. `f*.com` is no wildcard (RFC 9525). */
export function covers(certificate: Certificate, host: string): boolean {
  if (!host.startsWith('*.')) return certificate.leaf.checkHost(host, { subject: 'default', partialWildcards: false }) !== undefined;
  return dnsNames(certificate).includes(host);
}

/** The DNS names of a certificate, in lower case: what a message shows next to the host that it does not cover. */
export function dnsNames(certificate: Certificate): readonly string[] {
  const names = (certificate.leaf.subjectAltName ?? '').split(', ').filter((entry) => entry.startsWith('DNS:'));
  const common = /^CN=(.+)$/m.exec(certificate.leaf.subject)?.[1];
  return (names.length > 0 ? names.map((entry) => entry.slice(4)) : common === undefined ? [] : [common]).map((name) => name.toLowerCase());
}

function parse(secret: Secret): Certificate | string {
  const [chainText, keyText] = [text(secret, 'tls.crt'), text(secret, 'tls.key')];
  if (chainText === undefined || keyText === undefined) {
    return `it has no ${chainText === undefined ? 'tls.crt' : 'tls.key'}; a kubernetes.io/tls Secret holds the chain in tls.crt and the key in tls.key`;
  }
  const chain = parseChain(chainText);
  if (typeof chain === 'string') return chain;
  const key = parseKey(keyText);
  if (typeof key === 'string') return key;
  const [leaf] = chain;
  if (!leaf) return 'tls.crt holds no PEM certificate';
  if (!leaf.checkPrivateKey(key)) return 'the key in tls.key does not belong to the first certificate in tls.crt';
  const bits = key.asymmetricKeyDetails?.modulusLength;
  if (bits !== undefined && bits < leastRsaBits)
    return `its RSA key has ${bits} bits, and NGINX's TLS library accepts no less than ${leastRsaBits}`;
  const pem = { chain: chain.map((one) => one.toString()).join(''), key: key.export({ type: 'pkcs8', format: 'pem' }).toString() };
  const refusal = refusalOf(pem);
  if (refusal !== undefined) return `NGINX's TLS library refuses it: ${refusal}`;
  return { pem, leaf, notBefore: leaf.validFromDate.getTime(), notAfter: leaf.validToDate.getTime() };
}

/** What OpenSSL says to a chain and key at its default security level, such as "ee key too small" for a weak curve. Its reasons are fixed texts. */
function refusalOf(pem: Pem): string | undefined {
  try {
    createSecureContext({ cert: pem.chain, key: pem.key, ca: [], ciphers: 'DEFAULT@SECLEVEL=2' });
    return undefined;
  } catch (error) {
    return error instanceof Error && 'reason' in error ? String(error.reason) : 'it cannot be loaded';
  }
}

function text(secret: Secret, name: string): string | undefined {
  const bytes = secret.data.get(name);
  return bytes === undefined || bytes.length === 0 ? undefined : Buffer.from(bytes).toString('latin1');
}

function parseChain(pem: string): readonly X509Certificate[] | string {
  const blocks = pem.match(/-----BEGIN (?:TRUSTED )?CERTIFICATE-----[^-]+-----END (?:TRUSTED )?CERTIFICATE-----/g);
  if (!blocks) return 'tls.crt holds no PEM certificate';
  const chain: X509Certificate[] = [];
  for (const [index, block] of blocks.entries()) {
    const certificate = attempt(() => new X509Certificate(block));
    if (!certificate) return `certificate ${index + 1} of ${blocks.length} in tls.crt cannot be read`;
    chain.push(certificate);
  }
  return chain;
}

function parseKey(pem: string): KeyObject | string {
  if (/ENCRYPTED/.test(pem)) return 'the key in tls.key is encrypted; store it without a passphrase';
  return attempt(() => createPrivateKey(pem)) ?? 'tls.key holds no PEM private key';
}

/** OpenSSL's own messages can quote the input, which may be a key, so they are dropped. */
function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
