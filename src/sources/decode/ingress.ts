import type { Ingress, IngressTls, Metadata, Path, PathType, Rule } from '../../model/objects.ts';
import { fieldOf, itemOf } from '../field-path.ts';
import { loadBalancerAddresses } from './addresses.ts';
import { createDecoder, type Decoder } from './decoder.ts';
import { type BackendReader, noBackend, readBackend, readBetaBackend } from './ingress-backend.ts';
import { betaIngressShape, ingressShape, type RawPath, type RawRule, type RawTls } from './ingress-shapes.ts';
import { type Issues, quoted } from './issues.ts';
import { check, type Rule as NameRule, oneOf, ruleHost, subdomain, host as tlsHost } from './names.ts';

const naming = { namespaced: true, name: subdomain };

/** networking.k8s.io/v1 Ingress. */
export const ingress: Decoder = createDecoder({
  kind: 'Ingress',
  apiKind: 'Ingress',
  naming,
  shape: ingressShape,
  build: (fields, metadata, issues) =>
    readIngress(
      { ...fields.spec, status: fields.status, metadata },
      { readBackend, defaultField: 'spec.defaultBackend', beta: false },
      issues,
    ),
});

/** networking.k8s.io/v1beta1 and extensions/v1beta1 Ingress. */
export const betaIngress: Decoder = createDecoder({
  kind: 'Ingress',
  apiKind: 'Ingress',
  naming,
  shape: betaIngressShape,
  build: (fields, metadata, issues) =>
    readIngress(
      { ...fields.spec, defaultBackend: fields.spec?.backend, status: fields.status, metadata },
      { readBackend: readBetaBackend, defaultField: 'spec.backend', beta: true },
      issues,
    ),
});

interface RawIngress<B> {
  readonly metadata: Metadata;
  readonly ingressClassName?: string | undefined;
  readonly defaultBackend?: B | undefined;
  readonly rules?: readonly RawRule<B>[] | undefined;
  readonly tls?: readonly RawTls[] | undefined;
  readonly status: unknown;
}

/** What differs between the API versions. */
interface Version<B> {
  readonly readBackend: BackendReader<B>;
  readonly defaultField: string;
  /** A path without `pathType` is ordinary there. */
  readonly beta: boolean;
}

function readIngress<B>(raw: RawIngress<B>, version: Version<B>, issues: Issues): Ingress {
  const { ingressClassName, defaultBackend, rules = [], tls = [] } = raw;
  if (ingressClassName !== undefined) check(ingressClassName, subdomain, 'spec.ingressClassName', issues);
  if (rules.length === 0 && defaultBackend === undefined) issues.invalid('spec', `needs \`rules\` or \`${version.defaultField.slice(5)}\``);
  return {
    kind: 'Ingress',
    metadata: raw.metadata,
    ...(ingressClassName === undefined ? {} : { ingressClassName }),
    ...(defaultBackend === undefined ? {} : { defaultBackend: version.readBackend(defaultBackend, version.defaultField, issues) }),
    rules: rules.map((rule, index) => readRule(rule, itemOf('spec.rules', index), version, issues)),
    tls: tls.map((entry, index) => readTls(entry, itemOf('spec.tls', index), issues)),
    loadBalancer: loadBalancerAddresses(raw.status, issues),
  };
}

function readRule<B>(raw: RawRule<B>, field: string, version: Version<B>, issues: Issues): Rule {
  const host = raw.host ? { host: readHost(raw.host, ruleHost, fieldOf(field, 'host'), issues) } : {};
  if (!raw.http) return host;
  const paths = raw.http.paths ?? [];
  const at = `${field}.http.paths`;
  if (paths.length === 0) issues.invalid(at, 'needs at least one path');
  return { ...host, paths: paths.map((path, index) => readPath(path, itemOf(at, index), version, issues)) };
}

function readTls(raw: RawTls, field: string, issues: Issues): IngressTls {
  const hosts = raw.hosts ?? [];
  if (raw.secretName) check(raw.secretName, subdomain, fieldOf(field, 'secretName'), issues);
  return {
    hosts: hosts.map((host, index) => readHost(host, tlsHost, itemOf(fieldOf(field, 'hosts'), index), issues)),
    ...(raw.secretName ? { secretName: raw.secretName } : {}),
  };
}

/** Host names are equal in any case, with or without a trailing dot (RFC 4343, RFC 1034 3.1). */
function readHost(written: string, rule: NameRule, field: string, issues: Issues): string {
  // Only ASCII: other letters have lower case forms that are ASCII (the Kelvin sign), and must not become a host by it.
  const host = written.replace(/[A-Z]/g, (letter) => letter.toLowerCase()).replace(/\.$/, '');
  if (host !== written && rule(host) === undefined) {
    issues.warn('HostNormalised', field, `${quoted(written)} is taken as ${quoted(host)}, which is what the API wants`);
  }
  const complaint = rule(host);
  if (complaint !== undefined) issues.invalid(field, `${quoted(written)} ${complaint}`);
  return host;
}

const pathTypes: readonly PathType[] = ['Exact', 'Prefix', 'ImplementationSpecific'];

function readPath<B>(raw: RawPath<B>, field: string, version: Version<B>, issues: Issues): Path {
  const pathType = readPathType(raw.pathType, fieldOf(field, 'pathType'), version.beta, issues);
  const path = raw.path || '/';
  const complaint = pathComplaint(path, pathType);
  if (complaint !== undefined) issues.invalid(fieldOf(field, 'path'), `${quoted(path)} ${complaint}`);
  if (raw.backend === undefined) issues.invalid(fieldOf(field, 'backend'), 'is required');
  const backend = raw.backend && version.readBackend(raw.backend, fieldOf(field, 'backend'), issues);
  return { path, pathType, backend: backend ?? noBackend };
}

function readPathType(written: string | undefined, field: string, beta: boolean, issues: Issues): PathType {
  if (written !== undefined) return oneOf(written, pathTypes, field, issues) ?? 'ImplementationSpecific';
  if (!beta)
    issues.warn(
      'PathTypeMissing',
      field,
      'pathType is missing and taken as ImplementationSpecific: write Exact, Prefix or ImplementationSpecific',
    );
  return 'ImplementationSpecific';
}

/** The longest path in bytes; NGINX gives a whole request line 8 kB. */
const longestPath = 2048;

/** How many bytes a path may take in nginx.conf: a token of NGINX ends after 4,096 (`ngx_conf_read_token`), and some are left for what surrounds it. */
const longestPrinted = 3900;

/** What a sign in a path takes at most: a dollar, see `printedBytes`. */
const longestSign = 19;

/** The bytes of a path where it takes most: as a part of a regular expression, or where variables are evaluated, where a dollar is one. Both in quotes. */
function printedBytes(path: string): number {
  const forms = [path.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'), path.replaceAll('$', () => `$\{gatehouse_dollar}`)];
  return Math.max(...forms.map((form) => Buffer.byteLength(form.replace(/[\\"]/g, '\\$&'))));
}

/** What the API refuses in a path (`validateHTTPIngressPath` of the API server), and what no request line can carry. */
function pathComplaint(path: string, type: PathType): string | undefined {
  if (!path.startsWith('/')) return 'is not an absolute path: begin with "/"';
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  if (/[\u0000-\u001f\u007f]/.test(path)) return 'holds a control character, which no path may';
  if (Buffer.byteLength(path) > longestPath) return `has ${Buffer.byteLength(path)} bytes: at most ${longestPath} are allowed`;
  if (path.length * longestSign > longestPrinted && printedBytes(path) > longestPrinted) {
    return `takes up to ${printedBytes(path)} bytes in nginx.conf, where a dollar counts nineteen, a backslash four, a quote two and a sign such as "." or "*" three: at most ${longestPrinted} are allowed`;
  }
  if (type === 'ImplementationSpecific') return undefined;
  const sequence = ['//', '/./', '/../', '%2f', '%2F'].find((wrong) => path.includes(wrong));
  if (sequence !== undefined) return `holds "${sequence}", which a path of type ${type} must not`;
  const end = ['/..', '/.'].find((wrong) => path.endsWith(wrong));
  return end === undefined ? undefined : `ends with "${end}", which a path of type ${type} must not`;
}
