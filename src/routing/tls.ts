import type { Diagnostic } from '../model/diagnostic.ts';
import { diagnostic } from '../model/diagnostic.ts';
import { type Ingress, type NamespacedName, nameKey, type ObjectRef, refOf } from '../model/objects.ts';
import type { CertificateId } from '../model/routing.ts';
import type { Pem } from '../model/runtime.ts';
import type { Snapshot } from '../model/snapshot.ts';
import { type Certificate, covers, dnsNames, readCertificate } from './certificate.ts';
import { certificateId } from './identity.ts';

/** The certificate of each host that has one, and what is wrong with those that cannot be used. */
export interface Tls {
  /** By host as a rule writes it. A host in here is sent from http to https, also when it only gets the default certificate. */
  readonly hosts: ReadonlyMap<string, CertificateId>;
  readonly certificates: ReadonlyMap<CertificateId, Pem | 'default'>;
  /** Whether the certificate that a host shows is good for another name as well. */
  covers(host: string, name: string): boolean;
  readonly diagnostics: readonly Diagnostic[];
  readonly validUntil?: number;
}

/** The name of the default certificate. */
export const defaultCertificate: CertificateId = 'default';

/** An entry without a Secret asks for the default certificate; a host that no entry speaks of gets it too, but hardly on purpose. */
interface Choice {
  readonly kind: 'entry' | 'unlisted';
  readonly secret: string | undefined;
  readonly field: string;
}

/**
 * Gives each host the certificate that its oldest Ingress with a `tls` section chooses for it: the entry that lists the host,
 * else one whose certificate covers it, else the first entry without hosts, else the default certificate. So the names in a
 * certificate can change the configuration; its key, its dates, and whether the Secret exists cannot where an entry lists the host.
 */
export function chooseCertificates(ingresses: readonly Ingress[], snapshot: Snapshot, fallback?: NamespacedName): Tls {
  const hosts = new Map<string, CertificateId>();
  const chosen = new Map<string, string>();
  const diagnostics: Diagnostic[] = [];
  const store = createCertificateStore(snapshot);
  for (const { ingress, host } of ingresses.flatMap(hostsOf)) {
    const choice = choose(ingress, host, snapshot);
    const name = choice.secret === undefined ? '' : nameKey(ingress.metadata.namespace, choice.secret);
    const earlier = chosen.get(host);
    if (earlier === undefined) {
      chosen.set(host, name);
      if (choice.kind === 'unlisted') diagnostics.push(unlisted(refOf(ingress), host));
      hosts.set(host, choice.secret === undefined ? defaultCertificate : store.use(refOf(ingress), choice.secret, choice.field, host));
    } else if (earlier !== name) diagnostics.push(taken(refOf(ingress), choice, host));
  }
  if (fallback) store.useAsDefault(fallback);
  const validUntil = store.validUntil();
  return {
    hosts,
    certificates: store.certificates,
    covers: (host, name) => {
      const secret = snapshot.secrets.get(chosen.get(host) ?? '');
      const certificate = secret && readCertificate(secret);
      return typeof certificate === 'object' && covers(certificate, name);
    },
    diagnostics: [...diagnostics, ...store.diagnostics],
    ...(validUntil === undefined ? {} : { validUntil }),
  };
}

/** The hosts that an Ingress with a `tls` section has rules for. */
function hostsOf(ingress: Ingress): readonly { readonly ingress: Ingress; readonly host: string }[] {
  if (ingress.tls.length === 0) return [];
  const hosts = new Set(ingress.rules.flatMap((rule) => (rule.host === undefined ? [] : [rule.host])));
  return [...hosts].map((host) => ({ ingress, host }));
}

function choose(ingress: Ingress, host: string, snapshot: Snapshot): Choice {
  const entry = (index: number): Choice => ({
    kind: 'entry',
    secret: ingress.tls[index]?.secretName,
    field: `spec.tls[${index}].secretName`,
  });
  const listed = ingress.tls.findIndex((one) => one.hosts.includes(host));
  if (listed >= 0) return entry(listed);
  const fitting = ingress.tls.findIndex((one) => {
    const secret = snapshot.secrets.get(nameKey(ingress.metadata.namespace, one.secretName ?? ''));
    const certificate = secret && readCertificate(secret);
    return typeof certificate === 'object' && covers(certificate, host);
  });
  if (fitting >= 0) return entry(fitting);
  const forAll = ingress.tls.findIndex((one) => one.hosts.length === 0);
  return forAll >= 0 ? entry(forAll) : { kind: 'unlisted', secret: undefined, field: 'spec.tls' };
}

function unlisted(ingress: ObjectRef, host: string): Diagnostic {
  return diagnostic(
    'CertificateHostMismatch',
    ingress,
    'spec.tls',
    `${host} gets the default certificate: no entry of tls lists it, and no certificate of them covers it. Add it to the hosts of one.`,
  );
}

function taken(ingress: ObjectRef, choice: Choice, host: string): Diagnostic {
  return diagnostic(
    'CertificateTaken',
    ingress,
    choice.field,
    `an older Ingress already chose the certificate of ${host}; that one is served. Name the same Secret in both, or leave tls out of this one.`,
  );
}

interface CertificateStore {
  /** Takes the Secret's certificate for a host; complains to the Ingress when the default has to stand in. */
  use(ingress: ObjectRef, secret: string, field: string, host: string): CertificateId;
  /** Takes the Secret's certificate as the default one; complains to the Secret when the self-signed one has to stand in. */
  useAsDefault(secret: NamespacedName): void;
  readonly certificates: ReadonlyMap<CertificateId, Pem | 'default'>;
  readonly diagnostics: readonly Diagnostic[];
  validUntil(): number | undefined;
}

function createCertificateStore(snapshot: Snapshot): CertificateStore {
  const certificates = new Map<CertificateId, Pem | 'default'>();
  const diagnostics: Diagnostic[] = [];
  const boundaries: number[] = [];

  function use(ingress: ObjectRef, name: string, field: string, host: string): CertificateId {
    const id = certificateId(ingress.namespace, name);
    const secret = snapshot.secrets.get(nameKey(ingress.namespace, name));
    const certificate = secret && readCertificate(secret);
    if (typeof certificate === 'object') boundaries.push(certificate.notBefore, certificate.notAfter);
    const problem = problemOf(`Secret ${ingress.namespace}/${name}`, certificate, host, snapshot.now);
    if (problem) {
      const message = `${host} gets the default certificate: ${problem.why}.`;
      diagnostics.push(diagnostic(problem.code, ingress, field, message));
    }
    if (problem?.code === 'CertificateHostMismatch') return defaultCertificate;
    certificates.set(id, typeof certificate !== 'object' || problem ? 'default' : certificate.pem);
    return id;
  }

  function useAsDefault({ namespace, name }: NamespacedName): void {
    const secret = snapshot.secrets.get(nameKey(namespace, name));
    const certificate = secret && readCertificate(secret);
    if (typeof certificate === 'object') boundaries.push(certificate.notBefore, certificate.notAfter);
    const problem = problemOf(`Secret ${namespace}/${name}`, certificate, undefined, snapshot.now);
    if (typeof certificate === 'object' && !problem) certificates.set(defaultCertificate, certificate.pem);
    if (!problem) return;
    const message = `it is to be the default certificate, and a self-signed one stands in: ${problem.why}.`;
    diagnostics.push(diagnostic(problem.code, { kind: 'Secret', namespace, name }, '', message));
  }

  return {
    use,
    useAsDefault,
    certificates,
    diagnostics,
    validUntil: () =>
      boundaries.filter((moment) => moment > snapshot.now).reduce<number | undefined>((a, b) => Math.min(a ?? b, b), undefined),
  };
}

interface CertificateProblem {
  readonly code: 'SecretMissing' | 'CertificateInvalid' | 'CertificateHostMismatch' | 'CertificateExpired';
  readonly why: string;
}

/** The names are looked at before the dates, so that no date changes which name of a certificate a host has. */
function problemOf(
  secret: string,
  certificate: Certificate | string | undefined,
  host: string | undefined,
  now: number,
): CertificateProblem | undefined {
  if (certificate === undefined) return { code: 'SecretMissing', why: `${secret} does not exist` };
  if (typeof certificate === 'string') return { code: 'CertificateInvalid', why: `${secret} is not usable: ${certificate}` };
  if (host !== undefined && !covers(certificate, host)) {
    const names = dnsNames(certificate).join(', ') || 'no name';
    return { code: 'CertificateHostMismatch', why: `the certificate in ${secret} covers ${names}` };
  }
  if (now < certificate.notBefore)
    return { code: 'CertificateExpired', why: `${secret} is valid only from ${new Date(certificate.notBefore).toISOString()}` };
  if (now >= certificate.notAfter)
    return { code: 'CertificateExpired', why: `${secret} has expired at ${new Date(certificate.notAfter).toISOString()}` };
  return undefined;
}
