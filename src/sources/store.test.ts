import assert from 'node:assert/strict';
import { test } from 'node:test';
import { diagnostic } from '../model/diagnostic.ts';
import { type ConfigMap, type EndpointSet, kinds } from '../model/objects.ts';
import { createStore } from './store.ts';

function metadata(name: string) {
  return { namespace: 'default', name, labels: {}, annotations: {} };
}

function configMap(name: string, value: string): ConfigMap {
  return { kind: 'ConfigMap', metadata: metadata(name), data: { value } };
}

function endpointSet(apiKind: EndpointSet['apiKind']): EndpointSet {
  return { kind: 'EndpointSet', apiKind, metadata: metadata('web'), serviceName: 'web', subsets: [] };
}

test('an empty store is at revision 0 and not synced', () => {
  const store = createStore({ kinds, now: () => 7 });
  const empty = new Map();
  assert.deepEqual(store.snapshot(), {
    revision: 0,
    now: 7,
    ingresses: empty,
    ingressClasses: empty,
    services: empty,
    endpoints: empty,
    secrets: empty,
    configMaps: empty,
    namespaces: empty,
  });
  assert.equal(store.isSynced(), false);
});

test('an object that is equal to the one before changes nothing and leaves that one in place', () => {
  const store = createStore({ kinds, now: () => 0 });
  const first = configMap('a', '1');
  assert.equal(store.apply({ type: 'upsert', object: first }), true);
  assert.equal(store.apply({ type: 'upsert', object: configMap('a', '1') }), false);
  assert.equal(store.snapshot().configMaps.get('default/a'), first);
  assert.equal(store.revision, 1);
  assert.equal(store.apply({ type: 'upsert', object: configMap('a', '2') }), true);
  assert.deepEqual([store.revision, store.snapshot().configMaps.get('default/a')?.data], [2, { value: '2' }]);
});

test('a snapshot never changes, and shares with the next one what did not change', () => {
  const store = createStore({ kinds, now: () => 0 });
  store.apply({ type: 'upsert', object: configMap('a', '1') });
  store.apply({ type: 'upsert', object: endpointSet('Endpoints') });
  const before = store.snapshot();
  store.apply({ type: 'upsert', object: configMap('b', '1') });
  store.apply({ type: 'delete', kind: 'ConfigMap', ref: { kind: 'ConfigMap', namespace: 'default', name: 'a' } });
  const after = store.snapshot();
  assert.deepEqual([[...before.configMaps.keys()], [...after.configMaps.keys()]], [['default/a'], ['default/b']]);
  assert.deepEqual([before.revision, after.revision], [2, 4]);
  assert.equal(before.endpoints, after.endpoints);
  assert.equal(before.configMaps === after.configMaps, false);
});

test('Endpoints and EndpointSlices of one name are two objects', () => {
  const store = createStore({ kinds, now: () => 0 });
  store.apply({ type: 'upsert', object: endpointSet('Endpoints') });
  store.apply({ type: 'upsert', object: endpointSet('EndpointSlice') });
  assert.deepEqual([...store.snapshot().endpoints.keys()], ['Endpoints/default/web', 'EndpointSlice/default/web']);
  const ref = { kind: 'EndpointSlice', namespace: 'default', name: 'web' };
  assert.equal(store.apply({ type: 'delete', kind: 'EndpointSet', ref }), true);
  assert.equal(store.apply({ type: 'delete', kind: 'EndpointSet', ref }), false);
  assert.deepEqual([...store.snapshot().endpoints.keys()], ['Endpoints/default/web']);
});

test('the store is synced when every kind it waits for has been delivered', () => {
  const store = createStore({ kinds: ['Ingress', 'Service'], now: () => 0 });
  assert.equal(store.apply({ type: 'synced', kind: 'Ingress' }), true);
  assert.equal(store.apply({ type: 'synced', kind: 'Ingress' }), false);
  assert.equal(store.isSynced(), false);
  store.apply({ type: 'synced', kind: 'Service' });
  assert.equal(store.isSynced(), true);
  assert.equal(store.apply({ type: 'synced', kind: 'Secret' }), false);
});

test('a part replaces what it complained about before, and all parts are sorted by place', () => {
  const store = createStore({ kinds, now: () => 0 });
  const complaint = (name: string, file: string | undefined, line: number) => ({
    ...diagnostic('ObjectInvalid', { kind: 'Ingress', namespace: 'default', name }, 'spec', 'is wrong'),
    ...(file === undefined ? {} : { at: { file, line, column: 1 } }),
  });
  const say = (part: string, ...diagnostics: readonly ReturnType<typeof complaint>[]) =>
    store.apply({ type: 'diagnostics', part, diagnostics });
  assert.equal(say('empty'), false);
  assert.equal(say('watch', complaint('z', undefined, 0), complaint('y', undefined, 0)), true);
  assert.equal(say('b.yaml', complaint('b10', 'b.yaml', 10), complaint('b9', 'b.yaml', 9)), true);
  assert.equal(say('a.yaml', complaint('a', 'a.yaml', 1)), true);
  assert.equal(say('a.yaml', complaint('a', 'a.yaml', 1)), false);
  assert.deepEqual(
    store.diagnostics().map(({ object }) => object.name),
    ['a', 'b9', 'b10', 'y', 'z'],
  );
  say('b.yaml');
  assert.deepEqual(
    store.diagnostics().map(({ object }) => object.name),
    ['a', 'y', 'z'],
  );
});
