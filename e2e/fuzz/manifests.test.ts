import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { Diagnostic } from '../../src/model/diagnostic.ts';
import type { KubeObject } from '../../src/model/objects.ts';
import { parseManifest } from '../../src/sources/manifest.ts';
import { hostileText, nearly } from './hostile-text.ts';
import { canary, pair, prefix } from './objects.ts';
import { printSafe } from './printed.ts';
import { runs } from './runs.ts';

/** As people write them, with a Secret in which each kind of text is. */
const good = `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: shop
  namespace: default
  annotations:
    ${prefix}auth-type: basic
    ${prefix}auth-secret: passwords
    ${prefix}proxy-body-size: "8m"
spec:
  tls: [{ hosts: [shop.test], secretName: pair }]
  rules:
    - host: shop.test
      http:
        paths:
          - { path: /a, pathType: Prefix, backend: { service: { name: shop, port: { number: 80 } } } }
          - { path: /b, pathType: Exact, backend: { service: { name: shop, port: { name: web } } } }
---
apiVersion: v1
kind: Service
metadata: { name: shop, namespace: default }
spec: { ports: [{ name: web, port: 80, targetPort: 8080 }] }
---
apiVersion: v1
kind: Endpoints
metadata: { name: shop, namespace: default }
subsets: [{ addresses: [{ ip: 10.1.2.3 }], ports: [{ name: web, port: 8080 }] }]
---
apiVersion: v1
kind: Secret
metadata: { name: passwords, namespace: default }
type: Opaque
stringData:
  auth: "alice:{PLAIN}${canary}"
  other: |
    ${canary}
data:
  encoded: ${Buffer.from(canary.repeat(3)).toString('base64')}
---
apiVersion: v1
kind: ConfigMap
metadata: { name: settings, namespace: settings }
data: { proxy-body-size: "2m", use-gzip: "true" }
`;

/** Nobody may see these, whatever else is wrong with the file. */
const secrets = [canary, Buffer.from(canary.repeat(3)).toString('base64').slice(4, 40)];

/** What a text leads to; asserts that no complaint shows what is secret, and what holds for every configuration. */
function served(text: string): { readonly objects: readonly KubeObject[]; readonly complaints: readonly Diagnostic[] } {
  const manifest = parseManifest('in.yaml', text);
  const decoded = 'objects' in manifest ? manifest.objects.map((one) => one.decoded) : [];
  const complaints = 'objects' in manifest ? decoded.flatMap(({ diagnostics }) => diagnostics) : [manifest];
  const objects = decoded.flatMap(({ object }) => (object ? [object] : []));
  const { built } = printSafe(objects);
  const told = JSON.stringify([complaints, built.diagnostics]);
  for (const secret of secrets) assert.ok(!told.includes(secret), `a complaint shows a Secret: ${told}`);
  return { objects, complaints };
}

type Path = readonly (string | number)[];

function pathsOf(value: unknown): readonly Path[] {
  if (typeof value !== 'object' || value === null) return [[]];
  const steps = Object.entries(value).map(([key, part]) => [Array.isArray(value) ? Number(key) : key, part] as const);
  return [[], ...steps.flatMap(([step, part]) => pathsOf(part).map((path) => [step, ...path]))];
}

function replaced(value: unknown, [step, ...rest]: Path, replacement: unknown): unknown {
  if (step === undefined) return replacement;
  const part = Reflect.get(value as object, step);
  if (Array.isArray(value)) return value.map((one, index) => (index === step ? replaced(part, rest, replacement) : one));
  return { ...(value as object), [step]: replaced(part, rest, replacement) };
}

const documents: readonly unknown[] = [
  {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'pair', namespace: 'default' },
    stringData: { 'tls.crt': pair.pem, 'tls.key': canary },
  },
  { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'pair', namespace: 'default' }, data: { auth: secrets[1], wrong: canary } },
  {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: { name: 'shop', namespace: 'default', annotations: { [`${prefix}auth-secret`]: 'pair', [`${prefix}auth-type`]: 'basic' } },
    spec: {
      tls: [{ hosts: ['shop.test'], secretName: 'pair' }],
      rules: [
        {
          host: 'shop.test',
          http: { paths: [{ path: '/', pathType: 'Prefix', backend: { service: { name: 'web', port: { number: 80 } } } }] },
        },
      ],
    },
  },
  {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: 'web-1', namespace: 'default', labels: { 'kubernetes.io/service-name': 'web' } },
    addressType: 'IPv4',
    endpoints: [{ addresses: ['10.0.0.1'], conditions: { ready: true } }],
    ports: [{ port: 8080 }],
  },
  { apiVersion: 'v1', kind: 'Service', metadata: { name: 'web', namespace: 'default' }, spec: { ports: [{ port: 80 }] } },
  { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'settings', namespace: 'settings' }, data: { 'use-gzip': 'true' } },
];

const spots = documents.flatMap((document, index) => pathsOf(document).map((path) => ({ index, path })));
const anything = fc.oneof(hostileText, fc.jsonValue({ maxDepth: 2 }), fc.constantFrom(null, -1, 1e99, [[]], { a: {} }));

describe('manifests', () => {
  test('are taken whole as they are', () => {
    const { objects, complaints } = served(good);
    const kinds = objects.map(({ kind }) => kind);
    assert.deepEqual(kinds, ['Ingress', 'Service', 'EndpointSet', 'Secret', 'ConfigMap']);
    assert.deepEqual(complaints, []);
  });

  test('of any text end nothing, lead to known directives, and show no Secret in what is said of them', () => {
    fc.assert(
      fc.property(nearly(good), (text) => void served(text)),
      runs(300),
    );
  });

  test('with anything in any place end nothing, lead to known directives, and show no Secret in what is said of them', () => {
    const property = fc.property(fc.array(fc.tuple(fc.constantFrom(...spots), anything), { minLength: 1, maxLength: 3 }), (changes) => {
      const changed = changes.reduce<readonly unknown[]>(
        (all, [{ index, path }, value]) => all.map((one, at) => (at === index && hasPath(one, path) ? replaced(one, path, value) : one)),
        documents,
      );
      served(changed.map((one) => JSON.stringify(one) ?? 'null').join('\n---\n'));
    });
    fc.assert(property, runs(300));
  });
});

function hasPath(value: unknown, path: Path): boolean {
  const [step, ...rest] = path;
  if (step === undefined) return true;
  return typeof value === 'object' && value !== null && hasPath(Reflect.get(value, step), rest);
}
