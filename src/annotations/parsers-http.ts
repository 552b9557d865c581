import { createSecureContext } from 'node:tls';
import { joined, variable, type Word } from '../model/directive.ts';
import { accepted, listOf, matching, orList, type Parsed, type Parser, refused } from './parsers.ts';
import { portabilityProblem } from './portable-pattern.ts';

/** Where a redirect may lead: an absolute URL or a path, of the signs that ingress-nginx takes. Nothing in it is a variable. */
export const redirectUrl: Parser<string> = (text) => {
  if (text.length > 2000) return refused('it is longer than 2000 characters');
  if (!/^[A-Za-z0-9/\-._~:,?&=]+$/.test(text)) return refused('write a URL or a path of letters, digits and / - . _ ~ : , ? & =');
  if (text.startsWith('//') || !/^(?:https?:\/\/[A-Za-z0-9]|\/)/.test(text))
    return refused('write a URL that begins with http:// or https://, or a path');
  return accepted(text);
};

/** A path in which `$1` to `$9` stand for groups of a regular expression, as words. Any other `$` is refused: it would name a variable. */
export const capturePath: Parser<CapturePath> = (text) => {
  if (text.length > 2000) return refused('it is longer than 2000 characters');
  if (!/^(?:\/|\$[1-9])[A-Za-z0-9/\-._~:$]*$/.test(text))
    return refused('write a path that begins with a slash or a group, of letters, digits and / - . _ ~ : $');
  if (text.startsWith('//')) return refused('write one slash at the beginning');
  const strange = /\$(?![1-9])[^/.~:$-]{0,20}/.exec(text)?.[0];
  if (strange !== undefined) return refused(`only $1 to $9 mean something in it, not ${strange}`);
  return accepted({ text, word: captureWord(text) });
};

/** A path with groups: as it was written, and as NGINX evaluates it. */
export interface CapturePath {
  readonly text: string;
  readonly word: Word;
}

function captureWord(text: string): Word {
  const parts = text.split(/(\$[1-9])/).filter((part) => part !== '');
  return joined(...parts.map((part) => (part.startsWith('$') ? variable(part.slice(1)) : part)));
}

/** A path that is sent to clients as it is. */
export const plainPath: Parser<string> = (text) => {
  if (text.length > 2000) return refused('it is longer than 2000 characters');
  if (text.startsWith('//')) return refused('write one slash at the beginning');
  return /^\/[A-Za-z0-9/\-._~:]*$/.test(text)
    ? accepted(text)
    : refused('write a path that begins with a slash, of letters, digits and / - . _ ~ :');
};

/** A host name, in lower case. */
export const hostName: Parser<string> = (text) => {
  const host = text.toLowerCase();
  const isHost = host.length <= 253 && /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*$/.test(host);
  return isHost ? accepted(host) : refused('write a host name such as www.example.com');
};

/** Variables of ingress-nginx that are known when the configuration is printed. */
export const placeVariables = ['service_name', 'service_port', 'namespace', 'ingress_name'] as const;

/** A text in which some names after a dollar sign stand for what is known of the place, or of the request. */
export type Template = readonly (string | { readonly name: string })[];

/** What a backend is told as Host: a name or an address, with or without a port. Of variables it knows those of the place, and the client's host. */
export const hostHeader: Parser<Template> = (text) => {
  const known: readonly string[] = [...placeVariables, 'host', 'http_host'];
  const parts = text.split(/(\$\{\w+\}|\$\w+)/).filter((part) => part !== '');
  const template = parts.map((part) => (part.startsWith('$') ? { name: part.replace(/[${}]/g, '') } : part));
  const strange = template.find((part) => typeof part !== 'string' && !known.includes(part.name));
  if (typeof strange === 'object')
    return refused(`$${strange.name} is no variable that may stand here; there are ${orList(known.map((one) => `$${one}`))}`);
  const plain = template.map((part) => (typeof part === 'string' ? part : 'x')).join('');
  const isHost = plain.length <= 253 && /^[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?(?::\d{1,5})?$/.test(plain);
  return isHost ? accepted(template) : refused('write a host name such as internal.example.com');
};

/**
 * A regular expression that NGINX takes and that can do no harm outside of its place: groups must not have names, as they would
 * overwrite variables of the configuration, and no verb or callout of PCRE is allowed. JavaScript reads nearly the same language.
 */
export function checkPattern(pattern: string): Parsed<string> {
  const known = checkedPatterns.get(pattern);
  if (known) return known;
  if (checkedPatterns.size >= mostCheckedPatterns) checkedPatterns.clear();
  const checked = readPattern(pattern);
  checkedPatterns.set(pattern, checked);
  return checked;
}

/** The paths of all Ingresses are checked in each batch, and many are alike. */
const checkedPatterns = new Map<string, Parsed<string>>();
const mostCheckedPatterns = 5000;

function readPattern(pattern: string): Parsed<string> {
  if (pattern.length > 1000) return refused('the regular expression is longer than 1000 characters');
  const special = /\(\?(?![:=!]|<[=!]|i\))[^)]{0,10}|\(\*[^)]{0,10}|\\[CKQEGRXNgkop][^)]{0,3}/.exec(pattern.replaceAll('\\\\', ''))?.[0];
  if (special !== undefined) return refused(`${special} is not allowed in a regular expression here`);
  try {
    new RegExp(pattern.replaceAll('(?i)', '').replace(/([*+?}])\+/g, '$1'), 's');
    const problem = portabilityProblem(pattern);
    return problem === undefined ? accepted(pattern) : refused(problem);
  } catch (error) {
    return refused(`it is no regular expression: ${error instanceof Error ? error.message.replace(/^.*: /, '') : 'it cannot be read'}`);
  }
}

/** Methods, separated by commas. */
export const methods: Parser<readonly string[]> = listOf(matching(/[A-Za-z]+/, 'methods such as GET', 40));

/** Names of ciphers of TLS 1.2 as OpenSSL reads them. A list that no cipher fits is refused, as NGINX would refuse the configuration. */
export const cipherList: Parser<string> = (text) => {
  if (text.length > 3000 || !/^[A-Za-z0-9!:+_@=-]+$/.test(text)) return refused('write OpenSSL names of ciphers with colons between them');
  try {
    createSecureContext({ ciphers: text });
    return accepted(text);
  } catch {
    return refused('OpenSSL knows no cipher that fits it');
  }
};

/** Names of curves and groups as OpenSSL reads them. A name that it does not know is refused, as NGINX would refuse the configuration. */
export const curveList: Parser<string> = (text) => {
  if (text.length > 200 || !/^[A-Za-z0-9:_-]+$/.test(text)) return refused('write OpenSSL names of curves with colons between them');
  try {
    createSecureContext({ ecdhCurve: text });
    return accepted(text);
  } catch {
    return refused('OpenSSL does not know one of the curves');
  }
};
