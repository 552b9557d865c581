import { isIP } from 'node:net';
import { InvalidArgumentError } from 'commander';
import type { NamespacedName } from '../model/objects.ts';
import type { Endpoint } from '../model/runtime.ts';

/** Reads a TCP port. */
export function port(text: string): number {
  const number = Number(text);
  if (/^\d{1,5}$/.test(text) && number >= 1 && number <= 65535) return number;
  throw new InvalidArgumentError('a port is a number from 1 to 65535.');
}

/** Reads a small count. */
export function positive(text: string): number {
  if (/^[1-9]\d{0,3}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('it is a number from 1 to 9999.');
}

/** Reads `host:port`; the host is an address, as nothing resolves names here. */
export function addressAndPort(text: string): Endpoint {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([0-9.]+)|(localhost)):(\d{1,5})$/.exec(text);
  const address = match?.[1] ?? match?.[2] ?? (match?.[3] && '127.0.0.1');
  if (!match || address === undefined || isIP(address) === 0) {
    throw new InvalidArgumentError('the address is an IP address or localhost, and a port, such as 127.0.0.1:3000 or [::1]:3000.');
  }
  return { address, port: port(match[4] ?? '') };
}

/** Reads a boolean as Go's `strconv.ParseBool` does, which is how ingress-nginx reads its flags. */
export function goBool(value: string): boolean {
  if (['1', 't', 'T', 'TRUE', 'true', 'True'].includes(value)) return true;
  if (['0', 'f', 'F', 'FALSE', 'false', 'False'].includes(value)) return false;
  throw new InvalidArgumentError('write true or false.');
}

/** Reads a flag that can only be on. */
export function alwaysTrue(value: string): boolean {
  if (goBool(value)) return true;
  throw new InvalidArgumentError('annotations are always validated here.');
}

/** Reads the name of an object in a namespace. */
export function namespacedName(value: string): NamespacedName {
  const [, namespace, name] = /^([a-z0-9.-]+)\/([a-z0-9.-]+)$/.exec(value) ?? [];
  if (namespace === undefined || name === undefined) throw new InvalidArgumentError('write namespace/name.');
  return { namespace, name };
}

/** Reads what may stand before the slash of an annotation's name (Kubernetes: "Labels and Annotations", a DNS subdomain). */
export function annotationsPrefix(value: string): string {
  const label = '[a-z0-9](?:[a-z0-9-]*[a-z0-9])?';
  if (value.length <= 253 && new RegExp(`^${label}(?:\\.${label})*$`).test(value)) return value;
  throw new InvalidArgumentError('write a DNS name without a slash, such as nginx.ingress.kubernetes.io.');
}

/** Reads values that are separated by commas. */
export function list(value: string): readonly string[] {
  return value.split(',').flatMap((one) => (one.trim() === '' ? [] : [one.trim()]));
}

/** A number, or Go's time.ParseDuration without fractions: `30s`, `1m30s`, `500ms`. A bare number is in the unit of the flag in ingress-nginx: seconds. */
export function goDuration(value: string, unit: 's' | 'ms'): number {
  const inMs = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 } as const;
  const parts = [...value.matchAll(/(\d+)(ms|s|m|h)/g)];
  const whole = parts.map((part) => part[0]).join('') === value;
  const ms = /^\d+$/.test(value)
    ? Number(value) * 1000
    : parts.reduce((sum, part) => sum + Number(part[1]) * inMs[part[2] as keyof typeof inMs], 0);
  if ((!whole && !/^\d+$/.test(value)) || value === '') throw new InvalidArgumentError('write a duration such as 30s or 1m.');
  return unit === 'ms' ? ms : Math.round(ms / 1000);
}
