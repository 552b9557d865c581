import type { Directive } from './directive.ts';
import type { ObjectRef } from './objects.ts';

/** Which object, and which of its fields, asked for something in the configuration. */
export interface Origin {
  readonly object: ObjectRef;
  readonly field: string;
}

/** What NGINX has to know to route: hosts, paths, upstreams. Holds no address and no key material, so that their changes need no reload. */
export interface Topology {
  readonly http: readonly Directive[];
  /** Sorted: the default server first, then exact names, then wildcards, each by name. */
  readonly servers: readonly Server[];
  /** Sorted by id. */
  readonly upstreams: readonly Upstream[];
  readonly streams: readonly Stream[];
}

export type ServerName =
  /** Takes every host that no other server names. */
  | { readonly kind: 'default' }
  /** One host name, in lower case. */
  | { readonly kind: 'exact'; readonly host: string }
  /** `*.SUFFIX`: exactly one label before the suffix. */
  | { readonly kind: 'wildcard'; readonly suffix: string };

export interface Server {
  readonly name: ServerName;
  /** The Ingresses that have a rule for this host, oldest first. */
  readonly origins: readonly Origin[];
  /** The certificate that is shown for this name; absent: the default certificate. */
  readonly certificate?: CertificateId;
  readonly directives: readonly Directive[];
  /** Sorted: exact before prefix, then by path. There is always one for the prefix `/`. */
  readonly locations: readonly Location[];
}

export type PathMatch =
  | { readonly kind: 'exact'; readonly path: string }
  /** By path element: without trailing slash, or `/` for everything. */
  | { readonly kind: 'prefix'; readonly path: string };

export interface Location {
  readonly match: PathMatch;
  /** Absent for what no Ingress asked for, such as the 404 of unmatched paths. */
  readonly origin?: Origin;
  readonly directives: readonly Directive[];
  readonly target: Target | Answer;
  /** Whether plain http is sent to https. */
  readonly httpsRedirect: boolean;
  /** Answers 503 and nothing else, as what guards it cannot be carried out. */
  readonly denied?: true;
}

/** Where requests of a location go. Canary and mirror will add further upstreams here. */
export interface Target {
  readonly kind: 'proxy';
  readonly upstream: UpstreamId;
}

/** What a location answers by itself. */
export interface Answer {
  readonly kind: 'answer';
  readonly status: number;
}

/** Ten hexadecimal digits, hashed from what makes the upstream different from all others; also its NGINX name and its DNS label. */
export type UpstreamId = string;

/** Sixteen hexadecimal digits, hashed from the Secret's namespace and name; also the file name. */
export type CertificateId = string;

export interface Upstream {
  readonly id: UpstreamId;
  readonly service: ObjectRef;
  /** The Service port as the Ingress names it: a number or a name. */
  readonly port: string;
  /** How NGINX asks for the endpoints: addresses that share one port, or records that carry a port each. */
  readonly resolution: { readonly kind: 'A'; readonly port: number } | { readonly kind: 'SRV' };
  /** Whether NGINX has to ask for IPv6 addresses as well. */
  readonly ipv6: boolean;
  readonly balancing: Balancing;
}

export type Balancing =
  | { readonly kind: 'round_robin' }
  /** Consistent hashing on the client address: `sessionAffinity: ClientIP`. Needs SRV, where each endpoint has its own name. */
  | { readonly kind: 'client_ip' };

/** A TCP or UDP port that is passed on as it is. */
export interface Stream {
  readonly port: number;
  readonly protocol: 'TCP' | 'UDP';
  readonly upstream: UpstreamId;
}
