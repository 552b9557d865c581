import { createPrivateKey, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Pem } from '../model/runtime.ts';
import { runPaths } from '../model/settings.ts';
import type { Holder } from './self-signed.ts';

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
  // The library is 250 modules, a tenth of a second and some megabytes: in a thread that ends with it they hold up nothing, and do not stay.
  const thread = new Worker(threadFile, { workerData: { commonName, organisation, dnsName: 'ingress.local', validFor } satisfies Holder });
  const [pem] = await once(thread, 'message');
  return pem;
}

/** `.ts` from the sources, `.js` once compiled. */
const threadFile = new URL(`./self-signed-thread${extname(import.meta.filename)}`, import.meta.url);

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
