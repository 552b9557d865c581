import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubeObject } from '../model/objects.ts';
import { build, complaints, ingress, path, routes, rule, service, slice, to } from './objects-testbed.ts';

/** Two Services with an endpoint each, in two namespaces. */
const services = ['web', 'api', 'team/web'].flatMap((name) => [service(name), slice(name, ['10.0.0.1'])]);

interface Row {
  readonly title: string;
  readonly objects: readonly KubeObject[];
  readonly routes: readonly string[];
  readonly complaints?: readonly string[];
}

const nothing = '(any) prefix / -> 404';

const rows: readonly Row[] = [
  { title: 'without any Ingress every request is 404', objects: [], routes: [nothing] },
  {
    title: 'a host gets the paths of its rule, exact ones first, and 404 for the rest',
    objects: [ingress('shop', { rules: [rule('a.test', path('/b'), path('/z', 'Exact'), path('/a/', 'ImplementationSpecific'))] })],
    routes: [
      nothing,
      'a.test exact /z -> default/web:80 (default/shop spec.rules[0].http.paths[1])',
      'a.test prefix / -> 404',
      'a.test prefix /a -> default/web:80 (default/shop spec.rules[0].http.paths[2])',
      'a.test prefix /b -> default/web:80 (default/shop spec.rules[0].http.paths[0])',
    ],
  },
  {
    title: 'servers come in order: everything, exact names, wildcards',
    objects: [
      ingress('shop', { rules: [rule('*.a.test', path('/')), rule('b.test', path('/')), rule('', path('/')), rule('a.test', path('/'))] }),
    ],
    routes: [
      '(any) prefix / -> default/web:80 (default/shop spec.rules[2].http.paths[0])',
      'a.test prefix / -> default/web:80 (default/shop spec.rules[3].http.paths[0])',
      'b.test prefix / -> default/web:80 (default/shop spec.rules[1].http.paths[0])',
      '*.a.test prefix / -> default/web:80 (default/shop spec.rules[0].http.paths[0])',
    ],
  },
  {
    title: 'Ingresses of two namespaces share a host, each with the Services beside it',
    objects: [
      ingress('team/b', { created: 2, rules: [rule('a.test', path('/b'))] }),
      ingress('a', { created: 1, rules: [rule('a.test', path('/a'))] }),
    ],
    routes: [
      nothing,
      'a.test prefix / -> 404',
      'a.test prefix /a -> default/web:80 (default/a spec.rules[0].http.paths[0])',
      'a.test prefix /b -> team/web:80 (team/b spec.rules[0].http.paths[0])',
    ],
  },
  {
    title: 'the same path twice belongs to the older Ingress, with and without a trailing slash',
    objects: [
      ingress('team/old', { created: 1, rules: [rule('a.test', path('/s/'))] }),
      ingress('new', { created: 2, rules: [rule('a.test', path('/s'), path('/s', 'Exact'), path('/s/', 'Exact'))] }),
    ],
    routes: [
      nothing,
      'a.test exact /s -> default/web:80 (default/new spec.rules[0].http.paths[1])',
      'a.test exact /s/ -> default/web:80 (default/new spec.rules[0].http.paths[2])',
      'a.test prefix / -> 404',
      'a.test prefix /s -> team/web:80 (team/old spec.rules[0].http.paths[0])',
    ],
    complaints: [
      'error PathTaken Ingress default/new spec.rules[0].http.paths[0].path: Prefix a.test/s already belongs to Ingress team/old, which counts as older. Remove one of the two.',
    ],
  },
  {
    title: 'in one second the larger namespace and name keeps the path',
    objects: [
      ingress('a/x', { created: 1, rules: [rule('a.test', path('/', 'Exact'))] }),
      ingress('team/x', { created: 1, rules: [rule('a.test', path('/', 'Exact'))] }),
    ],
    routes: [nothing, 'a.test exact / -> team/web:80 (team/x spec.rules[0].http.paths[0])', 'a.test prefix / -> 404'],
    complaints: [
      'error PathTaken Ingress a/x spec.rules[0].http.paths[0].path: Exact a.test/ already belongs to Ingress team/x, which counts as older. Remove one of the two.',
    ],
  },
  {
    title: 'one Ingress that names a path twice keeps the first, also across two rules of one host',
    objects: [ingress('shop', { rules: [rule('a.test', path('/')), rule('a.test', path('/', 'Prefix', to('api')))] })],
    routes: [nothing, 'a.test prefix / -> default/web:80 (default/shop spec.rules[0].http.paths[0])'],
    complaints: [
      'error PathTaken Ingress default/shop spec.rules[1].http.paths[0].path: Prefix a.test/ already belongs to spec.rules[0].http.paths[0] of the same Ingress. Remove one of the two.',
    ],
  },
  {
    title: 'a default backend takes what its own hosts do not match, and nothing of other hosts',
    objects: [
      ingress('shop', { defaultBackend: to('api'), rules: [rule('a.test', path('/a'))] }),
      ingress('b', { rules: [rule('b.test', path('/b'))] }),
    ],
    routes: [
      nothing,
      'a.test prefix / -> default/api:80 (default/shop spec.defaultBackend)',
      'a.test prefix /a -> default/web:80 (default/shop spec.rules[0].http.paths[0])',
      'b.test prefix / -> 404',
      'b.test prefix /b -> default/web:80 (default/b spec.rules[0].http.paths[0])',
    ],
  },
  {
    title: 'a default backend of an Ingress without rules takes the hosts that nobody names, the oldest first',
    objects: [ingress('old', { created: 1, defaultBackend: to('api') }), ingress('new', { created: 2, defaultBackend: to('web') })],
    routes: ['(any) prefix / -> default/api:80 (default/old spec.defaultBackend)'],
    complaints: [
      'warning DefaultBackendIgnored Ingress default/new spec.defaultBackend: unmatched requests of hosts that no rule names are already decided by Ingress default/old; this default backend does not get them.',
    ],
  },
  {
    title: 'the Ingress that names a host first decides about its unmatched paths, with its default backend',
    objects: [
      ingress('old', { created: 1, defaultBackend: to('api'), rules: [rule('a.test', path('/a'))] }),
      ingress('new', { created: 2, defaultBackend: to('web'), rules: [rule('a.test', path('/b'))] }),
    ],
    routes: [
      nothing,
      'a.test prefix / -> default/api:80 (default/old spec.defaultBackend)',
      'a.test prefix /a -> default/web:80 (default/old spec.rules[0].http.paths[0])',
      'a.test prefix /b -> default/web:80 (default/new spec.rules[0].http.paths[0])',
    ],
    complaints: [
      'warning DefaultBackendIgnored Ingress default/new spec.defaultBackend: unmatched requests of a.test are already decided by Ingress default/old; this default backend does not get them.',
    ],
  },
  {
    title: 'the Ingress that names a host first decides about its unmatched paths, without a default backend too',
    objects: [
      ingress('old', { created: 1, rules: [rule('a.test', path('/a'))] }),
      ingress('new', { created: 2, defaultBackend: to('api'), rules: [rule('a.test', path('/b')), rule('b.test')] }),
    ],
    routes: [
      nothing,
      'a.test prefix / -> 404',
      'a.test prefix /a -> default/web:80 (default/old spec.rules[0].http.paths[0])',
      'a.test prefix /b -> default/web:80 (default/new spec.rules[0].http.paths[0])',
      'b.test prefix / -> default/api:80 (default/new spec.defaultBackend)',
    ],
    complaints: [
      'warning DefaultBackendIgnored Ingress default/new spec.defaultBackend: unmatched requests of a.test are already decided by an older Ingress with rules for it; this default backend does not get them.',
    ],
  },
  {
    title: 'a rule for / replaces a default backend, also that of an older Ingress',
    objects: [
      ingress('old', { created: 1, defaultBackend: to('api'), rules: [rule('a.test', path('/a'))] }),
      ingress('new', { created: 2, rules: [rule('a.test', path('/'))] }),
    ],
    routes: [
      nothing,
      'a.test prefix / -> default/web:80 (default/new spec.rules[0].http.paths[0])',
      'a.test prefix /a -> default/web:80 (default/old spec.rules[0].http.paths[0])',
    ],
  },
  {
    title: 'an Exact / does not replace a default backend',
    objects: [ingress('shop', { defaultBackend: to('api'), rules: [rule('a.test', path('/', 'Exact'))] })],
    routes: [
      nothing,
      'a.test exact / -> default/web:80 (default/shop spec.rules[0].http.paths[0])',
      'a.test prefix / -> default/api:80 (default/shop spec.defaultBackend)',
    ],
  },
  {
    title: 'a rule without host and a default backend serve the hosts that nobody names',
    objects: [ingress('shop', { defaultBackend: to('api'), rules: [rule('', path('/a'))] })],
    routes: [
      '(any) prefix / -> default/api:80 (default/shop spec.defaultBackend)',
      '(any) prefix /a -> default/web:80 (default/shop spec.rules[0].http.paths[0])',
    ],
  },
  {
    title: 'a rule without host does not keep a later default backend from taking the rest',
    objects: [ingress('old', { created: 1, rules: [rule('', path('/a'))] }), ingress('new', { created: 2, defaultBackend: to('api') })],
    routes: [
      '(any) prefix / -> default/api:80 (default/new spec.defaultBackend)',
      '(any) prefix /a -> default/web:80 (default/old spec.rules[0].http.paths[0])',
    ],
  },
  {
    title: 'a rule without http is 404 by itself and does not fall to the rule without host',
    objects: [ingress('shop', { rules: [{ host: 'a.test' }, rule('', path('/'))] })],
    routes: ['(any) prefix / -> default/web:80 (default/shop spec.rules[1].http.paths[0])', 'a.test prefix / -> 404'],
  },
  {
    title: 'a rule without http leaves its host to the default backend of its Ingress',
    objects: [ingress('shop', { defaultBackend: to('api'), rules: [{ host: 'a.test' }] })],
    routes: [nothing, 'a.test prefix / -> default/api:80 (default/shop spec.defaultBackend)'],
  },
  {
    title: 'a resource as backend is 503 for its path alone',
    objects: [
      ingress('shop', {
        rules: [
          rule(
            'a.test',
            path('/'),
            path('/files', 'Prefix', { kind: 'resource', apiGroup: 'k8s.example.com', resourceKind: 'Bucket', name: 'files' }),
          ),
        ],
      }),
    ],
    routes: [
      nothing,
      'a.test prefix / -> default/web:80 (default/shop spec.rules[0].http.paths[0])',
      'a.test prefix /files -> 503 (default/shop spec.rules[0].http.paths[1])',
    ],
    complaints: [
      'error BackendResource Ingress default/shop spec.rules[0].http.paths[1].backend.resource: Bucket files is not a Service; Gatehouse can only send requests to a Service. Name one under backend.service.',
    ],
  },
  {
    title: 'a resource as default backend is 503 for what nobody matches',
    objects: [ingress('shop', { defaultBackend: { kind: 'resource', apiGroup: '', resourceKind: 'Bucket', name: 'files' } })],
    routes: ['(any) prefix / -> 503 (default/shop spec.defaultBackend)'],
    complaints: [
      'error BackendResource Ingress default/shop spec.defaultBackend.resource: Bucket files is not a Service; Gatehouse can only send requests to a Service. Name one under backend.service.',
    ],
  },
  {
    title: 'a path that no request can match is served as it is written, and reported',
    objects: [ingress('shop', { rules: [rule('a.test', path('/a%20b'), path('//'))] })],
    routes: [
      nothing,
      'a.test prefix / -> 404',
      'a.test prefix // -> default/web:80 (default/shop spec.rules[0].http.paths[1])',
      'a.test prefix /a%20b -> default/web:80 (default/shop spec.rules[0].http.paths[0])',
    ],
    complaints: [
      'warning PathNeverMatches Ingress default/shop spec.rules[0].http.paths[0].path: no request matches "/a%20b": requests are matched after decoding, so write the character itself instead of %20.',
      'warning PathNeverMatches Ingress default/shop spec.rules[0].http.paths[1].path: no request matches "//": several slashes in a request count as one, so write one.',
    ],
  },
];

for (const row of rows) {
  test(row.title, () => {
    const built = build([...services, ...row.objects]);
    assert.deepEqual({ routes: routes(built), complaints: complaints(built) }, { routes: row.routes, complaints: row.complaints ?? [] });
  });
}

test('a server names each Ingress that has a rule for it, oldest first', () => {
  const built = build([
    ...services,
    ingress('new', { created: 2, rules: [rule('a.test', path('/b'))] }),
    ingress('old', { created: 1, rules: [rule('b.test', path('/')), rule('a.test', path('/a'))] }),
  ]);
  assert.deepEqual(
    built.topology.servers[1]?.origins.map(({ object, field }) => `${object.name} ${field}`),
    ['old spec.rules[1]', 'new spec.rules[0]'],
  );
});
