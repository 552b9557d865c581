import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import { accepted, type Parsed, refused } from '../annotations/parsers.ts';
import { refusedRanges } from '../model/refused-ranges.ts';
import type { Upstream, UpstreamSettings } from '../model/routing.ts';
import type { EndpointSource } from '../model/runtime.ts';
import { upstreamId } from './identity.ts';

/** Something outside of the cluster's Services that a URL names. */
export interface NamedHost {
  readonly upstream: Upstream;
  readonly source: EndpointSource;
}

/** A Service as cluster DNS names it: `name.namespace`, with or without `.svc` and the domain of the cluster. */
export function serviceInName(name: string): { readonly namespace: string; readonly name: string } | undefined {
  const [, service, namespace] = /^([a-z0-9-]+)\.([a-z0-9-]+)(?:\.svc(?:\.[a-z0-9.-]+)?)?$/.exec(name) ?? [];
  return service === undefined || namespace === undefined ? undefined : { name: service, namespace };
}

/**
 * A host by its name or address. Neither is part of the configuration: the controller resolves the name again and again, so that one that
 * is unknown stops nothing. Whoever may write an Ingress must not reach this machine or its link with it.
 */
export function namedHost(name: string, port: number, settings?: UpstreamSettings): Parsed<NamedHost> {
  const version = isIP(name);
  if (version === 0 && /(?:^|\.)(?:localhost|\d+|0x[0-9a-f]*)$/i.test(name))
    return refused(`${name} is this machine, or no name of a host`);
  const range = version === 0 ? undefined : refusedRanges[ipaddr.process(name).range()];
  if (range !== undefined) return refused(`${name} is ${range}, where an Ingress must not lead; name a Service or another host`);
  const identity = {
    namespace: '',
    service: `host ${name}`,
    port: String(port),
    balancing: { kind: 'round_robin' },
    resolution: 'A',
  } as const;
  const upstream: Upstream = {
    id: upstreamId(settings ? { ...identity, settings } : identity),
    service: { kind: 'Host', namespace: '', name },
    port: String(port),
    resolution: { kind: 'A', port },
    ipv6: version !== 4,
    balancing: identity.balancing,
    ...(settings ? { directives: settings.directives } : {}),
  };
  const source: EndpointSource =
    version === 0
      ? { kind: 'externalName', name, port }
      : { kind: 'addresses', endpoints: [{ address: ipaddr.process(name).toString(), port }] };
  return accepted({ upstream, source });
}
