import { isIP } from 'node:net';
import { type Issues, quoted } from './issues.ts';

/** Says what is wrong with a text, to be read after the text itself; nothing when it is right. */
export type Rule = (text: string) => string | undefined;

/** Complains about a text that breaks a rule. */
export function check(text: string, rule: Rule, field: string, issues: Issues): void {
  const complaint = rule(text);
  if (complaint !== undefined) issues.invalid(field, `${quoted(text)} ${complaint}`);
}

/** Reads a text that must be there and keep a rule; an empty one counts as missing, as in the API. */
export function required(text: string | undefined, rule: Rule, field: string, issues: Issues): string {
  if (text === undefined || text === '') issues.invalid(field, 'is required');
  else check(text, rule, field, issues);
  return text ?? '';
}

/** Reads one of a few words. */
export function oneOf<T extends string>(text: string, words: readonly T[], field: string, issues: Issues): T | undefined {
  const word = words.find((candidate) => candidate === text);
  if (word === undefined) issues.invalid(field, `${quoted(text)} is not supported: use ${words.join(', ')}`);
  return word;
}

/** Checks a port number: 1 to 65535. */
export function checkPort(port: number, field: string, issues: Issues): void {
  if (port < 1 || port > 65535) issues.invalid(field, `${port} is not a port: use 1 to 65535`);
}

/** A name without dots (RFC 1123 label). Service names too: newer API servers let them begin with a digit. */
export const label: Rule = (text) =>
  text.length <= 63 && /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(text)
    ? undefined
    : 'is not a valid name: use at most 63 lower case letters, digits and "-", with a letter or digit at both ends';

const subdomainPattern = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

/** A name with dots (RFC 1123 subdomain): the name of most objects. */
export const subdomain: Rule = (text) =>
  text.length <= 253 && subdomainPattern.test(text)
    ? undefined
    : 'is not a valid name: use at most 253 lower case letters, digits, "-" and ".", with a letter or digit at both ends of each part';

/** A host of an Ingress, in lower case: a DNS name, or `*.` and one. */
export const host: Rule = (text) => {
  const name = text.startsWith('*.') ? text.slice(2) : text;
  if (text.length <= 253 && subdomainPattern.test(name)) return undefined;
  return 'is not a host name: use a DNS name such as "shop.example.com" or "*.example.com"';
};

/** A host of a rule: not an address, which no `Host` header may stand for in an Ingress. */
export const ruleHost: Rule = (text) => (isIP(text) || isSloppyIPv4(text) ? 'is an IP address: use a DNS name' : host(text));

/** Four numbers are an address for the API even with leading zeros. */
function isSloppyIPv4(text: string): boolean {
  return /^\d{1,16}(\.\d{1,16}){3}$/.test(text) && text.split('.').every((part) => Number(part) <= 255);
}

/** The name of a port of a container or backend (IANA service name, RFC 6335). */
export const portName: Rule = (text) =>
  text.length <= 15 && /^[a-z0-9]+(-[a-z0-9]+)*$/.test(text) && /[a-z]/.test(text)
    ? undefined
    : 'is not a port name: use at most 15 lower case letters, digits and single "-", with at least one letter';

const namePattern = /^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/;

/** The key of a label or annotation: a name, with an optional DNS name and `/` before it. */
export const qualifiedName: Rule = (text) => {
  const slash = text.indexOf('/');
  const name = text.slice(slash + 1);
  const prefixOk = slash < 0 || subdomain(text.slice(0, slash)) === undefined;
  return prefixOk && name.length <= 63 && namePattern.test(name)
    ? undefined
    : 'is not a valid key: use letters, digits, "-", "_" and ".", at most 63, after an optional DNS name and "/"';
};

/** The value of a label. */
export const labelValue: Rule = (text) =>
  text === '' || (text.length <= 63 && namePattern.test(text))
    ? undefined
    : 'is not a label value: use at most 63 letters, digits, "-", "_" and ".", with a letter or digit at both ends';

/** The key in the data of a Secret or ConfigMap. */
export const dataKey: Rule = (text) =>
  text.length <= 253 && /^[-._a-zA-Z0-9]+$/.test(text) && text !== '.' && !text.startsWith('..')
    ? undefined
    : 'is not a valid key: use at most 253 letters, digits, "-", "_" and ".", not ".." at the start';

/** A name in a URL path: anything that stays one segment. */
export const pathSegment: Rule = (text) =>
  text !== '.' && text !== '..' && !/[/%]/.test(text) ? undefined : 'is not a valid name: it must not be "." or "..", or hold "/" or "%"';

/** A DNS name, `/`, and a path: the name of a controller. */
export const domainPath: Rule = (text) => {
  const slash = text.indexOf('/');
  const path = text.slice(slash + 1);
  const ok = slash > 0 && subdomain(text.slice(0, slash)) === undefined && /^[A-Za-z0-9/\-._~%!$&'()*+,;=:]+$/.test(path);
  return ok && text.length <= 250 ? undefined : 'is not a controller name: use a DNS name and a path such as "example.com/controller"';
};
