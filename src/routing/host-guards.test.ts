import assert from 'node:assert/strict';
import { test } from 'node:test';
import { certificate } from './certificates-testbed.ts';
import { build, ingress, path, routes, rule, secret, service, slice } from './objects-testbed.ts';

const prefix = 'nginx.ingress.kubernetes.io';
const authority = await certificate({ commonName: 'authority' });
const another = await certificate({ commonName: 'another' });
const base = [
  service('web'),
  slice('web', ['10.0.0.1']),
  secret('ca', { 'ca.crt': authority.pem }),
  secret('other', { 'ca.crt': another.pem }),
];

function guarded(name: string, created: number, where: string, annotations: Readonly<Record<string, string>>) {
  const named = Object.fromEntries(Object.entries(annotations).map(([key, value]) => [`${prefix}/${key}`, value]));
  return ingress(name, { created, annotations: named, rules: [rule('a.test', path(where))] });
}

const answers = (...ingresses: readonly ReturnType<typeof guarded>[]) =>
  routes(build([...base, ...ingresses]))
    .slice(1)
    .map((line) => line.replace(/ \(.*/, ''));

test('two Ingresses of a host that ask for the same certificates are both served', () => {
  const older = guarded('older', 1, '/', { 'auth-tls-secret': 'ca' });
  const younger = guarded('younger', 2, '/b', { 'auth-tls-secret': 'ca' });
  assert.deepEqual(answers(older, younger), ['a.test prefix / -> default/web:80', 'a.test prefix /b -> default/web:80']);
});

test('a younger Ingress that asks for other certificates than the host has is denied alone', () => {
  const older = guarded('older', 1, '/', { 'auth-tls-secret': 'ca', 'auth-tls-verify-client': 'optional' });
  for (const wanted of [{ 'auth-tls-secret': 'ca' }, { 'auth-tls-secret': 'other' }]) {
    assert.deepEqual(answers(older, guarded('younger', 2, '/b', wanted)), ['a.test prefix / -> default/web:80', 'a.test prefix /b -> 503']);
  }
});

test('a younger Ingress whose certificates cannot be checked does not close a host that is guarded already', () => {
  const older = guarded('older', 1, '/', { 'auth-tls-secret': 'ca' });
  const younger = guarded('younger', 2, '/b', { 'auth-tls-secret': 'nothing' });
  assert.deepEqual(answers(older, younger), ['a.test prefix / -> default/web:80', 'a.test prefix /b -> 503']);
});

test('a host whose only guard cannot be carried out is closed for everybody', () => {
  const open = guarded('open', 1, '/', {});
  const broken = guarded('broken', 2, '/b', { 'auth-tls-secret': 'nothing' });
  assert.deepEqual(answers(open, broken), ['a.test prefix / -> 403', 'a.test prefix /b -> 403']);
});

test('what an upstream of a closed host names is defined all the same, as NGINX would refuse the whole configuration', () => {
  const annotations = {
    'nginx.ingress.kubernetes.io/auth-tls-secret': 'default/none',
    'nginx.ingress.kubernetes.io/affinity': 'cookie',
  };
  const { topology } = build([
    service('web'),
    slice('web', ['10.0.0.1']),
    ingress('a', { annotations, rules: [rule('a.test', path('/'))] }),
  ]);
  const [, server] = topology.servers;
  assert.ok(server?.locations.every(({ denied }) => denied));
  const named = topology.upstreams.flatMap(({ directives = [] }) => JSON.stringify(directives).match(/gatehouse_affinity_\w+/g) ?? []);
  assert.notDeepEqual(named, []);
  for (const name of named) assert.ok(JSON.stringify(topology.base).includes(`"${name}"`), `${name} is not defined`);
});

test('nor does an answer for the root of a host take away what the upstream of that path names', () => {
  const annotations = { 'nginx.ingress.kubernetes.io/app-root': '/welcome', 'nginx.ingress.kubernetes.io/affinity': 'cookie' };
  const { topology } = build([
    service('web'),
    slice('web', ['10.0.0.1']),
    ingress('a', { annotations, rules: [rule('a.test', path('/', 'Exact'))] }),
    ingress('b', { rules: [rule('a.test', path('/'))] }),
  ]);
  const named = topology.upstreams.flatMap(({ directives = [] }) => JSON.stringify(directives).match(/gatehouse_affinity_\w+/g) ?? []);
  assert.notDeepEqual(named, []);
  for (const name of named) assert.ok(JSON.stringify(topology.base).includes(`"${name}"`), `${name} is not defined`);
});
