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
  /** Files that NGINX opens for each request, such as password lists: sixteen hexadecimal digits → content. */
  readonly files?: ReadonlyMap<string, string | Uint8Array>;
}

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
