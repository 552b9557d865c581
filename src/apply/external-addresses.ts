import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import { refusedRanges } from '../model/refused-ranges.ts';

/** What is left of the addresses of a name, and what was refused. */
export interface JudgedAddresses {
  /** Sorted, without duplicates, each in its shortest form. */
  readonly addresses: readonly string[];
  /** `127.0.0.1 (loopback)` */
  readonly refused: readonly string[];
}

/** Whoever owns a name in DNS decides on its addresses, so they are judged at run time. An IPv4 address inside of an IPv6 one is judged as what it is. */
export function judgeAddresses(found: readonly string[]): JudgedAddresses {
  const addresses = new Set<string>();
  const refused = new Set<string>();
  for (const text of found) {
    const address = isIP(text) === 0 ? undefined : ipaddr.process(text);
    const range = address && refusedRanges[address.range()];
    if (!address) refused.add(`${text} (not an address)`);
    else if (range) refused.add(`${text} (${range})`);
    else addresses.add(address.toString());
  }
  return { addresses: [...addresses].sort(), refused: [...refused].sort() };
}

/** Why a name is not even asked for; undefined when it may be. The same rules as for `spec.externalName` in ingress-nginx: a name, not an address. */
export function nameProblem(name: string): string | undefined {
  const labels = name.toLowerCase().replace(/\.$/, '').split('.');
  const last = labels.at(-1) ?? '';
  if (last === 'localhost')
    return `externalName "${name}" is this machine (RFC 6761), so requests are answered with 503; it has to be the DNS name of another`;
  if (isIP(name.replace(/^\[|\]$/g, '')) !== 0 || /^(\d+|0x[\da-f]*)$/.test(last)) {
    return `externalName "${name}" is an IP address, so requests are answered with 503; it has to be a DNS name (use a Service with EndpointSlices for addresses)`;
  }
  return undefined;
}
