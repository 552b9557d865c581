import { type Directive, directive, joined, variable, type Word } from '../model/directive.ts';
import { clientVariables } from '../model/front.ts';
import type { HttpBlock } from '../model/http-block.ts';
import type { Headers, RequestHeader, SideLocation, UpstreamSettings } from '../model/routing.ts';
import { type CacheDuration, cacheDirectives } from './auth-cache.ts';
import { authorities } from './auth-certificates.ts';
import { signinPage } from './auth-signin.ts';
import type { AuthUrl, SigninUrl } from './auth-url.ts';
import type { Contribution, LiveFile } from './contribution.ts';
import type { FeatureContext, Keys } from './define.ts';
import { authAccessLog } from './global-auth-keys.ts';
import { hasControl } from './messages.ts';
import { accepted, headerName, type ObjectName, type Parsed, refused } from './parsers.ts';
import { type RequestTemplate, requestTemplate, templateWord } from './request-template.ts';

/** A service that is asked whether a request may pass, whoever says so. */
export interface AuthService {
  readonly url: AuthUrl;
  readonly method?: string | undefined;
  readonly signin?: SigninUrl | undefined;
  readonly signinParameter: string;
  /** Headers of its answer that the backend gets. */
  readonly responseHeaders: readonly string[];
  readonly requestRedirect?: string | undefined;
  readonly cacheKey?: RequestTemplate | undefined;
  readonly cacheDurations: readonly CacheDuration[];
  readonly alwaysSetCookie: boolean;
  /** Names the ConfigMap with further headers of the question. */
  readonly setHeaders?: ObjectName | undefined;
  readonly upstream?: UpstreamSettings | undefined;
}

/** The keys that what is wrong is said of. */
export interface AuthKeys {
  readonly url: string;
  readonly setHeaders: string;
}

type Context = FeatureContext<Keys>;

/** Has a service asked about each request of a place; what it says about the client goes to the backend, in place of what the client says. */
export function askedService(service: AuthService, context: Context, keys: AuthKeys): Contribution {
  const host = hostOf(service.url, context);
  const target = host.ok ? context.host(host.value, service.url.port, service.upstream) : host;
  if (!host.ok || !target.ok) return { deny: { key: keys.url, reason: target.ok ? '' : target.reason } };
  const further = furtherHeaders(service.setHeaders, context);
  if (!further.ok) return { deny: { key: keys.setHeaders, reason: further.reason } };
  const tls = service.url.scheme === 'https' ? authorities(host.value, context) : accepted({ directives: [], files: [] });
  if (!tls.ok) return { deny: { key: keys.url, reason: tls.reason } };
  const question = questionOf(
    service,
    { host: host.value, upstream: target.value.upstream, further: further.value, tls: tls.value },
    context,
  );
  const page = service.signin && signinPage(service.signin, service.signinParameter, context);
  return {
    directives: [directive('auth_request', question.side.name), ...passedOn(service, context).directives],
    headers: passedOn(service, context).headers,
    side: [question.side, ...(page ? [page.side] : [])],
    ...(page ? { errorPages: [{ statuses: [401], side: page.side.name, isFirst: true }] } : {}),
    http: [...question.blocks, ...further.value.blocks, ...(page?.blocks ?? [])],
    files: tls.value.files,
  };
}

/** A name can only be looked up when the configuration is made. */
function hostOf({ host }: AuthUrl, { place }: Context): Parsed<string> {
  if (host !== 'own') return accepted(host.name);
  if (place.host === '' || place.host.startsWith('*'))
    return refused('$host is only known where the rule has one host; write the name of the host');
  return accepted(place.host);
}

/** What the auth service says of the client. A header that it does not send is deleted, so that nobody can forge it. */
function passedOn(
  { responseHeaders, alwaysSetCookie }: AuthService,
  { unique }: Context,
): { readonly directives: readonly Directive[]; readonly headers: Partial<Headers> } {
  const cookie = 'gatehouse_auth_cookie';
  const names = [...new Map(responseHeaders.map((name) => [name.toLowerCase(), name])).values()];
  const known = names.map((name) => ({ name, from: name.toLowerCase().replaceAll('-', '_'), to: unique('auth', name.toLowerCase()) }));
  return {
    directives: [
      directive('auth_request_set', variable(cookie), variable('upstream_http_set_cookie')),
      ...known.map(({ from, to }) => directive('auth_request_set', variable(to), variable(`upstream_http_${from}`))),
    ],
    headers: {
      request: known.map(({ name, to }) => ({ name, value: variable(to) })),
      response: [{ name: 'Set-Cookie', value: variable(cookie), always: alwaysSetCookie }],
    },
  };
}

interface Further {
  readonly headers: readonly RequestHeader[];
  readonly blocks: readonly HttpBlock[];
}

/** Headers without which a request is no request. */
export const unchangeable = /^(?:connection|content-length|expect|keep-alive|te|trailer|transfer-encoding|upgrade)$/i;

function furtherHeaders(name: ObjectName | undefined, context: Context): Parsed<Further> {
  if (!name) return accepted({ headers: [], blocks: [] });
  const found = context.configMap(name);
  if (!found.ok) return found;
  const headers: RequestHeader[] = [];
  const blocks: HttpBlock[] = [];
  for (const [key, text] of Object.entries(found.value.data).sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (!headerName(key).ok || unchangeable.test(key))
      return refused(`${JSON.stringify(key)} in the ConfigMap is no header that may be set`);
    const value = hasControl(text.trim()) ? refused('it has a line break') : requestTemplate(text.trim(), 'question');
    if (!value.ok) return refused(`the value of ${key} in the ConfigMap cannot be sent: ${value.reason}`);
    const { word, blocks: own } = templateWord(value.value, context, 'header');
    headers.push({ name: key, value: word });
    blocks.push(...own);
  }
  return accepted({ headers, blocks });
}

interface Found {
  readonly host: string;
  readonly upstream: string;
  readonly further: Further;
  readonly tls: { readonly directives: readonly Directive[]; readonly files: readonly LiveFile[] };
}

/** The question goes out without the body of the request. */
function questionOf(service: AuthService, { host, upstream, further, tls }: Found, context: Context) {
  const { url, method, cacheKey, cacheDurations } = service;
  const { word: uri, blocks } = templateWord(url.uri, context, 'line');
  const headers = byName([...questionHeaders(service, host), ...further.headers]);
  const parts = JSON.stringify([
    url.scheme,
    uri,
    upstream,
    method,
    headers,
    tls.directives,
    cacheKey && [context.place.host, context.place.path, context.place.pathType, cacheKey, cacheDurations],
  ]);
  const name = `/${context.unique('auth', parts)}`;
  const cache = cacheKey && cacheDirectives({ key: cacheKey, durations: cacheDurations, place: name }, context);
  const side: SideLocation = {
    name,
    origin: { object: context.ingress, field: 'metadata.annotations' },
    directives: [
      directive('client_max_body_size', '0'),
      ...(context.config(authAccessLog) ? [directive('log_subrequest', 'on')] : []),
      ...(method === undefined ? [] : [directive('proxy_method', method)]),
      directive('proxy_pass_request_body', 'off'),
      directive('proxy_intercept_errors', 'off'),
      ...buffers,
      ...tls.directives,
      ...(cache?.directives ?? []),
    ],
    headers: { request: headers, response: [], hidden: [] },
    bare: true,
    target: { kind: 'question', scheme: url.scheme, upstream, uri },
  };
  return { side, blocks: [...blocks, ...(cache?.blocks ?? [])] };
}

/** Answers with cookies of a few kilobytes are usual. */
const buffers = [
  directive('proxy_buffering', 'on'),
  directive('proxy_buffer_size', '32k'),
  directive('proxy_buffers', '4', '32k'),
  directive('proxy_busy_buffers_size', '64k'),
];

/** As in ingress-nginx; all other headers are the client's. */
function questionHeaders({ method, requestRedirect }: AuthService, host: string): readonly RequestHeader[] {
  const original: Word = joined(variable(clientVariables.scheme), '://', variable(clientVariables.host), variable('request_uri'));
  return [
    { name: 'Host', value: { text: host } },
    { name: 'Content-Length', value: { text: '' } },
    { name: 'Connection', value: { text: '' } },
    { name: 'X-Forwarded-Proto', value: { text: '' } },
    { name: 'X-Request-ID', value: variable('gatehouse_request_id') },
    ...(method === undefined
      ? []
      : [
          { name: 'X-Original-URI', value: variable('request_uri') },
          { name: 'X-Scheme', value: variable(clientVariables.scheme) },
        ]),
    { name: 'X-Original-URL', value: original },
    { name: 'X-Original-Method', value: variable('request_method') },
    { name: 'X-Sent-From', value: { text: 'nginx-ingress-controller' } },
    { name: 'X-Real-IP', value: variable('remote_addr') },
    { name: 'X-Forwarded-For', value: variable(clientVariables.forwardedFor) },
    { name: 'X-Auth-Request-Redirect', value: requestRedirect === undefined ? variable('request_uri') : { text: requestRedirect } },
  ];
}

/** Of one name, whatever its case, the last one holds. */
function byName(headers: readonly RequestHeader[]): readonly RequestHeader[] {
  return [...new Map(headers.map((one) => [one.name.toLowerCase(), one])).values()];
}
