import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseManifest } from '../manifest.ts';
import { decode } from './kinds.ts';

const metadata = { name: 'web', namespace: 'shop', labels: { app: 'web' }, annotations: { 'a.b/c': 'x' } };
const meta = {
  ...metadata,
  creationTimestamp: '2026-01-31T12:00:00Z',
  uid: 'u',
  resourceVersion: '1',
  generateName: 'w-',
  selfLink: '/x',
  finalizers: ['a/b'],
  ownerReferences: [{ apiVersion: 'v1', kind: 'A', name: 'a', uid: 'u' }],
};

/** One valid object of every kind and version, with every field that holds text. */
const examples: readonly object[] = [
  {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: meta,
    spec: {
      ingressClassName: 'nginx',
      defaultBackend: { resource: { apiGroup: 'a.b', kind: 'K', name: 'n' } },
      rules: [
        {
          host: 'a.example.com',
          http: { paths: [{ path: '/a', pathType: 'Prefix', backend: { service: { name: 's', port: { name: 'http' } } } }] },
        },
        { http: { paths: [{ pathType: 'Exact', backend: { service: { name: 's', port: { number: 80 } } } }] } },
      ],
      tls: [{ hosts: ['a.example.com'], secretName: 't' }],
    },
    status: { loadBalancer: { ingress: [{ ip: '192.0.2.1' }, { hostname: 'lb.example.com' }] } },
  },
  {
    apiVersion: 'extensions/v1beta1',
    kind: 'Ingress',
    metadata: meta,
    spec: {
      backend: { serviceName: 's', servicePort: 'http' },
      rules: [{ host: 'a.example.com', http: { paths: [{ path: '/a', backend: { serviceName: 's', servicePort: 80 } }] } }],
    },
  },
  {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'IngressClass',
    metadata: meta,
    spec: { controller: 'a.b/c', parameters: { kind: 'K', name: 'n' } },
  },
  {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: meta,
    spec: {
      type: 'ClusterIP',
      clusterIP: '10.0.0.1',
      externalIPs: ['192.0.2.1'],
      ipFamilies: ['IPv4'],
      selector: { app: 'web' },
      sessionAffinity: 'None',
      ports: [{ name: 'http', port: 80, protocol: 'TCP', targetPort: 'web', appProtocol: 'http' }],
    },
    status: { loadBalancer: { ingress: [{ ip: '192.0.2.1' }] } },
  },
  { apiVersion: 'v1', kind: 'Service', metadata: meta, spec: { type: 'ExternalName', externalName: 'db.example.com' } },
  {
    apiVersion: 'v1',
    kind: 'Endpoints',
    metadata: meta,
    subsets: [
      { addresses: [{ ip: '10.0.0.1' }], notReadyAddresses: [{ ip: 'fd00::1' }], ports: [{ name: 'http', port: 80, protocol: 'TCP' }] },
    ],
  },
  {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { ...meta, labels: { 'kubernetes.io/service-name': 'web' } },
    addressType: 'IPv4',
    endpoints: [{ addresses: ['10.0.0.1'], conditions: { ready: true }, nodeName: 'n', zone: 'z', hostname: 'h' }],
    ports: [{ name: 'http', port: 80, protocol: 'TCP' }],
  },
  { apiVersion: 'v1', kind: 'Secret', metadata: meta, type: 'Opaque', data: { a: 'aGk=' }, stringData: { b: 'text' } },
  { apiVersion: 'v1', kind: 'ConfigMap', metadata: meta, data: { a: 'text' }, binaryData: { b: 'AA==' } },
  { apiVersion: 'v1', kind: 'Namespace', metadata: meta },
];

type Path = readonly (string | number)[];

function pathsOf(value: unknown, isWanted: (value: unknown) => boolean): readonly Path[] {
  const own: readonly Path[] = isWanted(value) ? [[]] : [];
  if (typeof value !== 'object' || value === null) return own;
  const steps = Object.entries(value).map(([key, part]) => [Array.isArray(value) ? Number(key) : key, part] as const);
  return [...own, ...steps.flatMap(([step, part]) => pathsOf(part, isWanted).map((path) => [step, ...path]))];
}

function replace(value: unknown, path: Path, replacement: unknown): unknown {
  const [step, ...rest] = path;
  if (step === undefined) return replacement;
  if (Array.isArray(value)) return value.map((part, index) => (index === step ? replace(part, rest, replacement) : part));
  return { ...(value as object), [step]: replace(Reflect.get(value as object, step), rest, replacement) };
}

/** An example and the way to one of its parts. */
function spots(isWanted: (value: unknown) => boolean) {
  const all = examples.flatMap((example) => pathsOf(example, isWanted).map((path) => ({ example, path })));
  return fc.constantFrom(...all);
}

/** What an attacker would write into a field, and what nobody thinks of. */
const hostile = fc.oneof(
  fc.constantFrom(
    '"; } server { listen 1; }',
    "'; return 200 x; #",
    '/a; return 403;',
    '/a{b}',
    '/$request_body',
    `\${x}`,
    '\\',
    '/\\"',
    'a\nb',
    '/\r\n',
    '\0',
    '/a\u2028b',
    '/\ud800',
    '../../etc/passwd',
    '__proto__',
    'constructor',
    '{{x}}',
    '*',
    ' ',
    '',
  ),
  fc.string({ unit: 'binary' }),
  fc.string({ unit: 'grapheme', maxLength: 300 }),
  fc.string().map((text) => `/${text}`),
);

function textsIn(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value];
  if (value instanceof Uint8Array) return [new TextDecoder().decode(value)];
  if (value instanceof Map) return [...value].flatMap((entry) => textsIn(entry));
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : [];
}

test('every example is valid as it is', () => {
  for (const example of examples) {
    const { object, diagnostics } = decode(example);
    assert.deepEqual(diagnostics, []);
    assert.ok(object);
  }
});

test('any JSON value in any place of an object is decoded without an exception', () => {
  const junk = fc.oneof(fc.jsonValue(), fc.constantFrom(undefined, Number.NaN, Number.POSITIVE_INFINITY, new Date(0), 1n, [null], {}));
  fc.assert(
    fc.property(
      spots(() => true),
      junk,
      ({ example, path }, value) => {
        const { object, diagnostics } = decode(replace(example, path, value));
        const isRefused = diagnostics.some(({ severity }) => severity === 'error');
        assert.ok(!(object && isRefused), 'an object that is refused must not be used');
      },
    ),
    { numRuns: 3000 },
  );
});

/** Fields that the API has and Gatehouse does not look into: what they hold goes nowhere. */
const unread =
  /^(metadata\.(generateName|selfLink|finalizers|ownerReferences)|spec\.parameters|endpoints\.0\.(nodeName|zone|hostname)|binaryData|spec\.selector)/;

test('hostile text in any text field comes out unchanged or gives a diagnostic', () => {
  fc.assert(
    fc.property(
      spots((value) => typeof value === 'string'),
      hostile,
      ({ example, path }, text) => {
        const { object, diagnostics, known } = decode(replace(example, path, text));
        const isOfCluster = object?.metadata.namespace === '' && path.join('.') === 'metadata.namespace';
        if (!known || diagnostics.length > 0 || isOfCluster || unread.test(path.join('.'))) return;
        assert.ok(object);
        const isDefaulted = text === '' || path.at(-1) === 'creationTimestamp';
        const isCanonical = path[0] === 'data' && path.length === 2;
        assert.ok(
          isDefaulted || isCanonical || textsIn(object).includes(text) || /^\d+$/.test(text),
          `${path.join('.')}: ${JSON.stringify(text)} is lost`,
        );
      },
    ),
    { numRuns: 5000 },
  );
});

test('no path that is accepted holds a control character, and no host anything but a DNS name', () => {
  const text = fc.oneof(hostile, fc.string({ unit: fc.constantFrom('a', 'A', '.', '-', '*', '/', '\n', '\0', '%', '2', 'f') }));
  fc.assert(
    fc.property(text, text, (host, path) => {
      const backend = { service: { name: 's', port: { number: 80 } } };
      const spec = { rules: [{ host, http: { paths: [{ path, pathType: 'ImplementationSpecific', backend }] } }] };
      const { object } = decode({ apiVersion: 'networking.k8s.io/v1', kind: 'Ingress', metadata, spec });
      if (object?.kind !== 'Ingress') return;
      const [rule] = object.rules;
      assert.match(rule?.host ?? 'none', /^(\*\.)?[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/);
      assert.doesNotMatch(rule?.paths?.[0]?.path ?? '', /^[^/]|\p{Cc}(?<![\u0080-\u009f])/u);
    }),
    { numRuns: 3000 },
  );
});

test('any text is read as a manifest without an exception', () => {
  const fragment = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 30 }),
    fc.constantFrom(
      '---\n',
      '- ',
      ': ',
      '? ',
      '&a ',
      '*a',
      '<<: *a\n',
      '|\n',
      '>-\n  x\n',
      '{',
      '}',
      '[',
      ']',
      '!!int ',
      '"',
      "'",
      '\n',
      '  ',
      '\t',
      '# ',
      '%YAML 1.1\n',
    ),
    fc.constantFrom(
      'apiVersion: v1\n',
      'kind: List\n',
      'kind: Service\n',
      'items:\n',
      'metadata: {name: a}\n',
      'spec: ',
      'ports: [{port: 80}]\n',
    ),
  );
  fc.assert(
    fc.property(fc.array(fragment, { maxLength: 40 }), (fragments) => {
      const manifest = parseManifest('a.yaml', fragments.join(''));
      const places =
        'objects' in manifest ? manifest.objects.flatMap(({ decoded }) => decoded.diagnostics.map(({ at }) => at)) : [manifest.at];
      for (const at of places) assert.ok(at && at.line >= 1 && at.column >= 1);
    }),
    { numRuns: 3000 },
  );
});

test('an object that is written as YAML or JSON text is decoded as the object itself', () => {
  for (const example of examples) {
    const manifest = parseManifest('a.json', JSON.stringify(example, null, '\t'));
    assert.ok('objects' in manifest);
    assert.deepEqual(
      manifest.objects.map(({ decoded }) => decoded),
      [decode(example)],
    );
  }
});
