import { headerProblem } from '../annotations/header-names.ts';
import { hasControl } from '../annotations/messages.ts';
import { accepted, headerName, type Parsed, refused } from '../annotations/parsers.ts';
import { variableNames, variableOf } from '../annotations/variables.ts';
import { joined, variable, type Word } from '../model/directive.ts';
import { closest } from '../model/suggestions.ts';

/** Whether headers go to backends or to clients. */
export type Direction = 'request' | 'response';

/** One header of a ConfigMap. */
export interface HeaderValue {
  readonly name: string;
  readonly value: Word;
  /** Whether the value is the empty text, which removes the header. */
  readonly isEmpty: boolean;
}

/** What a ConfigMap of headers says, and why some of it cannot be used; `reason` begins in lower case. */
export interface HeaderValues {
  readonly headers: readonly HeaderValue[];
  readonly problems: readonly { readonly name: string; readonly reason: string }[];
}

/** Reads a ConfigMap of headers: names to values. One that cannot be used is left out; the others hold. */
export function readHeaders(data: Readonly<Record<string, string>>, direction: Direction): HeaderValues {
  const known = new Map<string, string>();
  const headers: HeaderValue[] = [];
  const problems: { name: string; reason: string }[] = [];
  for (const [name, text] of Object.entries(data)) {
    const earlier = known.get(name.toLowerCase());
    const value = earlier === undefined ? headerOf(name, text.trim(), direction) : refused(`it is there already as ${earlier}`);
    known.set(name.toLowerCase(), earlier ?? name);
    if (value.ok) headers.push({ name, value: value.value, isEmpty: text.trim() === '' });
    else problems.push({ name, reason: value.reason });
  }
  return { headers, problems };
}

function headerOf(name: string, text: string, direction: Direction): Parsed<Word> {
  const parsed = headerName(name);
  if (!parsed.ok) return refused(`the name of a header has at most 64 letters, digits, - and _`);
  const problem = headerProblem(name, direction);
  return problem === undefined ? headerValue(text, direction) : refused(problem);
}

/** The longest value, as NGINX reads it in a configuration; one that is longer would stop the whole file. */
const longest = 3900;

/**
 * The value of a header: text, with `$name` or `${name}` for what NGINX knows of a request. A variable that is not known to be harmless is
 * refused: NGINX would refuse the whole configuration for one that does not exist, and some hold line breaks that a client chooses.
 */
export function headerValue(text: string, direction: Direction): Parsed<Word> {
  if (hasControl(text)) return refused('the value contains a line break or another control character');
  const words: Word[] = [];
  for (const [piece, bare, braced] of text.matchAll(/\$(?:(\w+)|\{(\w*)\})|\$|[^$]+/g)) {
    const word = wordOf(piece, (bare ?? braced)?.toLowerCase(), direction);
    if (!word.ok) return word;
    words.push(word.value);
  }
  const size = words.reduce((sum, word) => sum + sizeOf(word), 2);
  if (size > longest) return refused(`the value takes ${size} bytes in the configuration of NGINX, and at most ${longest} are taken`);
  const [first = { text: '' }, ...more] = words;
  return accepted(more.length === 0 ? first : joined(...words));
}

function wordOf(piece: string, name: string | undefined, direction: Direction): Parsed<Word> {
  if (piece === '$') return refused('a $ in the value has to have the name of a variable behind it, such as $host');
  if (name === undefined) return accepted({ text: piece });
  const known = variableOf(name, direction);
  return known ? accepted(variable(known.name)) : refused(unknown(name, direction));
}

function sizeOf(word: Word): number {
  if ('variable' in word) return word.variable.length + 3;
  return 'text' in word ? Buffer.byteLength(word.text) + (word.text.match(/["\\]/g)?.length ?? 0) : 0;
}

/** Variables that NGINX decodes, so that a client can put a line break there, and what may stand in their place. */
const decoded: ReadonlyMap<string, string> = new Map([
  ['uri', '; take $request_uri'],
  ['document_uri', '; take $request_uri'],
  ['ssl_server_name', '; take $host'],
  ['remote_user', ''],
]);

function unknown(name: string, direction: Direction): string {
  const instead = decoded.get(name);
  if (instead !== undefined) return `what a client writes into $${name} may hold a line break${instead}`;
  const meant = closest(name, variableNames(direction));
  const hint =
    meant === undefined ? 'there are $host, $request_uri, $remote_addr, $scheme, $http_NAME and others' : `the nearest is $${meant}`;
  return `$${name.slice(0, 60)} is no variable that may stand in a header; ${hint}`;
}
