import { hash } from 'node:crypto';
import type { Balancing, CertificateId, UpstreamId, UpstreamSettings } from '../model/routing.ts';

/** Everything that makes one upstream different from another. Two Ingresses share an upstream only when all of it agrees. */
export interface UpstreamIdentity {
  readonly namespace: string;
  readonly service: string;
  /** The Service's port number, or what the Ingress calls it where nobody knows the number. */
  readonly port: string;
  readonly balancing: Balancing;
  /** How NGINX asks for the endpoints: it carries none over to an upstream that asks in another way. */
  readonly resolution: 'A' | 'SRV';
  /** What an Ingress wants beyond it. */
  readonly settings?: UpstreamSettings;
}

/**
 * The name of an upstream: the same for the same identity, now and after a restart, so that a reload carries its endpoints over. Some are longer
 * than others: NGINX looks through all upstreams for each that a configuration names, and compares only texts of the same length.
 */
export function upstreamId(identity: UpstreamIdentity): UpstreamId {
  const { namespace, service, port, balancing, resolution, settings } = identity;
  const how = resolution === 'SRV' ? [resolution] : [];
  return nameOf([namespace, service, port, balancing.kind, ...how, ...(settings ? [JSON.stringify(settings)] : [])]);
}

/** The same upstream for connections that are passed on as they are: NGINX keeps its endpoints apart. */
export function passthroughId(id: UpstreamId): UpstreamId {
  return nameOf(['passthrough', id]);
}

/** The name of the certificate in a Secret. */
export function certificateId(namespace: string, secret: string): CertificateId {
  return digest([namespace, secret], 16);
}

/** As `upstreamIdPattern` says; how long it is depends on digits that are not in it. */
function nameOf(parts: readonly string[]): UpstreamId {
  const digits = digest(parts, 64);
  return digits.slice(0, 10 + Number.parseInt(digits.slice(-1), 16));
}

/** Hashes parts that cannot be mistaken for one another, as names never contain NUL. */
function digest(parts: readonly string[], digits: number): string {
  return hash('sha256', parts.join('\0')).slice(0, digits);
}
