import { X509Certificate } from 'node:crypto';
import type { Reconciled } from '../model/reconciled.ts';
import type { Server } from '../model/routing.ts';
import type { Pem } from '../model/runtime.ts';

/** One host and the certificate that is served for it. */
export interface CertificateFacts {
  readonly namespace: string;
  readonly secretName: string;
  readonly host: string;
  /** In hexadecimal digits, as ingress-nginx's `identifier`. */
  readonly serialNumber: string;
  readonly issuerOrganization: string;
  readonly issuerCommonName: string;
  readonly publicKeyAlgorithm: string;
  /** Seconds since 1970. */
  readonly expires: number;
}

type Parsed = Pick<CertificateFacts, 'serialNumber' | 'issuerOrganization' | 'issuerCommonName' | 'publicKeyAlgorithm' | 'expires'>;

/** A batch keeps the objects of certificates that did not change. */
const parsed = new WeakMap<Pem, Parsed>();

/** Every host that is served with a certificate of its own, sorted as the servers are. */
export function certificateFacts({ built, snapshot }: Pick<Reconciled, 'built' | 'snapshot'>): readonly CertificateFacts[] {
  return built.topology.servers.flatMap((server) => {
    const pem = server.certificate === undefined ? undefined : built.runtime.certificates.get(server.certificate);
    const host = hostOf(server);
    if (pem === undefined || pem === 'default' || host === undefined) return [];
    for (const { object } of server.origins) {
      const ingress = snapshot.ingresses.get(`${object.namespace}/${object.name}`);
      const entry = ingress?.tls.find((tls) => tls.secretName !== undefined && (tls.hosts.length === 0 || tls.hosts.includes(host)));
      if (entry?.secretName !== undefined) return [{ namespace: object.namespace, secretName: entry.secretName, host, ...parse(pem) }];
    }
    return [];
  });
}

function hostOf({ name }: Server): string | undefined {
  if (name.kind === 'default') return undefined;
  return name.kind === 'exact' ? name.host : `*.${name.suffix}`;
}

function parse(pem: Pem): Parsed {
  const known = parsed.get(pem);
  if (known) return known;
  const certificate = new X509Certificate(pem.chain);
  const issuer = (name: string) => new RegExp(`^${name}=(.*)$`, 'm').exec(certificate.issuer)?.[1] ?? '';
  const facts = {
    serialNumber: certificate.serialNumber,
    issuerOrganization: issuer('O'),
    issuerCommonName: issuer('CN'),
    publicKeyAlgorithm: (certificate.publicKey.asymmetricKeyType ?? '').toUpperCase(),
    expires: Math.floor(certificate.validToDate.getTime() / 1000),
  };
  parsed.set(pem, facts);
  return facts;
}
