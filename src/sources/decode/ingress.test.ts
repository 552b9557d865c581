import assert from 'node:assert/strict';
import { test } from 'node:test';
import { quotePath, quotePattern, quoteWord } from '../../render/quote.ts';
import { decode } from './kinds.ts';

const service = { name: 'web', port: { number: 80 } };

function ingress(spec: unknown, metadata: object = { name: 'web' }, apiVersion = 'networking.k8s.io/v1') {
  return { apiVersion, kind: 'Ingress', metadata, spec };
}

/** An Ingress with one path, whose fields are given. */
function withPath(path: object) {
  return ingress({ rules: [{ http: { paths: [{ pathType: 'Prefix', backend: { service }, ...path }] } }] });
}

function complaints(value: unknown): readonly string[] {
  return decode(value).diagnostics.map(({ code, field, message }) => `${code} ${field}: ${message}`);
}

const metadata = { namespace: 'default', name: 'web', labels: {}, annotations: {} };
const p0 = 'spec.rules[0].http.paths[0]';

test('an Ingress as kubectl prints it is read whole and without complaint', () => {
  const dump = {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: {
      annotations: { 'kubectl.kubernetes.io/last-applied-configuration': '{}\n', 'nginx.ingress.kubernetes.io/proxy-body-size': '8m' },
      creationTimestamp: '2026-01-31T12:00:00Z',
      finalizers: ['example.com/keep'],
      generation: 3,
      labels: { 'app.kubernetes.io/name': 'web' },
      managedFields: [
        { apiVersion: 'networking.k8s.io/v1', fieldsType: 'FieldsV1', fieldsV1: { 'f:spec': {} }, manager: 'kubectl', time: 'x' },
      ],
      name: 'web',
      namespace: 'shop',
      ownerReferences: [{ apiVersion: 'v1', kind: 'X', name: 'x', uid: 'u', controller: true, blockOwnerDeletion: true }],
      resourceVersion: '12345',
      selfLink: '/apis/x',
      uid: 'd6f4',
    },
    spec: {
      ingressClassName: 'nginx',
      defaultBackend: { resource: { apiGroup: 'k8s.example.com', kind: 'Bucket', name: 'static' } },
      rules: [
        {
          host: '*.example.com',
          http: { paths: [{ path: '/a', pathType: 'Exact', backend: { service: { name: 'web', port: { name: 'http' } } } }] },
        },
        { host: 'bare.example.com' },
      ],
      tls: [{ hosts: ['*.example.com'], secretName: 'web-tls' }, {}],
    },
    status: { loadBalancer: { ingress: [{ ip: '192.0.2.1', ports: [{ port: 80, protocol: 'TCP' }] }, { hostname: 'lb.example.com' }] } },
  };
  assert.deepEqual(decode(dump), {
    apiKind: 'Ingress',
    known: true,
    kind: 'Ingress',
    ref: { kind: 'Ingress', namespace: 'shop', name: 'web' },
    diagnostics: [],
    object: {
      kind: 'Ingress',
      metadata: {
        namespace: 'shop',
        name: 'web',
        labels: dump.metadata.labels,
        annotations: dump.metadata.annotations,
        creationTimestamp: Date.UTC(2026, 0, 31, 12),
        uid: 'd6f4',
        resourceVersion: '12345',
        generation: 3,
      },
      ingressClassName: 'nginx',
      defaultBackend: { kind: 'resource', apiGroup: 'k8s.example.com', resourceKind: 'Bucket', name: 'static' },
      rules: [
        {
          host: '*.example.com',
          paths: [{ path: '/a', pathType: 'Exact', backend: { kind: 'service', name: 'web', port: { name: 'http' } } }],
        },
        { host: 'bare.example.com' },
      ],
      tls: [{ hosts: ['*.example.com'], secretName: 'web-tls' }, { hosts: [] }],
      loadBalancer: [{ ip: '192.0.2.1' }, { hostname: 'lb.example.com' }],
    },
  });
});

test('both beta versions are read as the Ingress they stand for', () => {
  for (const apiVersion of ['extensions/v1beta1', 'networking.k8s.io/v1beta1']) {
    const spec = {
      backend: { serviceName: 'fallback', servicePort: 'http' },
      rules: [
        {
          host: 'hdls.me',
          http: {
            paths: [
              { path: '/web', backend: { serviceName: 'hdls', servicePort: 8080 } },
              { backend: { serviceName: 'hdls', servicePort: '8080' } },
              { path: '/a(.*)[0-9]+', backend: { serviceName: 'hdls', servicePort: 'web' } },
            ],
          },
        },
      ],
    };
    const backend = (port: object) => ({ kind: 'service', name: 'hdls', port });
    const pathType = 'ImplementationSpecific';
    const decoded = decode(ingress(spec, { name: 'web' }, apiVersion));
    assert.deepEqual(decoded.diagnostics, []);
    assert.deepEqual(decoded.object, {
      kind: 'Ingress',
      metadata,
      defaultBackend: { kind: 'service', name: 'fallback', port: { name: 'http' } },
      rules: [
        {
          host: 'hdls.me',
          paths: [
            { path: '/web', pathType, backend: backend({ number: 8080 }) },
            { path: '/', pathType, backend: backend({ number: 8080 }) },
            { path: '/a(.*)[0-9]+', pathType, backend: backend({ name: 'web' }) },
          ],
        },
      ],
      tls: [],
      loadBalancer: [],
    });
  }
});

test('a path without pathType is taken as ImplementationSpecific, with a warning only where the API wants one', () => {
  const v1 = withPath({ pathType: null });
  assert.deepEqual(complaints(v1), [
    `PathTypeMissing ${p0}.pathType: pathType is missing and taken as ImplementationSpecific: write Exact, Prefix or ImplementationSpecific`,
  ]);
  const path = { path: '/', pathType: 'ImplementationSpecific', backend: { kind: 'service', ...service } };
  assert.deepEqual(decode(v1).object, { kind: 'Ingress', metadata, rules: [{ paths: [path] }], tls: [], loadBalancer: [] });
});

test('hosts are taken in lower case and without trailing dot, with a warning', () => {
  const value = ingress({ defaultBackend: { service }, rules: [{ host: 'Shop.Example.com.' }], tls: [{ hosts: ['*.SHOP.example.com'] }] });
  assert.deepEqual(complaints(value), [
    'HostNormalised spec.rules[0].host: "Shop.Example.com." is taken as "shop.example.com", which is what the API wants',
    'HostNormalised spec.tls[0].hosts[0]: "*.SHOP.example.com" is taken as "*.shop.example.com", which is what the API wants',
  ]);
  const { object } = decode(value);
  assert.ok(object?.kind === 'Ingress');
  assert.deepEqual([object.rules, object.tls], [[{ host: 'shop.example.com' }], [{ hosts: ['*.shop.example.com'] }]]);
});

for (const host of [
  'a_b.example.com',
  '*',
  '*.*.example.com',
  'a.*.com',
  '-a.com',
  'a..com',
  'a.com..',
  'shop.example.com:80',
  'a b',
  'a;b',
  'shop\n.com',
  'münchen.de',
  '\u212aelvin.com',
  `${'a'.repeat(250)}.com`,
]) {
  test(`the host ${JSON.stringify(host.slice(0, 20))} is refused`, () => {
    const found = decode(ingress({ rules: [{ host }] }));
    assert.equal(found.object, undefined);
    assert.deepEqual(
      found.diagnostics.map(({ code, field }) => [code, field]),
      [['ObjectInvalid', 'spec.rules[0].host']],
    );
  });
}

test('an IP address is no host of a rule, in any form that the API takes for one', () => {
  for (const host of ['192.0.2.1', '010.000.0.1', '::1', '2001:db8::1']) {
    assert.deepEqual(complaints(ingress({ rules: [{ host }] })), [
      `ObjectInvalid spec.rules[0].host: ${JSON.stringify(host)} is an IP address: use a DNS name`,
    ]);
  }
});

test('an empty host is no host', () => {
  const { object } = decode(ingress({ rules: [{ host: '' }] }));
  assert.ok(object?.kind === 'Ingress');
  assert.deepEqual(object.rules, [{}]);
});

function tooLongIn(sign: string, bytes: number): string {
  const shown = JSON.stringify(`/${sign.repeat(79)}…`);
  return `${shown} takes up to ${bytes} bytes in nginx.conf, where a dollar counts nineteen, a backslash four, a quote two and a sign such as "." or "*" three: at most 3900 are allowed`;
}

const paths: readonly (readonly [string, string, string | undefined])[] = [
  ['Prefix', '', undefined],
  ['Prefix', '/', undefined],
  ['Exact', '/a%20b/ü', undefined],
  ['Prefix', '/a/..b/.c', undefined],
  ['ImplementationSpecific', '//a/./../%2f/..', undefined],
  ['Prefix', 'a', '"a" is not an absolute path: begin with "/"'],
  ['ImplementationSpecific', 'a', '"a" is not an absolute path: begin with "/"'],
  ['Prefix', '/a//b', '"/a//b" holds "//", which a path of type Prefix must not'],
  ['Exact', '/a/./b', '"/a/./b" holds "/./", which a path of type Exact must not'],
  ['Exact', '/a/../b', '"/a/../b" holds "/../", which a path of type Exact must not'],
  ['Prefix', '/a%2fb', '"/a%2fb" holds "%2f", which a path of type Prefix must not'],
  ['Prefix', '/a%2Fb', '"/a%2Fb" holds "%2F", which a path of type Prefix must not'],
  ['Prefix', '/a/..', '"/a/.." ends with "/..", which a path of type Prefix must not'],
  ['Exact', '/a/.', '"/a/." ends with "/.", which a path of type Exact must not'],
  ['ImplementationSpecific', '/a\nb', '"/a\\nb" holds a control character, which no path may'],
  ['ImplementationSpecific', '/a\0', '"/a\\u0000" holds a control character, which no path may'],
  ['ImplementationSpecific', '/\x7f', `${JSON.stringify('/\x7f')} holds a control character, which no path may`],
  ['ImplementationSpecific', `/${'ü'.repeat(1023)}`, undefined],
  ['ImplementationSpecific', `/${'ü'.repeat(1024)}`, `"/${'ü'.repeat(79)}…" has 2049 bytes: at most 2048 are allowed`],
  ['Exact', `/${'"'.repeat(1949)}`, undefined],
  ['Exact', `/${'"'.repeat(1950)}`, tooLongIn('"', 3901)],
  ['ImplementationSpecific', `/${'\\'.repeat(974)}`, undefined],
  ['ImplementationSpecific', `/${'\\'.repeat(975)}`, tooLongIn('\\', 3901)],
  ['Prefix', `/${'*'.repeat(1299)}`, undefined],
  ['Prefix', `/${'*'.repeat(1300)}`, tooLongIn('*', 3901)],
  ['Prefix', `/${'$'.repeat(205)}`, undefined],
  ['Prefix', `/${'$'.repeat(206)}`, tooLongIn('$', 3915)],
];
test('every path that is accepted is one that NGINX can read, plain, as a regular expression, and as the value of a variable', () => {
  for (const [, written] of paths.filter(([, , complaint]) => complaint === undefined)) {
    const path = written || '/';
    const pattern = `^${path.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')}(?:/|$)`;
    assert.doesNotThrow(() => [quotePath(path), quotePattern(pattern, '~*'), quoteWord({ text: path })]);
  }
});

for (const [pathType, path, complaint] of paths) {
  test(`the ${pathType} path ${JSON.stringify(path.slice(0, 20))} is ${complaint === undefined ? 'accepted' : 'refused'}`, () => {
    const expected = complaint === undefined ? [] : [`ObjectInvalid ${p0}.path: ${complaint}`];
    assert.deepEqual(complaints(withPath({ pathType, path })), expected);
  });
}

const backends: readonly (readonly [string, unknown, string])[] = [
  ['nothing', {}, 'backend: needs `service` or `resource`'],
  ['both', { service, resource: { kind: 'A', name: 'a' } }, 'backend: has both `service` and `resource`: only one is allowed'],
  ['no name', { service: { port: { number: 80 } } }, 'backend.service.name: is required'],
  ['no port', { service: { name: 'web' } }, 'backend.service.port: needs `number` or `name`'],
  ['port zero', { service: { name: 'web', port: { number: 0 } } }, 'backend.service.port: needs `number` or `name`'],
  [
    'two ports',
    { service: { name: 'web', port: { number: 80, name: 'http' } } },
    'backend.service.port: has both `number` and `name`: only one is allowed',
  ],
  ['port 70000', { service: { name: 'web', port: { number: 70000 } } }, 'backend.service.port.number: 70000 is not a port: use 1 to 65535'],
  ['port 1.5', { service: { name: 'web', port: { number: 1.5 } } }, 'backend.service.port.number: must be a whole number, not 1.5'],
  [
    'a text port',
    { service: { name: 'web', port: { number: '80' } } },
    'backend.service.port.number: must be a whole number, not a string',
  ],
  [
    'a long port name',
    { service: { name: 'web', port: { name: 'a-very-long-name' } } },
    'backend.service.port.name: "a-very-long-name" is not a port name: use at most 15 lower case letters, digits and single "-", with at least one letter',
  ],
  ['a resource without kind', { resource: { name: 'a' } }, 'backend.resource.kind: is required'],
  ['a list', [], 'backend: must be an object, not a list'],
];
for (const [title, backend, complaint] of backends) {
  test(`a backend with ${title} is refused`, () => {
    assert.deepEqual(complaints(withPath({ backend })), [`ObjectInvalid ${p0}.${complaint}`]);
  });
}

test('a missing backend, rule list or path list is refused', () => {
  assert.deepEqual(complaints(withPath({ backend: null })), [`ObjectInvalid ${p0}.backend: is required`]);
  assert.deepEqual(complaints(ingress({})), ['ObjectInvalid spec: needs `rules` or `defaultBackend`']);
  assert.deepEqual(complaints(ingress({}, { name: 'web' }, 'extensions/v1beta1')), ['ObjectInvalid spec: needs `rules` or `backend`']);
  assert.deepEqual(complaints(ingress({ rules: [{ http: {} }] })), ['ObjectInvalid spec.rules[0].http.paths: needs at least one path']);
});

test('an unknown pathType says which there are', () => {
  assert.deepEqual(complaints(withPath({ pathType: 'prefix' })), [
    `ObjectInvalid ${p0}.pathType: "prefix" is not supported: use Exact, Prefix, ImplementationSpecific`,
  ]);
});

test('fields of another API version are pointed to their name in this one', () => {
  assert.deepEqual(complaints(withPath({ backend: { service, serviceName: 'web', servicePort: 80 } })), [
    `FieldUnknown ${p0}.backend.serviceName: unknown field "serviceName"; networking.k8s.io/v1 calls it \`service.name\``,
    `FieldUnknown ${p0}.backend.servicePort: unknown field "servicePort"; networking.k8s.io/v1 calls it \`service.port.number\` or \`service.port.name\``,
  ]);
});

test('the bad ports of a beta version are refused', () => {
  const beta = (backend: object) => complaints(ingress({ backend }, { name: 'web' }, 'extensions/v1beta1'));
  assert.deepEqual(beta({ serviceName: 'a', servicePort: '99999' }), [
    'ObjectInvalid spec.backend.servicePort: 99999 is not a port: use 1 to 65535',
  ]);
  assert.deepEqual(beta({ serviceName: 'a' }), ['ObjectInvalid spec.backend.servicePort: is required']);
  assert.deepEqual(beta({ servicePort: 80 }), ['ObjectInvalid spec.backend.serviceName: is required']);
  assert.deepEqual(beta({ serviceName: 'a', servicePort: true }), [
    'ObjectInvalid spec.backend.servicePort: must be a whole number or a string, not the boolean true: put it in quotes',
  ]);
});
