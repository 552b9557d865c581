import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildRouting } from './build.ts';
import { certificate } from './certificates-testbed.ts';
import { ingress, path, routes, rule, secret, service, slice, snapshot, to } from './objects-testbed.ts';
import { defaultRoutingOptions } from './options.ts';

const authority = await certificate({ commonName: 'authority' });
const base = [
  service('web'),
  slice('web', ['10.0.0.1']),
  service('own'),
  slice('own', ['10.0.0.2']),
  secret('ca', { 'ca.crt': authority.pem }),
];

/** What Ingresses lead to of which NGINX has refused `default/refused`. */
function built(...ingresses: readonly ReturnType<typeof ingress>[]) {
  return buildRouting({ ...snapshot(...base, ...ingresses), refused: new Set(['default/refused']) }, defaultRoutingOptions);
}

const answers = (...ingresses: readonly ReturnType<typeof ingress>[]) =>
  routes(built(...ingresses))
    .slice(1)
    .map((line) => line.replace(/ \(.*/, ''));

const annotated = (annotations: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(annotations).map(([key, value]) => [`nginx.ingress.kubernetes.io/${key}`, value]));

const open = ingress('open', { created: 1, rules: [rule('a.test', path('/'))] });

test('the paths of an Ingress that NGINX has refused answer 503, and those of others are served', () => {
  const rules = [
    rule('a.test', path('/admin', 'Exact', to('own')), path('/b', 'Prefix', to('own'))),
    rule('b.test', path('/', 'Prefix', to('own'))),
  ];
  assert.deepEqual(answers(open, ingress('refused', { created: 2, rules })), [
    'a.test exact /admin -> 503',
    'a.test prefix / -> default/web:80',
    'a.test prefix /b -> 503',
    'b.test prefix / -> 503',
  ]);
});

test('its paths keep their requests as the expressions that they are', () => {
  for (const annotations of [annotated({ 'use-regex': 'true' }), annotated({ 'rewrite-target': '/$1' })]) {
    const refused = ingress('refused', {
      created: 2,
      annotations,
      rules: [rule('a.test', path('/admin/(.*)', 'ImplementationSpecific', to('own')))],
    });
    assert.deepEqual(answers(open, refused), ['a.test prefix / -> default/web:80', 'a.test regex /admin/(.*) -> 503']);
  }
});

test('a younger Ingress does not get its path', () => {
  const refused = ingress('refused', { created: 1, rules: [rule('a.test', path('/', 'Prefix', to('own')))] });
  assert.deepEqual(answers(refused, ingress('open', { created: 2, rules: [rule('a.test', path('/'))] })), ['a.test prefix / -> 503']);
});

test('what it does not name on a host that it has made is 503, and so is its default backend', () => {
  const refused = ingress('refused', { created: 1, defaultBackend: to('own'), rules: [rule('a.test', path('/b', 'Prefix', to('own')))] });
  assert.deepEqual(answers(refused), ['a.test prefix / -> 503', 'a.test prefix /b -> 503']);
});

test('a host whose clients it asks for certificates is closed', () => {
  const annotations = annotated({ 'auth-tls-secret': 'default/ca' });
  const refused = ingress('refused', { created: 2, annotations, rules: [rule('a.test', path('/b', 'Prefix', to('own')))] });
  const other = ingress('other', { created: 3, rules: [rule('b.test', path('/'))] });
  assert.deepEqual(answers(open, refused, other), [
    'a.test prefix / -> 403',
    'a.test prefix /b -> 403',
    'b.test prefix / -> default/web:80',
  ]);
});

test('a host that an older Ingress guards stays open to those who pass it', () => {
  const annotations = annotated({ 'auth-tls-secret': 'default/ca' });
  const older = ingress('older', { created: 1, annotations, rules: [rule('a.test', path('/'))] });
  const refused = ingress('refused', { created: 2, annotations, rules: [rule('a.test', path('/b', 'Prefix', to('own')))] });
  assert.deepEqual(answers(older, refused), ['a.test prefix / -> default/web:80', 'a.test prefix /b -> 503']);
});

test('nothing of it is left but its hosts, its paths, and that they have TLS', () => {
  const annotations = annotated({
    'auth-tls-secret': 'default/ca',
    'server-alias': 'further.test',
    'ssl-ciphers': 'ECDHE-ECDSA-AES256-GCM-SHA384',
    'app-root': '/root',
    'limit-rps': '5',
    'proxy-read-timeout': '77',
    affinity: 'cookie',
  });
  const refused = ingress('refused', {
    annotations,
    rules: [rule('a.test', path('/b', 'Prefix', to('own')))],
    tls: [{ hosts: ['a.test'], secretName: 'pair' }],
  });
  const plain = ingress('refused', { rules: refused.rules, tls: refused.tls });
  const { servers, ...rest } = built(refused).topology;
  const { servers: plainServers, ...plainRest } = built(plain).topology;
  assert.deepEqual(rest, plainRest);
  assert.deepEqual(rest.upstreams, []);
  const closed = JSON.parse(JSON.stringify(plainServers).replaceAll('"status":503', '"status":403'));
  assert.deepEqual(servers[1], closed[1]);
});

test('a canary that NGINX has refused gets nothing, and takes no path', () => {
  const annotations = annotated({ canary: 'true', 'canary-weight': '50' });
  const refused = ingress('refused', { created: 1, annotations, rules: [rule('a.test', path('/', 'Prefix', to('own')))] });
  assert.deepEqual(answers(refused, open), ['a.test prefix / -> default/web:80']);
});
