import { directive, joined, variable } from '../model/directive.ts';
import { noFront } from '../model/front.ts';
import type { Base, Location, Origin, PathMatch, Server, ServerName, Stream, Topology, Upstream } from '../model/routing.ts';
import type { NginxSettings } from '../model/settings.ts';

/** The installation of tests. */
export const settings: NginxSettings = {
  httpPort: 8080,
  httpsPort: 8443,
  ipv6: true,
  runDirectory: '/run/gatehouse',
  workerProcesses: 2,
  resolverPorts: [20001, 20002],
  accessLog: 'off',
};

/** Names an Ingress and one of its fields. */
export function origin(name: string, field: string): Origin {
  return { object: { kind: 'Ingress', namespace: 'default', name }, field };
}

export function exact(path: string): PathMatch {
  return { kind: 'exact', path };
}

export function prefix(path: string): PathMatch {
  return { kind: 'prefix', path };
}

/** A location that sends requests to an upstream, or answers with a status. */
export function location(match: PathMatch, to: string | number, more: Partial<Location> = {}): Location {
  const target = typeof to === 'string' ? ({ kind: 'proxy', upstream: to } as const) : ({ kind: 'answer', status: to } as const);
  return { match, directives: [], target, httpsRedirect: false, ...more };
}

export function server(name: ServerName, locations: readonly Location[], more: Partial<Server> = {}): Server {
  return { name, origins: [], directives: [], locations, ...more };
}

export function upstream(id: string, more: Partial<Upstream> = {}): Upstream {
  return {
    id,
    service: { kind: 'Service', namespace: 'default', name: 'web' },
    port: '80',
    resolution: { kind: 'A', port: 8080 },
    ipv6: false,
    balancing: { kind: 'round_robin' },
    ...more,
  };
}

export function topology(servers: readonly Server[], upstreams: readonly Upstream[] = []): Topology {
  return { http: [], servers, upstreams, streams: [] };
}

const shop = (field: string) => origin('shop', field);

const hsts = 'Strict-Transport-Security';

/** Settings of every kind. */
export const base: Base = {
  main: [directive('error_log', 'stderr', 'notice'), directive('worker_shutdown_timeout', '240s')],
  events: [directive('worker_connections', '1024')],
  upstream: [directive('keepalive', '32')],
  stream: [directive('proxy_timeout', '10m'), directive('proxy_responses', '1')],
  front: { ...noFront, trusted: ['10.0.0.0/8', 'fd00::/8'] },
  blocks: [
    {
      kind: 'map',
      name: 'gatehouse_hsts',
      source: variable('https'),
      entries: [
        { key: { exact: 'on' }, value: { text: 'max-age=1' } },
        { key: { pattern: '^o(.)$', ignoreCase: true }, value: joined('is ', variable('1')) },
      ],
      default: { text: '' },
    },
    { kind: 'geo', name: 'gatehouse_inside', entries: [{ network: '10.0.0.0/8', value: '1' }], default: '' },
    {
      kind: 'split_clients',
      name: 'gatehouse_share',
      source: variable('request_id'),
      parts: [{ hundredths: 1250, value: 'some' }],
      default: 'rest',
    },
    { kind: 'zone', name: 'z', directive: directive('limit_req_zone', variable('binary_remote_addr'), 'zone=z:1m', 'rate=1r/s') },
  ],
  headers: {
    request: [
      { name: 'Host', value: variable('host') },
      { name: 'Proxy', value: { text: '' } },
    ],
    response: [{ name: hsts, value: variable('gatehouse_hsts'), always: true }],
    hidden: [hsts],
  },
};

/** A host with regular expressions, other names, and locations that use every verb. */
const busy = server(
  { kind: 'exact', host: 'busy.example.com' },
  [
    location(prefix('/'), 404, { directives: [directive('deny', 'all')], httpsRedirect: true }),
    location(exact('/'), 302, { target: { kind: 'answer', status: 302, location: joined(variable('scheme'), '://busy.example.com/app') } }),
    location(exact('/slash/'), '1111111111', { httpsRedirect: true }),
    location({ kind: 'regex', path: '/app(/|$)(.*)' }, '1111111111', {
      origin: shop('spec.rules[3].http.paths[0]'),
      rewrite: { pattern: '(?i)/app(/|$)(.*)', to: joined('/', variable('2')) },
      headers: {
        request: [{ name: 'host', value: { text: 'inside' } }],
        response: [{ name: 'X-Own', value: { text: 'own' }, always: false }],
        hidden: ['X-Backend'],
      },
      answers: [
        {
          variable: 'gatehouse_inside',
          answer: { kind: 'answer', status: 204 },
          headers: [{ name: 'X-More', value: { text: '1' }, always: true }],
        },
      ],
      errorPages: [{ statuses: [404, 502], side: '@gatehouse_errors' }],
      directives: [
        directive('auth_basic', 'who are you'),
        directive('auth_basic_user_file', { file: '0123456789abcdef' }),
        directive('proxy_read_timeout', '9s'),
      ],
      httpsRedirect: true,
      redirect: { status: 301, keepSlash: true, withPort: true, forced: true },
    }),
    location(prefix('/plain.html'), '2222222222', { httpsRedirect: true }),
  ],
  {
    origins: [shop('spec.rules[3]')],
    certificate: '0011223344556677',
    aliases: [
      { name: { kind: 'exact', host: 'covered.example.com' }, covered: true },
      { name: { kind: 'suffix', suffix: 'many.example.com' }, covered: false },
      { name: { kind: 'pattern', pattern: '^v[0-9]+\\.example\\.com$' }, covered: false },
    ],
    sides: [
      {
        name: '@gatehouse_errors',
        origin: shop('metadata.annotations'),
        directives: [directive('proxy_read_timeout', '1s')],
        headers: { request: [{ name: 'X-Code', value: variable('status') }], response: [], hidden: [] },
        target: { kind: 'proxy', upstream: '2222222222' },
      },
      {
        name: '/gatehouse_ask',
        directives: [],
        bare: true,
        headers: { request: [{ name: 'Host', value: { text: 'auth.example.com' } }], response: [], hidden: [] },
        target: { kind: 'url', url: { text: 'http://127.0.0.1:9/ask' } },
      },
    ],
  },
);

/** A port that is passed on; TCP, and without the PROXY protocol. */
export function stream(port: number, more: Partial<Stream> = {}): Stream {
  const protocol = more.protocol ?? 'TCP';
  const object = { kind: 'ConfigMap', namespace: 'infra', name: protocol.toLowerCase() };
  const origin = { object, field: `data["${port}"]` };
  return { port, protocol, upstream: '4444444444', origin, acceptsProxy: false, sendsProxy: false, ...more };
}

/** A bit of everything that a topology can hold. */
export const small: Topology = {
  ...topology(
    [
      server({ kind: 'default' }, [location(prefix('/'), 404)]),
      busy,
      server(
        { kind: 'exact', host: 'mixed.example.com' },
        [
          location(prefix('/'), 404, { httpsRedirect: true, directives: [directive('client_max_body_size', '9m')] }),
          location(prefix('/plain'), '2222222222', { origin: shop('spec.rules[1].http.paths[0]') }),
        ],
        { origins: [shop('spec.rules[1]'), origin('other', 'spec.rules[0]')] },
      ),
      server(
        { kind: 'exact', host: 'shop.example.com' },
        [
          location(exact('/cart/'), '1111111111', { origin: shop('spec.rules[0].http.paths[1]'), httpsRedirect: true }),
          location(prefix('/'), '1111111111', {
            origin: shop('spec.rules[0].http.paths[0]'),
            httpsRedirect: true,
            directives: [directive('client_max_body_size', '8m')],
          }),
          location(prefix('/a b'), 503, { origin: shop('spec.rules[0].http.paths[2]'), httpsRedirect: true }),
        ],
        {
          certificate: '0123456789abcdef',
          origins: [shop('spec.rules[0]')],
          directives: [directive('server_tokens', 'off')],
          answers: [{ variable: 'gatehouse_inside', answer: { kind: 'answer', status: 403, body: 'not "you"' }, headers: [] }],
          headers: { request: [{ name: 'X-Of-Server', value: { text: 'yes' } }], response: [], hidden: [] },
        },
      ),
      server(
        { kind: 'wildcard', suffix: 'example.com' },
        [location(prefix('/'), '2222222222', { origin: shop('spec.rules[2].http.paths[0]') })],
        {
          certificate: 'fedcba9876543210',
          origins: [shop('spec.rules[2]')],
        },
      ),
    ],
    [
      upstream('1111111111', { service: { kind: 'Service', namespace: 'default', name: 'shop' } }),
      upstream('2222222222', { resolution: { kind: 'SRV' }, ipv6: true, balancing: { kind: 'client_ip' }, port: 'http' }),
      upstream('3333333333', { directives: [directive('least_conn')], ipv6: true }),
    ],
  ),
  base,
  http: [directive('gzip', 'on')],
  streams: [
    stream(53, { protocol: 'UDP', upstream: '5555555555' }),
    stream(5432),
    stream(5433, { acceptsProxy: true }),
    stream(5434, { acceptsProxy: true, sendsProxy: true }),
  ],
  streamUpstreams: [
    upstream('4444444444', { service: { kind: 'Service', namespace: 'data', name: 'postgres' }, port: '5432' }),
    upstream('5555555555', { resolution: { kind: 'SRV' }, ipv6: true, balancing: { kind: 'client_ip' }, port: '53' }),
  ],
};

/** The same with hosts whose TLS is passed on. */
export const passedOn: Topology = {
  ...small,
  passthrough: [
    { name: { kind: 'exact', host: 'raw.example.com' }, upstream: '4444444444', origin: shop('spec.rules[7].http.paths[0]') },
    { name: { kind: 'wildcard', suffix: 'raw.example.com' }, upstream: '4444444444', origin: shop('spec.rules[8].http.paths[0]') },
  ],
};
