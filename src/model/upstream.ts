import type { Directive } from './directive.ts';
import type { ObjectRef } from './objects.ts';
import type { Origin, ServerName, UpstreamId } from './routing.ts';

/** One Service port, as far as NGINX has to know it. */
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
  /** What Ingresses ask for beyond it; part of the identity. */
  readonly directives?: readonly Directive[];
}

/** What an Ingress wants of the upstreams that it uses; upstreams with different settings are never shared. */
export interface UpstreamSettings {
  /** Lines of the `upstream` block. */
  readonly directives: readonly Directive[];
  /** Whether they decide who gets a request, in place of what the Service says. */
  readonly balances: boolean;
  /** Whether each endpoint needs a name of its own, as for consistent hashing. */
  readonly needsNames: boolean;
  /** What its connections are like: idle ones are used again for whoever sends requests to the same upstream, so others need another. */
  readonly connections?: string;
  /** Lines that decide who gets a request where the Service does not. */
  readonly unlessService?: readonly Directive[];
  /** The cluster IP of the Service in place of its endpoints. */
  readonly clusterIp?: true;
}

export type Balancing =
  | { readonly kind: 'round_robin' }
  /** Consistent hashing on the client address: `sessionAffinity: ClientIP`. Needs SRV, where each endpoint has its own name. */
  | { readonly kind: 'client_ip' };

/** A host whose TLS is ended by its backend; the upstream is one of `streamUpstreams`. */
export interface Passthrough {
  readonly name: ServerName;
  readonly upstream: UpstreamId;
  readonly origin: Origin;
}

/** A TCP or UDP port that is passed on as it is. */
export interface Stream {
  readonly port: number;
  readonly protocol: 'TCP' | 'UDP';
  readonly upstream: UpstreamId;
  /** The ConfigMap that asks for it, and its key. */
  readonly origin: Origin;
  /** Whether clients begin with a PROXY protocol header; TCP only. */
  readonly acceptsProxy: boolean;
  /** Whether the backend gets one, of version 1; TCP only. */
  readonly sendsProxy: boolean;
}

/** Names a port among those of both protocols: `TCP 5432`. */
export function portKey({ port, protocol }: Pick<Stream, 'port' | 'protocol'>): string {
  return `${protocol} ${port}`;
}
