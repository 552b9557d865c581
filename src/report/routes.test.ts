import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Location, Server, Topology } from '../model/routing.ts';
import { curlLines, routesOf, routesTable } from './routes.ts';

const object = { kind: 'Ingress', namespace: 'default', name: 'web' };

function location(path: string, kind: 'exact' | 'prefix' = 'prefix', httpsRedirect = false): Location {
  return { match: { kind, path }, origin: { object, field: '' }, directives: [], target: { kind: 'proxy', upstream: 'a' }, httpsRedirect };
}

function server(name: Server['name'], locations: readonly Location[]): Server {
  return { name, origins: [], directives: [], locations };
}

const topology: Topology = {
  http: [],
  streams: [],
  upstreams: [
    {
      id: 'a',
      service: { kind: 'Service', namespace: 'default', name: 'app' },
      port: '80',
      resolution: { kind: 'SRV' },
      ipv6: false,
      balancing: { kind: 'round_robin' },
    },
  ],
  servers: [
    server({ kind: 'default' }, [
      { match: { kind: 'prefix', path: '/' }, directives: [], target: { kind: 'answer', status: 404 }, httpsRedirect: false },
    ]),
    server({ kind: 'exact', host: 'a.test' }, [location("/it's here", 'exact'), location('/')]),
    server({ kind: 'wildcard', suffix: 'b.test' }, [location('/', 'prefix', true)]),
  ],
};

test('the table has what Ingresses asked for, with the Service behind it', () => {
  assert.equal(
    routesTable(routesOf(topology), 20),
    [
      '  HOST      PATH        TYPE    SERVICE         INGRESS',
      "  a.test    /it's here  Exact   default/app:80  default/web",
      '  a.test    /           Prefix  default/app:80  default/web',
      '  *.b.test  /           Prefix  default/app:80  default/web',
    ].join('\n'),
  );
});

test('a long table is cut, and says so', () => {
  assert.match(routesTable(routesOf(topology), 1), /\n {2}… and 2 more$/);
});

test('curl lines can be pasted: the path is encoded and quoted, a wildcard gets a label, TLS hosts are asked by https', () => {
  assert.deepEqual(curlLines(routesOf(topology), { http: 8080, https: 8443 }, 5), [
    "curl --resolve a.test:8080:127.0.0.1 http://a.test:8080'/it'\\''s%20here'",
    'curl --insecure --resolve any.b.test:8443:127.0.0.1 https://any.b.test:8443/',
  ]);
});
