import { type Directive, directive, joined, variable, type Word } from '../model/directive.ts';
import type { Base, Location, Protocol } from '../model/routing.ts';
import { byName, headerLines, noHeaders, responseHeaderLines } from './headers.ts';
import { printDirective, withFiles } from './quote.ts';

/** How NGINX sends a request on, by the protocol that the backend speaks. */
interface Dialect {
  /** What the names of its directives begin with. */
  readonly family: 'proxy' | 'grpc' | 'fastcgi';
  readonly pass: (upstream: string) => string;
}

const dialects: Readonly<Record<Protocol, Dialect>> = {
  http: { family: 'proxy', pass: (upstream) => `proxy_pass http://${upstream};` },
  https: { family: 'proxy', pass: (upstream) => `proxy_pass https://${upstream};` },
  auto: { family: 'proxy', pass: (upstream) => `proxy_pass $scheme://${upstream};` },
  grpc: { family: 'grpc', pass: (upstream) => `grpc_pass grpc://${upstream};` },
  grpcs: { family: 'grpc', pass: (upstream) => `grpc_pass grpcs://${upstream};` },
  fastcgi: { family: 'fastcgi', pass: (upstream) => `fastcgi_pass ${upstream};` },
};

/** The line that sends requests to an upstream. */
export function passLine(protocol: Protocol = 'http', upstream: string): string {
  return dialects[protocol].pass(upstream);
}

/** What is known of all hosts where the lines of a location are printed. */
export interface PassContext {
  readonly base: Base;
  /** The directives at the level `http`. */
  readonly http: readonly Directive[];
  readonly files: string;
}

/**
 * The settings and headers of a location. NGINX has a set of directives for each protocol; those of the level above are written for http, so
 * for gRPC and FastCGI they are said once more in their words.
 */
export function settingLines({ protocol = 'http', directives, headers = noHeaders }: Location, context: PassContext): readonly string[] {
  const { family } = dialects[protocol];
  const print = (list: readonly Directive[]) => list.map((one) => printDirective(withFiles(one, context.files)));
  if (family === 'proxy') return [...print(directives), ...headerLines(context.base.headers, headers)];
  const { base, http } = context;
  const inherited = http.filter(({ name }) => name.startsWith('proxy_') && !directives.some((own) => own.name === name));
  const request = byName(base.headers.request, headers.request);
  const hidden = [...new Set([...base.headers.hidden, ...headers.hidden])];
  return [
    ...print(withParameters(translated([...inherited, ...directives], family), request, family)),
    ...hidden.map((name) => printDirective(directive(`${family}_hide_header`, name))),
    ...responseHeaderLines(headers.response.length === 0 ? [] : byName(base.headers.response, headers.response)),
  ];
}

/** What the protocol knows of a request: headers of gRPC, parameters of FastCGI. Of one name the last that is said counts. */
function withParameters(
  directives: readonly Directive[],
  request: Base['headers']['request'],
  family: 'grpc' | 'fastcgi',
): readonly Directive[] {
  const headers = request.filter(({ name }) => !/^(?:upgrade|connection|host)$/i.test(name) || (family === 'grpc' && /^host$/i.test(name)));
  if (family === 'grpc') return [...directives, ...headers.map(({ name, value }) => directive('grpc_set_header', name, value))];
  const parameters = new Map<string, Directive>();
  const add = (one: Directive) => parameters.set(JSON.stringify(one.args[0]), one);
  for (const [name, ...value] of requestParameters) add(directive('fastcgi_param', name, ...value));
  for (const { name, value } of headers) add(directive('fastcgi_param', `HTTP_${name.toUpperCase().replaceAll('-', '_')}`, value));
  for (const one of directives.filter(({ name }) => name === 'fastcgi_param')) add(one);
  return [...directives.filter(({ name }) => name !== 'fastcgi_param'), ...parameters.values()];
}

/** The CGI variables of RFC 3875, and those that FastCGI applications expect of NGINX. */
const requestParameters: readonly (readonly [string, ...(string | Word)[]])[] = [
  ['QUERY_STRING', variable('query_string')],
  ['REQUEST_METHOD', variable('request_method')],
  ['CONTENT_TYPE', variable('content_type')],
  ['CONTENT_LENGTH', variable('content_length')],
  ['SCRIPT_NAME', variable('fastcgi_script_name')],
  ['REQUEST_URI', variable('request_uri')],
  ['DOCUMENT_URI', variable('document_uri')],
  ['DOCUMENT_ROOT', variable('document_root')],
  ['SERVER_PROTOCOL', variable('server_protocol')],
  ['REQUEST_SCHEME', variable('scheme')],
  ['HTTPS', variable('https'), 'if_not_empty'],
  ['GATEWAY_INTERFACE', 'CGI/1.1'],
  ['SERVER_SOFTWARE', joined('nginx/', variable('nginx_version'))],
  ['REMOTE_ADDR', variable('remote_addr')],
  ['REMOTE_PORT', variable('remote_port')],
  ['SERVER_ADDR', variable('server_addr')],
  ['SERVER_PORT', variable('server_port')],
  ['SERVER_NAME', variable('server_name')],
  ['REDIRECT_STATUS', '200'],
];

const common = ['connect_timeout', 'send_timeout', 'read_timeout', 'next_upstream', 'next_upstream_timeout', 'next_upstream_tries'];

/** The directives of the proxy module that have a sister in another module, without what their names begin with. */
const sisters: Readonly<Record<'grpc' | 'fastcgi', ReadonlySet<string>>> = {
  grpc: new Set([
    ...[...common, 'buffer_size', 'intercept_errors', 'socket_keepalive'],
    ...['ssl_certificate', 'ssl_certificate_key', 'ssl_trusted_certificate', 'ssl_verify', 'ssl_verify_depth', 'ssl_crl'],
    ...['ssl_ciphers', 'ssl_name', 'ssl_protocols', 'ssl_server_name', 'ssl_session_reuse'],
  ]),
  fastcgi: new Set([
    ...[...common, 'buffering', 'buffers', 'buffer_size', 'busy_buffers_size', 'max_temp_file_size', 'request_buffering'],
    ...['intercept_errors', 'socket_keepalive', 'limit_rate'],
  ]),
};

/** What has no sister has no meaning there. */
function translated(directives: readonly Directive[], family: 'grpc' | 'fastcgi'): readonly Directive[] {
  return directives.flatMap(({ name, args }) => {
    if (!name.startsWith('proxy_')) return [{ name, args }];
    const rest = name.slice('proxy_'.length);
    if (!sisters[family].has(rest)) return [];
    return [{ name: `${family}_${rest}`, args: family === 'fastcgi' && rest === 'next_upstream' ? knownToFastCgi(args) : args }];
  });
}

/** NGINX knows two reasons fewer there (https://nginx.org/en/docs/http/ngx_http_fastcgi_module.html#fastcgi_next_upstream). */
function knownToFastCgi(reasons: Directive['args']): Directive['args'] {
  const known = reasons.filter((reason) => !('text' in reason && /^http_50[24]$/.test(reason.text)));
  return known.length > 0 ? known : [{ text: 'off' }];
}

function withoutEndpoints(next: string) {
  return { condition: `${next} = gatehouse_unavailable`, lines: ['return 503;'] };
}

/** What NGINX does with a 502 of its own: the pages for plain backends speak http alone, so for others the answer is given at once; so is that which a stand-in takes over. */
export function failureAnswers(
  protocol: Protocol = 'http',
  next: string,
  hasStandIn = false,
): readonly { readonly condition: string; readonly lines: readonly string[] }[] {
  if (protocol === 'http') return hasStandIn ? [withoutEndpoints(next)] : [];
  return [withoutEndpoints(next), { condition: `${next} = gatehouse_broken`, lines: ['return 502;'] }];
}
