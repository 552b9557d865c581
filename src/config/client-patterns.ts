import { accepted, type Parsed, type Parser, refused } from '../annotations/parsers.ts';
import { checkPattern } from '../annotations/parsers-http.ts';
import type { MapEntry } from '../model/http-block.ts';

/** Something to compare a request header with. */
export type ClientPattern = MapEntry['key'];

/** The longest text of an exact entry, in bytes: NGINX keeps it in a bucket of a hash table. */
const longest = 400;

/**
 * A list as ingress-nginx puts it into a `map`: texts that have to be equal but for case, and regular expressions behind `~` or `~*`. Commas
 * separate entries; one that holds a comma stands in quotes.
 */
export const clientPatterns: Parser<readonly ClientPattern[]> = (text) => {
  const patterns = new Map<string, ClientPattern>();
  for (const [, found = ''] of text.matchAll(/\s*("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[^,]*)\s*(?:,|$)/gs)) {
    const entry = found.trim();
    if (entry === '') continue;
    const parsed = entryOf(entry);
    if (!parsed.ok) return refused(`${JSON.stringify(entry.slice(0, 60))} is wrong: ${parsed.reason}`);
    patterns.set(keyText(parsed.value), parsed.value);
  }
  return patterns.size === 0 ? refused('the list is empty') : accepted([...patterns.values()]);
};

/** NGINX compares exact texts without regard to case, and takes each of them once. */
function keyText(pattern: ClientPattern): string {
  return 'exact' in pattern ? pattern.exact.toLowerCase() : `~${pattern.ignoreCase}${pattern.pattern}`;
}

function entryOf(entry: string): Parsed<ClientPattern> {
  const [quote = ''] = entry;
  const isQuoted = /^["']$/.test(quote) && entry.length > 1 && entry.endsWith(quote);
  if (/^["']/.test(entry) && !isQuoted) return refused('the quotes are not closed around the whole of it');
  // NGINX reads a backslash before a quote or another backslash as hiding it.
  const text = (isQuoted ? entry.slice(1, -1) : entry).replace(/\\(["'\\])/g, '$1');
  if (text.startsWith('~')) return patternOf(text);
  const exact = text.startsWith('\\') ? text.slice(1) : text;
  if (Buffer.byteLength(exact) > longest) return refused(`it is longer than ${longest} bytes`);
  return accepted({ exact });
}

function patternOf(text: string): Parsed<ClientPattern> {
  const ignoreCase = text.startsWith('~*');
  const pattern = text.slice(ignoreCase ? 2 : 1);
  if (pattern.trim() === '') return refused('there is no regular expression behind the ~');
  if (/\{\d*$/.test(pattern)) return refused('a comma ends the entry; put it in double quotes');
  const checked = checkPattern(pattern);
  return checked.ok ? accepted({ pattern: checked.value, ignoreCase }) : checked;
}
