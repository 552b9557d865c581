import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Location, PathMatch, Server, ServerName, Topology, Upstream } from '../model/routing.ts';
import { bridgeTopology } from './bridge.ts';

const exactName = (host: string): ServerName => ({ kind: 'exact', host });
const wildcard: ServerName = { kind: 'wildcard', suffix: 'example.com' };
const others: ServerName = { kind: 'default' };

function upstream(id: string): Upstream {
  const service = { kind: 'Service', namespace: 'default', name: id };
  return { id, service, port: '80', resolution: { kind: 'A', port: 8080 }, ipv6: false, balancing: { kind: 'round_robin' } };
}

/** `/a`: a prefix; `= /a`: exact. The value is an upstream, or a status. */
function locations(routes: Readonly<Record<string, string | number>>): readonly Location[] {
  return Object.entries(routes).map(([path, to]) => {
    const match: PathMatch = path.startsWith('= ') ? { kind: 'exact', path: path.slice(2) } : { kind: 'prefix', path };
    const target = typeof to === 'string' ? ({ kind: 'proxy', upstream: to } as const) : ({ kind: 'answer', status: to } as const);
    return { match, directives: [], target, httpsRedirect: false };
  });
}

type Routes = readonly (readonly [ServerName, Readonly<Record<string, string | number>>])[];

function topology(routes: Routes): Topology {
  const servers: readonly Server[] = routes.map(([name, paths]) => ({ name, origins: [], directives: [], locations: locations(paths) }));
  const ids = new Set(routes.flatMap(([, paths]) => Object.values(paths).filter((to) => typeof to === 'string')));
  return { http: [], servers, upstreams: [...ids].sort().map(upstream), streams: [] };
}

const nobody = [others, { '/': 404 }] as const;
const shop = exactName('shop.example.com');

const tables: readonly (readonly [string, Routes, Routes])[] = [
  ['a path that goes to a Service that is new', [[shop, { '/': 'old' }]], [[shop, { '/': 'new' }]]],
  ['one of several paths', [[shop, { '/': 'old', '/a': 'a' }]], [[shop, { '/': 'old', '/a': 'new' }]]],
  ['a new path below a prefix that is served', [[shop, { '/': 'old' }]], [[shop, { '/': 'old', '/a/b': 'new' }]]],
  ['a new exact path below a prefix', [[shop, { '/a': 'old', '/': 404 }]], [[shop, { '/a': 'old', '/': 404, '= /a/b': 'new' }]]],
  [
    'a new host below a wildcard that is served',
    [[wildcard, { '/': 'old' }]],
    [
      [wildcard, { '/': 'old' }],
      [shop, { '/': 'new' }],
    ],
  ],
  [
    'a new host where all hosts are served',
    [[others, { '/': 'old' }]],
    [
      [others, { '/': 'old' }],
      [shop, { '/': 'new' }],
    ],
  ],
];

for (const [name, before, next] of tables) {
  test(`${name}: first the old routes with the new upstream`, () => {
    const old = topology(before);
    const bridge = bridgeTopology(old, topology(next));
    const ids = [...old.upstreams.map(({ id }) => id), 'new'].sort();
    assert.deepEqual(bridge, { ...old, upstreams: ids.map(upstream) });
  });
}

const none: readonly (readonly [string, Routes, Routes])[] = [
  ['nothing changed', [[shop, { '/': 'old' }]], [[shop, { '/': 'old' }]]],
  ['a new host', [nobody], [nobody, [shop, { '/': 'new' }]]],
  ['a new host below another wildcard', [[wildcard, { '/': 'old' }], nobody], [nobody, [exactName('a.b.example.com'), { '/': 'new' }]]],
  ['a new path where nothing is served', [[shop, { '/': 404, '/a': 'old' }]], [[shop, { '/': 404, '/a': 'old', '/ab': 'new' }]]],
  ['a path that answered 503', [[shop, { '/': 503 }]], [[shop, { '/': 'new' }]]],
  ['a path that goes to a Service that another path has', [[shop, { '/': 'a', '/b': 'b' }]], [[shop, { '/': 'b', '/b': 'b' }]]],
  ['a path that is gone', [[shop, { '/': 'old', '/a': 'a' }]], [[shop, { '/': 'old' }]]],
];

for (const [name, before, next] of none) {
  test(`${name}: no step in between`, () => {
    assert.equal(bridgeTopology(topology([...before]), topology([...next])), undefined);
  });
}

test('an upstream that both sides have stays as it was, whatever the next one says of it', () => {
  const before = topology([[shop, { '/': 'old' }]]);
  const next = topology([[shop, { '/': 'new', '/a': 'old' }]]);
  const changed = next.upstreams.map((one) => (one.id === 'old' ? { ...one, ipv6: true } : one));
  assert.deepEqual(bridgeTopology(before, { ...next, upstreams: changed })?.upstreams, [upstream('new'), upstream('old')]);
});

/** Ports and the upstreams that they lead to. */
function ports(to: Readonly<Record<number, string>>): Topology {
  const object = { kind: 'ConfigMap', namespace: 'infra', name: 'tcp' };
  const streams = Object.entries(to).map(([port, id]) => ({
    port: Number(port),
    protocol: 'TCP' as const,
    upstream: id,
    origin: { object, field: `data["${port}"]` },
    acceptsProxy: false,
    sendsProxy: false,
  }));
  const streamUpstreams = [...new Set(Object.values(to))].sort().map(upstream);
  return { ...topology([[shop, { '/': 'web' }]]), streams, ...(streamUpstreams.length === 0 ? {} : { streamUpstreams }) };
}

test('an open port that goes to a Service that is new: first the old ports with the new upstream', () => {
  const before = ports({ 9000: 'old', 9001: 'kept' });
  assert.deepEqual(bridgeTopology(before, ports({ 9000: 'new', 9001: 'kept' })), {
    ...before,
    streamUpstreams: [upstream('kept'), upstream('new'), upstream('old')],
  });
});

test('a port that is opened, closed or goes where another one goes already needs no step', () => {
  const before = ports({ 9000: 'old' });
  for (const next of [ports({ 9000: 'old', 9001: 'new' }), ports({}), ports({ 9001: 'new' })])
    assert.equal(bridgeTopology(before, next), undefined);
  assert.equal(bridgeTopology(ports({ 9000: 'a', 9001: 'b' }), ports({ 9000: 'b', 9001: 'b' })), undefined);
  assert.equal(bridgeTopology(ports({}), before), undefined);
});

test('the other protocol of a port is another port', () => {
  const before = ports({ 9000: 'old' });
  const next = ports({ 9000: 'new' });
  const udp = { ...next, streams: next.streams.map((stream) => ({ ...stream, protocol: 'UDP' as const })) };
  assert.equal(bridgeTopology(before, udp), undefined);
});

test('a step for a route takes the new upstreams of ports along', () => {
  const before = ports({ 9000: 'old' });
  const next = {
    ...ports({ 9000: 'old', 9001: 'new' }),
    ...{ servers: topology([[shop, { '/': 'app' }]]).servers, upstreams: [upstream('app')] },
  };
  assert.deepEqual(bridgeTopology(before, next), {
    ...before,
    upstreams: [upstream('app'), upstream('web')],
    streamUpstreams: [upstream('new'), upstream('old')],
  });
});

test('a host that is served gets an auth service that is new: first the old routes with its upstream', () => {
  const old = topology([[shop, { '/': 'web' }]]);
  const uri = { text: '/check' };
  const side = { name: '/gatehouse_auth_1', directives: [], target: { kind: 'question', scheme: 'http', upstream: 'auth', uri } } as const;
  const asking = (before: Topology): Topology => ({
    ...before,
    servers: before.servers.map((server) => ({ ...server, sides: [side] })),
    upstreams: [upstream('auth'), ...before.upstreams],
  });
  assert.deepEqual(bridgeTopology(old, asking(old)), { ...old, upstreams: [upstream('auth'), upstream('web')] });
  assert.equal(bridgeTopology(asking(old), asking(old)), undefined);
  assert.equal(bridgeTopology(topology([nobody]), asking(topology([[shop, { '/': 'web' }]]))), undefined);
});
