import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Manifest, parseManifest } from './manifest.ts';

function parse(text: string): Manifest {
  const manifest = parseManifest('a.yaml', text);
  assert.ok('objects' in manifest, JSON.stringify(manifest));
  return manifest;
}

/** `LINE:COLUMN` of fields of the object with this number. */
function places(manifest: Manifest, object: number, fields: readonly string[]): readonly string[] {
  return fields.map((field) => {
    const place = manifest.objects[object]?.locate(field);
    return `${field} ${place?.file}:${place?.line}:${place?.column}`;
  });
}

const several = `# A comment
apiVersion: v1
kind: Namespace
metadata:
  name: shop   # trailing
---
# nothing here
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: web
  annotations:
    nginx.ingress.kubernetes.io/x: 'quoted'
    multi: |
      line
    note: >-
      folded
spec:
  rules:
  - host: "a.example.com"
    http:
      paths:
      - {path: /a, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}
      -   path: /b
          pathType: Prefix
          backend:
            service:
              name: web
              port:
                number: 80
  tls:
  -
`;

test('fields of several documents are found, in block and flow style, quoted or not', () => {
  const manifest = parse(several.replace('  tls:\n  -\n', ''));
  assert.equal(manifest.documents, 2);
  assert.deepEqual(places(manifest, 0, ['', 'metadata', 'metadata.name', 'spec.nothing']), [
    ' a.yaml:2:1',
    'metadata a.yaml:5:3',
    'metadata.name a.yaml:5:9',
    'spec.nothing a.yaml:2:1',
  ]);
  const path = 'spec.rules[0].http.paths';
  assert.deepEqual(
    places(manifest, 1, [
      'metadata.annotations["nginx.ingress.kubernetes.io/x"]',
      'metadata.annotations.multi',
      'metadata.annotations.note',
      'spec.rules[0].host',
      `${path}[0]`,
      `${path}[0].path`,
      `${path}[0].backend.service.port.number`,
      `${path}[1].path`,
      `${path}[1].backend.service.port.number`,
      `${path}[1].backend.service.port.name`,
      `${path}[2].path`,
      'spec.rules[9].host',
    ]),
    [
      'metadata.annotations["nginx.ingress.kubernetes.io/x"] a.yaml:14:36',
      'metadata.annotations.multi a.yaml:15:12',
      'metadata.annotations.note a.yaml:17:11',
      'spec.rules[0].host a.yaml:21:11',
      `${path}[0] a.yaml:24:9`,
      `${path}[0].path a.yaml:24:16`,
      `${path}[0].backend.service.port.number a.yaml:24:84`,
      `${path}[1].path a.yaml:25:17`,
      `${path}[1].backend.service.port.number a.yaml:31:25`,
      `${path}[1].backend.service.port.name a.yaml:31:17`,
      `${path}[2].path a.yaml:24:7`,
      'spec.rules[9].host a.yaml:21:3',
    ],
  );
});

test('complaints carry their place: the value, the key of an unknown field, the key of an empty value', () => {
  const text = `apiVersion: v1
kind: Endpoints
metadata:
  name: web
subsets:
- addresses:
  - IP: 10.0.0.1
    ip: nowhere
  ports:
  - port:
`;
  const found = parse(text).objects[0]?.decoded.diagnostics.map(({ code, field, at }) => `${at?.line}:${at?.column} ${code} ${field}`);
  assert.deepEqual(found, [
    '7:5 FieldUnknown subsets[0].addresses[0].IP',
    '8:9 ObjectInvalid subsets[0].addresses[0].ip',
    '10:5 ObjectInvalid subsets[0].ports[0].port',
  ]);
});

test('lists are taken apart, and places are those of the items', () => {
  const text = `apiVersion: v1
kind: List
metadata: {resourceVersion: ""}
items:
- apiVersion: v1
  kind: Namespace
  metadata: {name: a}
- apiVersion: networking.k8s.io/v1
  kind: IngressClassList
  items:
  - metadata: {name: b}
    spec: {controller: example.com/c}
  - metadata: {name: C}
    spec: {controller: example.com/c}
- apiVersion: apps/v1
  kind: Deployment
- apiVersion: apps/v1
  kind: Deployment
-
`;
  const manifest = parse(text);
  assert.deepEqual(
    manifest.objects.map(({ decoded }) => [decoded.apiKind, decoded.ref?.name, decoded.object !== undefined]),
    [
      ['Namespace', 'a', true],
      ['IngressClass', 'b', true],
      ['IngressClass', 'C', false],
    ],
  );
  assert.deepEqual(
    manifest.objects[2]?.decoded.diagnostics.map(({ field, at }) => [field, at]),
    [['metadata.name', { file: 'a.yaml', line: 13, column: 22 }]],
  );
  assert.deepEqual(places(manifest, 1, ['spec.controller']), ['spec.controller a.yaml:12:24']);
  assert.deepEqual(
    [manifest.documents, manifest.ignoredKinds],
    [
      1,
      new Map([
        ['Deployment', 2],
        ['', 1],
      ]),
    ],
  );
});

test('a kind that merely ends in List is not taken apart', () => {
  assert.deepEqual(parse('apiVersion: a.b/v1\nkind: AllowList\nspec: {}\n').ignoredKinds, new Map([['AllowList', 1]]));
});

test('fields behind aliases and merge keys are found where they are written', () => {
  const text = `apiVersion: v1
kind: ConfigMap
metadata: &m
  name: one
  labels: {a: b}
---
apiVersion: v1
kind: Service
metadata: {name: s}
spec:
  ports:
  - &p {port: 80, name: x}
  - {<<: *p, port: 81}
  - *p
`;
  assert.deepEqual(places(parse(text), 1, ['spec.ports[1].name', 'spec.ports[1].port', 'spec.ports[2]', 'spec.ports[2].name']), [
    'spec.ports[1].name a.yaml:12:25',
    'spec.ports[1].port a.yaml:13:20',
    'spec.ports[2] a.yaml:14:5',
    'spec.ports[2].name a.yaml:12:25',
  ]);
});

test('places are right with Windows line ends and wide characters', () => {
  const text = 'apiVersion: v1\r\nkind: ConfigMap\r\nmetadata: {name: a}\r\ndata: {"ключ😀": x, b: 1}\r\n';
  const [complaint, other] = parse(text).objects[0]?.decoded.diagnostics ?? [];
  assert.equal(other?.field ?? complaint?.field, 'data.b');
  assert.deepEqual(complaint?.at, { file: 'a.yaml', line: 4, column: 24 });
});

test('a text that is not YAML gives one complaint with line and column', () => {
  assert.deepEqual(parseManifest('dir/a.yaml', 'kind: Ingress\nspec:\n  a: b: c\n'), {
    severity: 'error',
    code: 'ManifestUnreadable',
    object: { kind: 'Manifest', namespace: '', name: 'dir/a.yaml' },
    field: '',
    message: 'no "key: value" is allowed here: check the indentation, and quote a value that holds ": "',
    at: { file: 'dir/a.yaml', line: 3, column: 7 },
  });
});

test('a document that is no object is a complaint about the file', () => {
  const [object] = parse('- a\n- b\n').objects;
  assert.deepEqual(object?.decoded.diagnostics, [
    {
      severity: 'error',
      code: 'ObjectInvalid',
      object: { kind: 'Manifest', namespace: '', name: 'a.yaml' },
      field: '',
      message: 'must be an object with `apiVersion`, `kind` and `metadata`',
      at: { file: 'a.yaml', line: 1, column: 1 },
    },
  ]);
});

test('an annotation that kubectl reads as a boolean is refused as by kubectl', () => {
  const text = 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n  annotations:\n    x: on\n';
  assert.deepEqual(
    parse(text).objects[0]?.decoded.diagnostics.map(({ message, at }) => [message, at?.line, at?.column]),
    [['must be a string, not the boolean true: put it in quotes', 6, 8]],
  );
});

test('a place is found in the text that is read again, and is the beginning of a file that has changed since', () => {
  const text = 'apiVersion: v1\nkind: Service\nmetadata:\n  name: web\nspec:\n  ports:\n    - port: 80\n';
  let now: string | undefined = text;
  let times = 0;
  const manifest = parseManifest('a.yaml', text, () => {
    times += 1;
    return now;
  });
  assert.ok('objects' in manifest);
  const [web] = manifest.objects;
  assert.equal(times, 0);
  assert.deepEqual(web?.locate('spec.ports[0].port'), { file: 'a.yaml', line: 7, column: 13 });
  assert.deepEqual(web?.locate('spec.ports[0].port'), { file: 'a.yaml', line: 7, column: 13 });
  assert.equal(times, 1);
  for (now of ['kind: [', undefined]) {
    const changed = parseManifest('a.yaml', text, () => now);
    assert.ok('objects' in changed);
    assert.deepEqual(changed.objects[0]?.locate('spec.ports[0].port'), { file: 'a.yaml', line: 1, column: 1 });
  }
});
