import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Parsed, parseConfig } from '../../src/render/nginx-conf-testbed.ts';
import { settings } from '../../src/render/topology-testbed.ts';
import { readCases } from '../kit/cases.ts';

/** Blocks whose lines are data, not directives. */
const tables = new Set(['map', 'geo', 'split_clients', 'types']);

/** What no configuration of ours ever has: each of these reads files, runs code, or opens a way past the routes. */
const never =
  /^(?:include|load_module|alias|root|env|perl.*|js_.*|.*_by_lua.*|lua_.*|autoindex|dav_.*|uwsgi_pass|scgi_pass|memcached_pass|ssi|xslt.*|working_directory|ssl_engine|random_index|try_files|sub_filter.*|post_action)$/;

/** Every directive, with the block that it is in. */
function placesOf(tree: readonly Parsed[], parent = 'main'): readonly string[] {
  return tree.flatMap(({ words: [name = ''], block = [] }) => [`${parent} ${name}`, ...(tables.has(name) ? [] : placesOf(block, name))]);
}

/** The directives that the cases have, in their places: each of those configurations was read by somebody. */
function knownPlaces(): ReadonlySet<string> {
  const texts = readCases().map(({ folder }) => readFileSync(join(folder, 'nginx.conf'), 'utf8'));
  return new Set(texts.flatMap((text) => placesOf(parseConfig(text))));
}

/** What annotations and settings lead to that no case has. */
const alsoKnown = {
  http: 'ignore_invalid_headers proxy_cookie_domain proxy_cookie_path ssl_early_data underscores_in_headers',
  upstream: 'keepalive_time',
  server: 'ssl_ciphers ssl_prefer_server_ciphers',
  location: `fastcgi_buffer_size fastcgi_buffering fastcgi_buffers fastcgi_busy_buffers_size fastcgi_connect_timeout fastcgi_hide_header
    fastcgi_index fastcgi_intercept_errors fastcgi_max_temp_file_size fastcgi_next_upstream fastcgi_next_upstream_timeout
    fastcgi_next_upstream_tries fastcgi_param fastcgi_pass fastcgi_read_timeout fastcgi_request_buffering fastcgi_send_timeout
    grpc_intercept_errors grpc_ssl_certificate grpc_ssl_certificate_key grpc_ssl_ciphers grpc_ssl_name grpc_ssl_protocols
    grpc_ssl_server_name grpc_ssl_trusted_certificate grpc_ssl_verify grpc_ssl_verify_depth proxy_ssl_certificate
    proxy_ssl_certificate_key proxy_ssl_ciphers proxy_ssl_protocols`,
};

const known: ReadonlySet<string> = new Set([
  ...knownPlaces(),
  ...Object.entries(alsoKnown).flatMap(([block, names]) => names.split(/\s+/).map((name) => `${block} ${name}`)),
]);

/** What holds for all hosts may be said for one path as well. */
function isKnown(place: string): boolean {
  return known.has(place) || known.has(place.replace(/^location /, 'http ')) || known.has(place.replace(/^location /, 'server '));
}

/** What was found out of a place before: most configurations have the same ones. */
const judged = new Map<string, boolean>();

function isStrange(place: string): boolean {
  const before = judged.get(place);
  if (before !== undefined) return before;
  const strange = !isKnown(place) || never.test(place.split(' ')[1] ?? '');
  judged.set(place, strange);
  return strange;
}

/** Directives that no case has in this place, and those that must not be anywhere. */
export function unknownDirectives(tree: readonly Parsed[]): readonly string[] {
  const strange = placesOf(withoutNowhere(tree)).filter(isStrange);
  return [...new Set([...strange, ...tableKeywords(tree)])];
}

/** What nobody defined is looked for as a file that cannot be there, so that guards are asked; these very words serve nothing. */
function withoutNowhere(tree: readonly Parsed[]): readonly Parsed[] {
  const isNowhere = tree.some(({ words }) => words.join(' ') === 'try_files /none =404');
  const isOfIt = ({ words: [name, path = ''] }: Parsed) =>
    name === 'try_files' || (name === 'root' && path === `${settings.runDirectory}/files`);
  return tree.filter((one) => !(isNowhere && isOfIt(one))).map((one) => (one.block ? { ...one, block: withoutNowhere(one.block) } : one));
}

/** In a table a bare `include` reads a file. */
function tableKeywords(tree: readonly Parsed[]): readonly string[] {
  return tree.flatMap(({ words: [name = ''], block = [] }) =>
    tables.has(name) ? block.filter(({ words }) => words[0] === 'include').map(() => `${name} include`) : tableKeywords(block),
  );
}

/** Directives whose first argument is a file. */
const namesFile =
  /^(?:ssl_certificate(?:_key)?|ssl_client_certificate|ssl_dhparam|ssl_password_file|ssl_session_ticket_key|auth_basic_user_file|pid|.*_temp_path|.*_cache_path|.*_store|(?:(?:proxy|grpc)_)?ssl_(?:certificate(?:_key)?|trusted_certificate|crl))$/;

/** A file of the run directory, or one that a table of ours chooses. */
const ours = /^(?:\/run\/gatehouse\/(?!.*(?:^|\/)\.\.(?:\/|$))|\$gatehouse_[a-z_0-9]+$|off$)/;
/** Where a log may go: a file that is no file, or a syslog server. */
const logs = /^(?:off|stderr|\/dev\/(?:stdout|stderr|null)|\/proc\/(?:1|self)\/fd\/[12]|syslog:.*)$/;

/** Files outside of the run directory that a configuration names. */
export function foreignFiles(tree: readonly Parsed[]): readonly string[] {
  return tree.flatMap(({ words, block = [] }) => {
    const [name = '', first = ''] = words;
    const isForeign = (namesFile.test(name) && !ours.test(first)) || (/^(?:access|error)_log$/.test(name) && !logs.test(first));
    return [...(isForeign ? [words.join(' ')] : []), ...(tables.has(name) ? [] : foreignFiles(block))];
  });
}

/** The servers of a host, whole. */
export function serversOf(tree: readonly Parsed[], host: string): readonly Parsed[] {
  const http = tree.flatMap(({ words, block = [] }) => (words[0] === 'http' ? block : []));
  const isOf = ({ block = [] }: Parsed) => block.some(({ words }) => words[0] === 'server_name' && words.includes(host));
  return http.filter((one) => one.words[0] === 'server' && isOf(one));
}

/** The directives that a text is in, each as the names of its blocks and its own; `*` is a line of a table. */
export function placesOfText(tree: readonly Parsed[], text: string, around: readonly string[] = []): readonly string[] {
  return tree.flatMap(({ words, block = [] }) => {
    const here = [...around, tables.has(around.at(-1) ?? '') ? '*' : (words[0] ?? '')];
    return [...(words.some((word) => word.includes(text)) ? [here.join(' ')] : []), ...placesOfText(block, text, here)];
  });
}
