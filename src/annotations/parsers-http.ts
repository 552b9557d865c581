import { joined, variable, type Word } from '../model/directive.ts';
import { accepted, listOf, matching, type Parsed, type Parser, refused } from './parsers.ts';

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
  if (!/^\/[A-Za-z0-9/\-._~:$]*$/.test(text)) return refused('write a path that begins with a slash, of letters, digits and / - . _ ~ : $');
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

/** A host name, in lower case. */
export const hostName: Parser<string> = (text) => {
  const host = text.toLowerCase();
  const isHost = host.length <= 253 && /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*$/.test(host);
  return isHost ? accepted(host) : refused('write a host name such as www.example.com');
};

/** What a backend is told as Host: a name or an address, with or without a port. */
export const hostHeader: Parser<string> = matching(
  /[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?(?::\d{1,5})?/,
  'a host name such as internal.example.com, without variables',
  253,
);

/**
 * A regular expression that NGINX takes and that can do no harm outside of its place: groups must not have names, as they would
 * overwrite variables of the configuration, and no verb or callout of PCRE is allowed. JavaScript reads nearly the same language.
 */
export function checkPattern(pattern: string): Parsed<string> {
  if (pattern.length > 1000) return refused('the regular expression is longer than 1000 characters');
  const special = /\(\?(?![:=!]|<[=!]|i\))[^)]{0,10}|\(\*[^)]{0,10}|\\[CKQEGRXNgkop][^)]{0,3}/.exec(pattern.replaceAll('\\\\', ''))?.[0];
  if (special !== undefined) return refused(`${special} is not allowed in a regular expression here`);
  try {
    new RegExp(pattern.replaceAll('(?i)', '').replace(/([*+?}])\+/g, '$1'), 's');
    return accepted(pattern);
  } catch (error) {
    return refused(`it is no regular expression: ${error instanceof Error ? error.message.replace(/^.*: /, '') : 'it cannot be read'}`);
  }
}

/** Methods, separated by commas. */
export const methods: Parser<readonly string[]> = listOf(matching(/[A-Za-z]+/, 'methods such as GET', 40));
