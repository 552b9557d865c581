import type { ObjectRef } from './objects.ts';
import type { CertificateId, UpstreamId } from './routing.ts';

/** Everything that changes without a reload: NGINX asks for it while it runs. */
export interface Runtime {
  readonly endpoints: ReadonlyMap<UpstreamId, EndpointSource>;
  /**
   * The value `default` stands for the default certificate: what a missing or unusable Secret gets. Under the id `default` an operator's
   * own default certificate is found, when there is one.
   */
  readonly certificates: ReadonlyMap<CertificateId, Pem | 'default'>;
  /** What NGINX looks at on disk for each request: sixteen hexadecimal digits → content. */
  readonly files?: ReadonlyMap<string, LiveContent>;
}

/** A file that NGINX opens, such as a password list, or a folder that answers for a share of all requests that a path of it exists. */
export type LiveContent = string | Uint8Array | Share;

/** From 0, none, to 1, all. */
export interface Share {
  readonly share: number;
}

/** How many signs of `lotDigits` a request draws, each the name of a folder within the one before. Shares are exact to one in 16 to the power of it. */
export const lotLength = 5;

export type EndpointSource =
  /** Sorted, without duplicates; empty: NGINX answers 503. */
  | { readonly kind: 'addresses'; readonly endpoints: readonly Endpoint[] }
  /** A name of the outside world (`type: ExternalName`), resolved again and again. */
  | { readonly kind: 'externalName'; readonly name: string; readonly port: number }
  /** A Service without endpoints that the built-in stand-in of local mode answers for. */
  | { readonly kind: 'standIn'; readonly service: ObjectRef; readonly port: number };

export interface Endpoint {
  /** An IPv4 or IPv6 address in its shortest form, without brackets. */
  readonly address: string;
  readonly port: number;
}

/** A certificate chain and its private key, both in PEM, already checked to belong together. */
export interface Pem {
  readonly chain: string;
  readonly key: string;
}
