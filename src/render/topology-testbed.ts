import { directive } from '../model/directive.ts';
import type { Location, Origin, PathMatch, Server, ServerName, Topology, Upstream } from '../model/routing.ts';
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

/** A bit of everything that a topology can hold. */
export const small: Topology = {
  ...topology(
    [
      server({ kind: 'default' }, [location(prefix('/'), 404)]),
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
        { certificate: '0123456789abcdef', origins: [shop('spec.rules[0]')], directives: [directive('server_tokens', 'off')] },
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
    ],
  ),
  http: [directive('gzip', 'on')],
};
