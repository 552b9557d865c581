import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Backend, EndpointSet, Ingress, KubeObject, Secret } from '../model/objects.ts';
import type { Snapshot } from '../model/snapshot.ts';
import { buildRouting } from './build.ts';
import { certificate } from './certificates-testbed.ts';
import { endpoint, ingress, path, port, rule, secret, service, slice, snapshot } from './objects-testbed.ts';
import { defaultRoutingOptions } from './options.ts';

const [first, second] = [
  await certificate({ names: ['a.test', '*.a.test'] }),
  await certificate({ names: ['a.test', '*.a.test'], notAfter: '2026-05-20' }),
];

const hosts = ['', 'a.test', 'b.test', '*.a.test', 'x.a.test'];
const serviceNames = ['web', 'api', 'ext', 'missing'];

const backend: fc.Arbitrary<Backend> = fc.oneof(
  {
    weight: 9,
    arbitrary: fc.record({
      kind: fc.constant('service' as const),
      name: fc.constantFrom(...serviceNames),
      port: fc.constantFrom({ number: 80 }, { name: 'http' }, { number: 8080 }),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: 'resource' as const, apiGroup: '', resourceKind: 'Bucket', name: 'b' }) },
);
const paths = fc.array(
  fc.record({ text: fc.constantFrom('/', '/s', '/s/', '/a//b'), type: fc.constantFrom('Prefix' as const, 'Exact' as const), backend }),
  { maxLength: 3 },
);
const ingresses: fc.Arbitrary<Ingress> = fc
  .record({
    name: fc.constantFrom('default/a', 'default/b', 'default/c', 'team/a', 'team/b'),
    created: fc.option(fc.constantFrom(1, 2, 2.5), { nil: undefined }),
    fallback: fc.option(backend, { nil: undefined }),
    rules: fc.array(fc.record({ host: fc.constantFrom(...hosts), paths }), { maxLength: 3 }),
    tls: fc.array(
      fc.record({
        hosts: fc.subarray(hosts.slice(1), { maxLength: 2 }),
        secretName: fc.constantFrom('one', 'two', 'none'),
      }),
      { maxLength: 2 },
    ),
  })
  .map(({ name, created, fallback, rules, tls }) =>
    ingress(name, {
      ...(created === undefined ? {} : { created }),
      ...(fallback === undefined ? {} : { defaultBackend: fallback }),
      rules: rules.map((one) => rule(one.host, ...one.paths.map((each) => path(each.text, each.type, each.backend)))),
      tls,
    }),
  );
const address = fc.integer({ min: 1, max: 9 }).map((last) => `10.0.0.${last}`);
const endpoints: fc.Arbitrary<EndpointSet> = fc
  .record({
    name: fc.constantFrom('web#1', 'web#2', 'team/web#1', 'api#1'),
    addresses: fc.array(fc.tuple(address, fc.boolean()), { maxLength: 4 }),
  })
  .map(({ name, addresses }) =>
    slice(
      name,
      addresses.map(([text, ready]) => endpoint(text, { ready })),
      'http=8080',
    ),
  );

const services: readonly KubeObject[] = ['default', 'team'].flatMap((namespace) => [
  service(`${namespace}/web`, { ports: [port(80, { name: 'http', targetPort: 8080 })] }),
  service(`${namespace}/api`, { ports: [port(80, { name: 'http', targetPort: 'web' })], sessionAffinity: 'ClientIP' }),
  service(`${namespace}/ext`, { type: 'ExternalName', externalName: 'example.com', ports: [port(80, { name: 'http' })] }),
]);
const secrets: readonly Secret[] = [
  secret('one', { 'tls.crt': first.pem, 'tls.key': first.key }),
  secret('team/two', { 'tls.crt': second.pem, 'tls.key': second.key }),
];

const world = fc
  .record({ ingresses: fc.array(ingresses, { maxLength: 5 }), endpoints: fc.array(endpoints, { maxLength: 4 }) })
  .map((some) => snapshot(...services, ...secrets, ...some.ingresses, ...some.endpoints));

/** Everything in the order in which it is, as equality of maps does not look at the order. */
function inOrder(value: unknown): string {
  return JSON.stringify(value, (_, each) => (each instanceof Map ? [...each] : each));
}

function build(one: Snapshot): ReturnType<typeof buildRouting> {
  return buildRouting(one, defaultRoutingOptions);
}

test('the order in which objects arrive changes nothing', () => {
  const shuffled = world.chain((one) =>
    fc
      .record({
        ingresses: fc.shuffledSubarray([...one.ingresses], { minLength: one.ingresses.size }),
        services: fc.shuffledSubarray([...one.services], { minLength: one.services.size }),
        endpoints: fc.shuffledSubarray([...one.endpoints], { minLength: one.endpoints.size }),
        secrets: fc.shuffledSubarray([...one.secrets], { minLength: one.secrets.size }),
      })
      .map(
        (maps) =>
          [
            one,
            {
              ...one,
              ingresses: new Map(maps.ingresses),
              services: new Map(maps.services),
              endpoints: new Map(maps.endpoints),
              secrets: new Map(maps.secrets),
            },
          ] as const,
      ),
  );
  fc.assert(
    fc.property(shuffled, ([one, other]) => assert.equal(inOrder(build(other)), inOrder(build(one)))),
    { numRuns: 500 },
  );
});

test('endpoints that come and go never change the topology', () => {
  fc.assert(
    fc.property(world, fc.array(endpoints, { maxLength: 4 }), (one, others) => {
      const changed = { ...one, endpoints: snapshot(...others).endpoints };
      assert.deepEqual(build(changed).topology, build(one).topology);
    }),
    { numRuns: 300 },
  );
});

test('a certificate with another key, other dates, and the same names does not change the topology', () => {
  const swapped = [
    secret('one', { 'tls.crt': second.pem, 'tls.key': second.key }),
    secret('team/two', { 'tls.crt': first.pem, 'tls.key': first.key }),
  ];
  fc.assert(
    fc.property(world, (one) => assert.deepEqual(build({ ...one, secrets: snapshot(...swapped).secrets }).topology, build(one).topology)),
    { numRuns: 300 },
  );
});

test('a Secret that comes or goes does not change the topology where an entry lists its host', () => {
  const objects = [...services, ingress('web', { rules: [rule('a.test', path('/'))], tls: [{ hosts: ['a.test'], secretName: 'one' }] })];
  assert.deepEqual(build(snapshot(...objects)).topology, build(snapshot(...objects, ...secrets)).topology);
});

test('every upstream of a location is printed and has a source of endpoints, and every server answers every path', () => {
  fc.assert(
    fc.property(world, (one) => {
      const { topology, runtime } = build(one);
      const known = topology.upstreams.map((upstream) => upstream.id);
      assert.deepEqual([...runtime.endpoints.keys()].sort(), known);
      for (const server of topology.servers) {
        assert.ok(server.locations.some(({ match }) => match.kind === 'prefix' && match.path === '/'));
        for (const { target } of server.locations) assert.ok(target.kind === 'answer' || known.includes(target.upstream));
      }
    }),
    { numRuns: 200 },
  );
});

test('every certificate of a server is published, or is the default one', () => {
  fc.assert(
    fc.property(world, (one) => {
      const { topology, runtime } = build(one);
      for (const { certificate: id } of topology.servers)
        assert.ok(id === undefined || id === 'default' || runtime.certificates.has(id), id);
    }),
    { numRuns: 200 },
  );
});

test('nothing of the snapshot is changed', () => {
  const deepFreeze = (value: unknown): void => {
    if (typeof value !== 'object' || value === null || Object.isFrozen(value) || ArrayBuffer.isView(value)) return;
    Object.freeze(value);
    for (const inner of value instanceof Map ? value.values() : Object.values(value)) deepFreeze(inner);
  };
  fc.assert(
    fc.property(world, (one) => {
      deepFreeze(one);
      const before = inOrder(one);
      build(one);
      assert.equal(inOrder(one), before);
    }),
    { numRuns: 50 },
  );
});
