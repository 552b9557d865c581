import { createPrivateKey, X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import { accepted, type Parsed, refused } from './parsers.ts';

/**
 * Certificates out of a Secret, in PEM as NGINX reads it; anything else in the text is left out. NGINX refuses a whole configuration for a file
 * that it cannot read, so each is read here first.
 */
export function certificatesOf(bytes: Uint8Array | undefined, key: string): Parsed<string> {
  const blocks = blocksOf(bytes, /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g);
  if (blocks.length === 0) return refused(`the Secret has no certificate under ${key}`);
  try {
    return accepted(blocks.map((block) => new X509Certificate(block).toString()).join(''));
  } catch {
    return refused(`what the Secret has under ${key} is no certificate that can be read`);
  }
}

/** A private key that belongs to a certificate, where NGINX's TLS library takes both: it refuses short keys, and a chain that holds one. */
export function keyOf(bytes: Uint8Array | undefined, certificates: string): Parsed<string> {
  const [block] = blocksOf(bytes, /-----BEGIN [A-Z ]*PRIVATE KEY-----[^-]+-----END [A-Z ]*PRIVATE KEY-----/g);
  if (block === undefined) return refused('the Secret has no private key under tls.key');
  try {
    const key = createPrivateKey(block);
    if (!new X509Certificate(certificates).checkPrivateKey(key))
      return refused('the key under tls.key is not that of the certificate under tls.crt');
    const text = key.export({ type: 'pkcs8', format: 'pem' }).toString();
    const refusal = refusalOf(certificates, text);
    return refusal === undefined ? accepted(text) : refused(`NGINX's TLS library refuses tls.crt and tls.key of the Secret: ${refusal}`);
  } catch {
    return refused('what the Secret has under tls.key is no private key that can be read');
  }
}

/** What OpenSSL says at its default security level. Its reasons are fixed texts. */
function refusalOf(cert: string, key: string): string | undefined {
  try {
    createSecureContext({ cert, key, ca: [], ciphers: 'DEFAULT@SECLEVEL=2' });
    return undefined;
  } catch (error) {
    return error instanceof Error && 'reason' in error ? String(error.reason) : 'they cannot be loaded';
  }
}

/** Lists of revoked certificates, in PEM. */
export function revocationsOf(bytes: Uint8Array | undefined): Parsed<string> | undefined {
  if (bytes === undefined) return undefined;
  const blocks = blocksOf(bytes, /-----BEGIN X509 CRL-----[A-Za-z0-9+/=\s]+-----END X509 CRL-----/g);
  const unreadable = refused('what the Secret has under ca.crl is no revocation list that can be read');
  if (blocks.length === 0) return unreadable;
  try {
    createSecureContext({ crl: [...blocks] });
    return accepted(`${blocks.join('\n')}\n`);
  } catch {
    return unreadable;
  }
}

function blocksOf(bytes: Uint8Array | undefined, pattern: RegExp): readonly string[] {
  return (
    Buffer.from(bytes ?? [])
      .toString('utf8')
      .match(pattern) ?? []
  );
}
