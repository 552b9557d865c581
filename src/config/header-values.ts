import { headerProblem } from '../annotations/header-names.ts';
import { hasControl } from '../annotations/messages.ts';
import { accepted, headerName, type Parsed, refused } from '../annotations/parsers.ts';
import { joined, variable, type Word } from '../model/directive.ts';
import { clientVariables } from '../model/front.ts';
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
  return known === undefined ? refused(unknown(name, direction)) : accepted(variable(known));
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

/** Left out are also those with line breaks of their own (`ssl_client_cert`), bodies and files (https://nginx.org/en/docs/varindex.html). */
const ofRequests = [
  ...['args', 'connection', 'connection_requests', 'content_length', 'content_type', 'host', 'hostname', 'https', 'is_args', 'msec'],
  ...['nginx_version', 'proxy_add_x_forwarded_for', 'proxy_protocol_addr', 'proxy_protocol_port', 'proxy_protocol_server_addr'],
  ...['proxy_protocol_server_port', 'query_string', 'realip_remote_addr', 'realip_remote_port', 'remote_addr', 'remote_port', 'request'],
  ...['request_id', 'request_length', 'request_method', 'request_time', 'request_uri', 'scheme', 'server_addr', 'server_name'],
  ...['server_port', 'server_protocol', 'ssl_cipher', 'ssl_client_escaped_cert', 'ssl_client_fingerprint', 'ssl_client_i_dn'],
  ...['ssl_client_s_dn', 'ssl_client_serial', 'ssl_client_v_end', 'ssl_client_v_remain', 'ssl_client_v_start', 'ssl_client_verify'],
  ...['ssl_curve', 'ssl_early_data', 'ssl_protocol', 'ssl_session_reused', 'time_iso8601', 'time_local'],
];
const ofResponses = [
  ...['status', 'upstream_addr', 'upstream_cache_status', 'upstream_connect_time', 'upstream_header_time', 'upstream_response_time'],
  'upstream_status',
];
const families: Readonly<Record<Direction, RegExp>> = {
  request: /^(?:http|arg|cookie)_[a-z0-9_]+$/,
  response: /^(?:http|arg|cookie|upstream_http|sent_http)_[a-z0-9_]+$/,
};

/** What ingress-nginx has names of its own for. */
const translated: ReadonlyMap<string, string> = new Map([
  ['best_http_host', 'gatehouse_upstream_host'],
  ['full_x_forwarded_for', clientVariables.forwardedFor],
  ['pass_access_scheme', clientVariables.scheme],
  ['pass_port', clientVariables.port],
  ['pass_server_port', clientVariables.port],
  ['req_id', 'gatehouse_request_id'],
  ['the_real_ip', 'remote_addr'],
]);

/** The names that people may write, besides those of headers, parameters and cookies. */
export const headerVariables: Readonly<Record<Direction, readonly string[]>> = {
  request: [...ofRequests, ...translated.keys()],
  response: [...ofRequests, ...ofResponses, ...translated.keys()],
};

function variableOf(name: string, direction: Direction): string | undefined {
  const isKnown = headerVariables[direction].includes(name) || families[direction].test(name);
  return isKnown ? (translated.get(name) ?? name) : undefined;
}

function unknown(name: string, direction: Direction): string {
  const instead = decoded.get(name);
  if (instead !== undefined) return `what a client writes into $${name} may hold a line break${instead}`;
  const meant = closest(name, headerVariables[direction]);
  const hint =
    meant === undefined ? 'there are $host, $request_uri, $remote_addr, $scheme, $http_NAME and others' : `the nearest is $${meant}`;
  return `$${name.slice(0, 60)} is no variable that may stand in a header; ${hint}`;
}
