import type { Directive, Word } from './directive.ts';
import type { Front } from './front.ts';
import type { HttpBlock } from './http-block.ts';
import type { ObjectRef } from './objects.ts';
import type { Overrides } from './overrides.ts';
import type { Answer, ConditionalAnswer, Protocol, Target } from './target.ts';
import type { Passthrough, Stream, Upstream } from './upstream.ts';

export type { Answer, CanaryTarget, ConditionalAnswer, Protocol, Target } from './target.ts';
export { type Balancing, type Passthrough, portKey, type Stream, type Upstream, type UpstreamSettings } from './upstream.ts';

/** Which object, and which of its fields, asked for something in the configuration. */
export interface Origin {
  readonly object: ObjectRef;
  readonly field: string;
}

/** What NGINX has to know to route: hosts, paths, upstreams. Holds no address and no key material, so that their changes need no reload. */
export interface Topology {
  /** Settings of the ConfigMap and their defaults: directives at the level `http`, and the rest of them. */
  readonly http: readonly Directive[];
  readonly base?: Base;
  /** Sorted: the default server first, then exact names, then wildcards, each by name. */
  readonly servers: readonly Server[];
  /** Sorted by id. */
  readonly upstreams: readonly Upstream[];
  /** Sorted by port, TCP before UDP. */
  readonly streams: readonly Stream[];
  /** What they go to, sorted by id; none of it is in `upstreams`, as NGINX keeps the endpoints of both apart. */
  readonly streamUpstreams?: readonly Upstream[];
  /** Hosts whose TLS connections are passed on as they are. */
  readonly passthrough?: readonly Passthrough[];
}

/** What holds for all hosts, besides the directives at the level `http`. */
export interface Base {
  /** At the top of the file, and in `events`. */
  readonly main: readonly Directive[];
  readonly events: readonly Directive[];
  /** In every upstream of a Service. */
  readonly upstream: readonly Directive[];
  /** At the level `stream`. */
  readonly stream?: readonly Directive[];
  /** Each name once. */
  readonly blocks: readonly HttpBlock[];
  readonly headers: Headers;
  /** In the default server, where it listens for https. */
  readonly unmatchedTls?: readonly Directive[];
  /** Answers for some requests to any host, before anything else. */
  readonly answers?: readonly ConditionalAnswer[];
  readonly overrides?: Overrides;
  /** Absent: what counts is the connection. */
  readonly front?: Front;
}

/** Headers that are added, replaced and removed. */
export interface Headers {
  /** Sent to the backend. */
  readonly request: readonly RequestHeader[];
  /** Sent to the client. */
  readonly response: readonly ResponseHeader[];
  /** Headers of the backend that the client does not get. */
  readonly hidden: readonly string[];
}

/** The empty value deletes the header. */
export interface RequestHeader {
  readonly name: string;
  readonly value: Word;
}

/** With an empty value nothing is sent. */
export interface ResponseHeader {
  readonly name: string;
  readonly value: Word;
  /** Also on answers of 400 and above. */
  readonly always: boolean;
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
  /** Further names of the same host. */
  readonly aliases?: readonly Alias[];
  readonly directives: readonly Directive[];
  /** Answers for some requests, before anything else. */
  readonly answers?: readonly ConditionalAnswer[];
  /** What is different here from the headers of all; holds in its locations too. */
  readonly headers?: Headers;
  /** Sorted: exact before prefix, then by path. There is always one for the prefix `/`. */
  readonly locations: readonly Location[];
  /** Locations that only NGINX itself goes to. Equal names mean equal content. */
  readonly sides?: readonly SideLocation[];
}

/** Another name of a host. */
export interface Alias {
  readonly name:
    | { readonly kind: 'exact'; readonly host: string }
    /** `*.SUFFIX`: any number of labels before the suffix. */
    | { readonly kind: 'suffix'; readonly suffix: string }
    /** A regular expression over the host. */
    | { readonly kind: 'pattern'; readonly pattern: string };
  /** Whether the certificate of the host is good for it: only then plain http is sent to https. */
  readonly covered: boolean;
}

export type PathMatch =
  | { readonly kind: 'exact'; readonly path: string }
  /** By path element: without trailing slash, or `/` for everything. */
  | { readonly kind: 'prefix'; readonly path: string }
  /** A regular expression that holds for the beginning of a path, without regard to case. */
  | { readonly kind: 'regex'; readonly path: string };

export interface Location {
  readonly match: PathMatch;
  /** Absent for what no Ingress asked for, such as the 404 of unmatched paths. */
  readonly origin?: Origin;
  readonly directives: readonly Directive[];
  /** What is different here from the headers of all. */
  readonly headers?: Headers;
  /** Answers for some requests, before anything else. */
  readonly answers?: readonly ConditionalAnswer[];
  readonly rewrite?: Rewrite;
  readonly errorPages?: readonly ErrorPage[];
  /** The name of the side location that answers where the upstream has no endpoints. */
  readonly standIn?: string;
  readonly target: Target | Answer;
  /** What the backend speaks; absent: http. */
  readonly protocol?: Protocol;
  /** Whether plain http is sent to https. */
  readonly httpsRedirect: boolean;
  /** How, where it is not the usual way. */
  readonly redirect?: HttpsRedirect;
  /** Answers 503 and nothing else, as what guards it cannot be carried out. */
  readonly denied?: true;
}

/** The whole path becomes `to` where the pattern is found; captures are the variables `1` to `9`. */
export interface Rewrite {
  readonly pattern: string;
  readonly to: Word;
}

/** Answers of these statuses are replaced by what a side location says. */
export interface ErrorPage {
  readonly statuses: readonly number[];
  /** The name of a side location. */
  readonly side: string;
  /** What the client sees instead of the side's own status. */
  readonly as?: number;
  /** Counts before what other features say about the same statuses. */
  readonly isFirst?: true;
}

/** How plain http is sent to https: by default 308, without the slash at the end, and without a port. */
export interface HttpsRedirect {
  readonly status: 301 | 302 | 307 | 308;
  readonly keepSlash: boolean;
  readonly withPort: boolean;
  /** Also for names that have no certificate. */
  readonly forced: boolean;
}

/** A location that NGINX goes to by itself: a subrequest, a mirror, an error page. */
export interface SideLocation {
  /** `@…` for a named location, `/…` for an internal one; made from a hash of what is in it. */
  readonly name: string;
  readonly origin?: Origin;
  readonly directives: readonly Directive[];
  /** Added to the headers of all, unless `bare`. */
  readonly headers?: Headers;
  /** Without the headers of all. */
  readonly bare?: boolean;
  /** Answers for some requests, before anybody is asked. */
  readonly answers?: readonly ConditionalAnswer[];
  /** Whether headers and logs are those of the location that leads here; the name is then part of another. */
  readonly withLocationHeaders?: true;
  readonly target: Target | Answer | Question | { readonly kind: 'url'; readonly url: Word };
}

/** A request of NGINX's own, to a path of an upstream. */
export interface Question {
  readonly kind: 'question';
  readonly scheme: 'http' | 'https';
  readonly upstream: UpstreamId;
  /** Path and query; begins with a slash. */
  readonly uri: Word;
}

/** Hexadecimal digits (`upstreamIdPattern`), hashed from what makes the upstream different from all others; also its NGINX name and its DNS label. */
export type UpstreamId = string;

/** Sixteen hexadecimal digits, hashed from the Secret's namespace and name; also the file name. */
export type CertificateId = string;
