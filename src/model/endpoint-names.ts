import type { UpstreamId } from './routing.ts';

/**
 * The names under which NGINX asks our DNS server for endpoints. The printed configuration and the server have to agree on
 * them, so both take them from here.
 */

/** What the names of upstreams look like, as a regular expression: hexadecimal digits. */
export const upstreamIdPattern = '[0-9a-f]{10,25}';

/** The `service=` parameter of a `server … resolve` line; NGINX asks for `_SERVICE._tcp.NAME`. */
export const srvService = 'ep';

/** The address that stands for "no endpoints": connecting to it fails at once, and NGINX goes on asking every second. */
export const noEndpointAddress = '255.255.255.255';

/** `1a2b3c4d5e.ep`: has A and AAAA records. */
export function endpointsName(id: UpstreamId): string {
  return `${id}.ep`;
}

/** The same name to a resolver, and another one to NGINX when it looks for what it knows already. */
export function otherEndpointsName(id: UpstreamId): string {
  return `${endpointsName(id)}.`;
}

/** `_ep._tcp.1a2b3c4d5e.ep`: has SRV records. */
export function srvName(id: UpstreamId): string {
  return `_${srvService}._tcp.${endpointsName(id)}`;
}
