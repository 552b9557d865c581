import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decode } from './kinds.ts';

function configMap(metadata: unknown) {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata };
}

function complaints(value: unknown): readonly string[] {
  return decode(value).diagnostics.map(({ code, field, message }) => `${code} ${field}: ${message}`);
}

test('an object of a namespaced kind is in the namespace default unless it says otherwise', () => {
  assert.deepEqual(decode(configMap({ name: 'a' })).ref, { kind: 'ConfigMap', namespace: 'default', name: 'a' });
  assert.deepEqual(decode(configMap({ name: 'a', namespace: 'b' })).ref, { kind: 'ConfigMap', namespace: 'b', name: 'a' });
});

test('an object of the cluster has no namespace, whatever is written', () => {
  const { ref, object, diagnostics } = decode({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'a', namespace: 'b' } });
  assert.deepEqual([ref?.namespace, object?.metadata.namespace, diagnostics], ['', '', []]);
});

test('creationTimestamp is understood as text and as a date, and null is none', () => {
  const moment = Date.UTC(2026, 0, 2, 3, 4, 5);
  for (const creationTimestamp of ['2026-01-02T03:04:05Z', '2026-01-02T04:04:05+01:00', new Date(moment)]) {
    assert.equal(decode(configMap({ name: 'a', creationTimestamp })).object?.metadata.creationTimestamp, moment);
  }
  assert.equal(decode(configMap({ name: 'a', creationTimestamp: null })).object?.metadata.creationTimestamp, undefined);
  for (const creationTimestamp of ['yesterday', 5, new Date(Number.NaN), {}]) {
    assert.deepEqual(complaints(configMap({ name: 'a', creationTimestamp })), [
      'ObjectInvalid metadata.creationTimestamp: must be a time such as "2026-01-31T12:00:00Z"',
    ]);
  }
});

for (const name of ['', 'A', 'a_b', '-a', 'a.', 'a/b', '..', 'a\n', `${'a'.repeat(254)}`]) {
  test(`the name ${JSON.stringify(name.slice(0, 10))} is refused`, () => {
    const decoded = decode(configMap({ name }));
    assert.equal(decoded.object, undefined);
    assert.deepEqual(
      decoded.diagnostics.map(({ code, field }) => [code, field]),
      [['ObjectInvalid', 'metadata.name']],
    );
  });
}

test('Services and Namespaces have names without dots', () => {
  for (const kind of ['Service', 'Namespace']) {
    const found = complaints({
      apiVersion: 'v1',
      kind,
      metadata: { name: 'a.b' },
      ...(kind === 'Service' ? { spec: { clusterIP: 'None' } } : {}),
    });
    assert.deepEqual(found, [
      'ObjectInvalid metadata.name: "a.b" is not a valid name: use at most 63 lower case letters, digits and "-", with a letter or digit at both ends',
    ]);
  }
});

test('an annotation or label that is not text is refused, with its key in the path', () => {
  const value = configMap({
    name: 'a',
    annotations: { 'nginx.ingress.kubernetes.io/ssl-redirect': false, empty: null },
    labels: { tier: 1 },
  });
  assert.deepEqual(complaints(value), [
    'ObjectInvalid metadata.annotations["nginx.ingress.kubernetes.io/ssl-redirect"]: must be a string, not the boolean false: put it in quotes',
    'ObjectInvalid metadata.labels.tier: must be a string, not a number: put it in quotes',
  ]);
});

test('keys and values of labels and keys of annotations keep the rules of the API', () => {
  const found = decode(
    configMap({ name: 'a', labels: { 'a b': 'x', ok: 'no good!' }, annotations: { '/x': '', 'UPPER.example/Case_ok': '\0any\n' } }),
  );
  assert.deepEqual(
    found.diagnostics.map(({ field }) => field),
    ['metadata.labels["a b"]', 'metadata.labels.ok', 'metadata.annotations["/x"]'],
  );
});

test('annotations together have at most 256 KiB', () => {
  const annotations = (length: number) => configMap({ name: 'a', annotations: { key: 'x'.repeat(length) } });
  assert.deepEqual(complaints(annotations(262_141)), []);
  assert.deepEqual(complaints(annotations(262_142)), ['ObjectInvalid metadata.annotations: hold 262145 bytes: at most 262144 are allowed']);
});

test('the names of JavaScript itself are ordinary keys', () => {
  const data = JSON.parse('{"__proto__":"a","constructor":"b","toString":"c"}');
  const { object, diagnostics } = decode({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' }, data });
  assert.deepEqual(diagnostics, []);
  assert.ok(object?.kind === 'ConfigMap');
  assert.deepEqual(Object.entries(object.data), [
    ['__proto__', 'a'],
    ['constructor', 'b'],
    ['toString', 'c'],
  ]);
  assert.deepEqual(
    complaints(JSON.parse('{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"a"},"__proto__":{},"constructor":1}')),
    [
      'FieldUnknown __proto__: unknown field "__proto__"; it is ignored',
      'FieldUnknown constructor: unknown field "constructor"; it is ignored',
    ],
  );
});

test('values that are no object, and objects without kind or version, are dealt with', () => {
  assert.deepEqual(complaints('text'), ['ObjectInvalid : must be an object with `apiVersion`, `kind` and `metadata`']);
  assert.deepEqual(decode({ replicaCount: 2 }), { apiKind: '', known: false, diagnostics: [] });
  assert.deepEqual(complaints({ apiVersion: 'v1' }), ['ObjectInvalid kind: is required']);
  assert.deepEqual(complaints({ kind: 'Service' }), ['ObjectInvalid apiVersion: is required']);
  assert.deepEqual(complaints({ kind: 'Service', apiVersion: 1 }), ['ObjectInvalid apiVersion: must be a string']);
});

test('kinds of others are ignored, and a wrong version of a known kind says which is right', () => {
  assert.deepEqual(decode({ apiVersion: 'apps/v1', kind: 'Deployment' }), { apiKind: 'Deployment', known: false, diagnostics: [] });
  assert.deepEqual(decode({ apiVersion: 'serving.knative.dev/v1', kind: 'Service' }), {
    apiKind: 'Service',
    known: false,
    diagnostics: [],
  });
  assert.deepEqual(complaints({ apiVersion: 'v1', kind: 'Ingress' }), [
    'ObjectInvalid apiVersion: "v1" has no kind Ingress: use networking.k8s.io/v1',
  ]);
});

test('an object with thousands of mistakes gives a hundred complaints, and still is refused', () => {
  const unknown = Object.fromEntries(Array.from({ length: 5000 }, (_, index) => [`field${index}`, 1]));
  const decoded = decode({ ...unknown, apiVersion: 'v1', kind: 'ConfigMap', metadata: {} });
  assert.equal(decoded.object, undefined);
  assert.equal(decoded.diagnostics.length, 100);
  assert.equal(decoded.diagnostics.at(-1)?.code, 'ObjectInvalid');
});
