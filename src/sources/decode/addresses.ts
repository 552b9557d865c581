import { isIPv4, isIPv6 } from 'node:net';
import ipaddr from 'ipaddr.js';
import type { LoadBalancerAddress } from '../../model/objects.ts';
import { fieldOf, itemOf } from '../field-path.ts';
import type { Issues } from './issues.ts';
import { check, label, type Rule, subdomain } from './names.ts';
import { anything, listOf, type Of, object, text } from './shapes.ts';

/** An IPv4 address as four decimal numbers without leading zeros. */
export const ipv4: Rule = (value) => (isIPv4(value) ? undefined : 'is not an IPv4 address');

/** An IPv6 address without zone, and not an IPv4 address in disguise (`::ffff:192.0.2.1`). */
export const ipv6: Rule = (value) => {
  if (!isIPv6(value) || value.includes('%')) return 'is not an IPv6 address';
  return ipaddr.IPv6.parse(value).isIPv4MappedAddress() ? 'is an IPv4 address written as IPv6: write it as IPv4' : undefined;
};

/** An address of either family. */
export const ip: Rule = (value) => {
  if (value.includes(':')) return ipv6(value);
  return isIPv4(value) ? undefined : 'is not an IP address';
};

/** A DNS name of two or more labels, with or without a trailing dot. */
export const domainName: Rule = (value) => {
  const name = value.endsWith('.') ? value.slice(0, -1) : value;
  const labels = name.split('.');
  return subdomain(name) === undefined && labels.length > 1 && labels.every((part) => label(part) === undefined)
    ? undefined
    : 'is not a fully qualified domain name such as "backend.example.com"';
};

/** `status` of an Ingress or Service; what Gatehouse does not read there is taken as it is. */
export const loadBalancerStatus = anything;

const addressList = listOf(object({ ip: text, hostname: text, ipMode: anything, ports: anything }));

/** Reads `status.loadBalancer.ingress`. */
export function loadBalancerAddresses(status: unknown, issues: Issues): readonly LoadBalancerAddress[] {
  const field = 'status.loadBalancer.ingress';
  const list = part(part(status, 'loadBalancer'), 'ingress');
  const entries: Of<typeof addressList> = list === undefined || list === null ? [] : (addressList.read(list, field, issues) ?? []);
  return entries.flatMap((entry, index) => addressesOf(entry, itemOf(field, index), issues));
}

function addressesOf(entry: { readonly ip?: string | undefined; readonly hostname?: string | undefined }, field: string, issues: Issues) {
  const addresses: LoadBalancerAddress[] = [];
  if (entry.ip) {
    check(entry.ip, ip, fieldOf(field, 'ip'), issues);
    addresses.push({ ip: entry.ip });
  }
  if (entry.hostname) {
    check(entry.hostname, subdomain, fieldOf(field, 'hostname'), issues);
    addresses.push({ hostname: entry.hostname });
  }
  return addresses;
}

function part(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}
