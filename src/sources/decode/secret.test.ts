import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decode } from './kinds.ts';

function secret(fields: object) {
  return { apiVersion: 'v1', kind: 'Secret', metadata: { name: 's' }, ...fields };
}

function complaints(value: unknown): readonly string[] {
  return decode(value).diagnostics.map(({ code, field, message }) => `${code} ${field}: ${message}`);
}

const bytes = (text: string) => new TextEncoder().encode(text);

test('a Secret holds the decoded bytes, and stringData goes over data', () => {
  const { object, diagnostics } = decode(
    secret({
      type: 'kubernetes.io/tls',
      immutable: true,
      data: { 'tls.crt': 'Y2Vy\ndA==\n', 'tls.key': 'b2xk' },
      stringData: { 'tls.key': 'new' },
    }),
  );
  assert.deepEqual(diagnostics, []);
  assert.ok(object?.kind === 'Secret');
  assert.equal(object.type, 'kubernetes.io/tls');
  assert.deepEqual(
    object.data,
    new Map([
      ['tls.crt', bytes('cert')],
      ['tls.key', bytes('new')],
    ]),
  );
});

test('a Secret without type is Opaque', () => {
  const { object } = decode(secret({}));
  assert.ok(object?.kind === 'Secret');
  assert.deepEqual([object.type, object.data], ['Opaque', new Map()]);
});

test('data that is not base64 is refused without being shown', () => {
  for (const value of ['hunter2', 'hunter2==', 'aGk', 'aG k=', 'aGk-', '=aGk']) {
    assert.deepEqual(complaints(secret({ data: { password: value } })), [
      'ObjectInvalid data.password: is not base64: use `stringData` for plain text',
    ]);
  }
  assert.deepEqual(complaints(secret({ data: { password: 12345 } })), [
    'ObjectInvalid data.password: must be a string, not a number: put it in quotes',
  ]);
});

test('a TLS Secret without both keys, and a bad key, are refused', () => {
  assert.deepEqual(complaints(secret({ type: 'kubernetes.io/tls', data: { 'tls.crt': '' } })), [
    'ObjectInvalid data["tls.key"]: is required in a Secret of type kubernetes.io/tls',
  ]);
  assert.deepEqual(complaints(secret({ data: { '../x': '' } })), [
    'ObjectInvalid data: has a key that is not a valid key: use at most 253 letters, digits, "-", "_" and ".", not ".." at the start',
  ]);
});

test('what stands where a name belongs, as by a slip of the indentation, is not shown unless it is nearly a name', () => {
  const { metadata } = secret({});
  assert.deepEqual(complaints(secret({ hunter2: null, metadata: { ...metadata, hunter2: '' }, stringdata: {} })), [
    'FieldUnknown metadata: a field that is not known is ignored',
    'FieldUnknown : a field that is not known is ignored',
    'FieldUnknown stringdata: unknown field "stringdata"; did you mean `stringData`?',
  ]);
  for (const data of [{ 'alice:{PLAIN}hunter2': 'YQ==' }, { 'alice:{PLAIN}hunter2': 'no base64' }])
    assert.doesNotMatch(complaints(secret({ data })).join(), /hunter2/);
});

test('a ConfigMap holds its text, and binaryData is not read', () => {
  const value = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'c' },
    data: { a: 'x', b: '' },
    binaryData: { c: 'AA==' },
    immutable: false,
  };
  assert.deepEqual(decode(value), {
    apiKind: 'ConfigMap',
    known: true,
    kind: 'ConfigMap',
    ref: { kind: 'ConfigMap', namespace: 'default', name: 'c' },
    diagnostics: [],
    object: { kind: 'ConfigMap', metadata: { namespace: 'default', name: 'c', labels: {}, annotations: {} }, data: { a: 'x', b: '' } },
  });
  assert.deepEqual(complaints({ ...value, binaryData: { a: '' } }), ['ObjectInvalid data.a: is in `binaryData` too']);
  assert.deepEqual(complaints({ ...value, data: { a: true } }), [
    'ObjectInvalid data.a: must be a string, not the boolean true: put it in quotes',
  ]);
});

test('an IngressClass knows its controller and whether it is the default', () => {
  const value = (isDefault: string) => ({
    apiVersion: 'networking.k8s.io/v1',
    kind: 'IngressClass',
    metadata: { name: 'nginx', annotations: { 'ingressclass.kubernetes.io/is-default-class': isDefault } },
    spec: {
      controller: 'k8s.io/ingress-nginx',
      parameters: { apiGroup: 'a.b', kind: 'K', name: 'n', namespace: 'ns', scope: 'Namespace' },
    },
  });
  for (const [written, isDefault] of [
    ['true', true],
    ['True', false],
  ] as const) {
    const { object, diagnostics } = decode(value(written));
    assert.deepEqual(diagnostics, []);
    assert.ok(object?.kind === 'IngressClass');
    assert.deepEqual([object.controller, object.isDefault, object.metadata.namespace], ['k8s.io/ingress-nginx', isDefault, '']);
  }
  assert.deepEqual(complaints({ ...value('true'), spec: {} }), ['ObjectInvalid spec.controller: is required']);
  assert.deepEqual(complaints({ ...value('true'), spec: { controller: 'nginx' } }), [
    'ObjectInvalid spec.controller: "nginx" is not a controller name: use a DNS name and a path such as "example.com/controller"',
  ]);
});

test('a Namespace as kubectl prints it is read without complaint', () => {
  const metadata = { name: 'shop', labels: { 'kubernetes.io/metadata.name': 'shop' } };
  const { object, diagnostics } = decode({
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata,
    spec: { finalizers: ['kubernetes'] },
    status: { phase: 'Active' },
  });
  assert.deepEqual(diagnostics, []);
  assert.deepEqual(object, { kind: 'Namespace', metadata: { namespace: '', annotations: {}, ...metadata } });
});
