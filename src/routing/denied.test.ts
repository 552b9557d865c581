import assert from 'node:assert/strict';
import { test } from 'node:test';
import { build, ingress, path, routes, rule, service, slice, to } from './objects-testbed.ts';

const base = [service('web'), slice('web', ['10.0.0.1'])];
const guard = { 'nginx.ingress.kubernetes.io/enable-modsecurity': 'true' };

test('an Ingress with a guard that is not carried out answers 503 on its own paths, and nothing else of the host is touched', () => {
  const guarded = ingress('guarded', { created: 2, annotations: guard, rules: [rule('a.test', path('/admin'))] });
  const open = ingress('open', { created: 1, rules: [rule('a.test', path('/'))] });
  const built = build([...base, guarded, open]);
  assert.deepEqual(routes(built).slice(1), [
    'a.test prefix / -> default/web:80 (default/open spec.rules[0].http.paths[0])',
    'a.test prefix /admin -> 503 (default/guarded spec.rules[0].http.paths[0])',
  ]);
});

test('a denied path is 503 on plain http as well: it is not redirected', () => {
  const guarded = ingress('guarded', { annotations: guard, rules: [rule('a.test', path('/admin'))], tls: [{ hosts: ['a.test'] }] });
  const [, server] = build([...base, guarded]).topology.servers;
  assert.deepEqual(
    server?.locations.map((location) => [location.match.path, location.denied, location.httpsRedirect]),
    [
      ['/', true, false],
      ['/admin', true, false],
    ],
  );
});

test('the default backend of a denied Ingress is denied too', () => {
  assert.deepEqual(routes(build([...base, ingress('all', { annotations: guard, defaultBackend: to('web') })])), [
    '(any) prefix / -> 503 (default/all spec.defaultBackend)',
  ]);
});

test('a canary Ingress takes no path, whatever its age', () => {
  const canary = ingress('canary', {
    created: 1,
    annotations: { 'nginx.ingress.kubernetes.io/canary': 'true' },
    rules: [rule('a.test', path('/'))],
  });
  const primary = ingress('primary', { created: 2, rules: [rule('a.test', path('/'))] });
  const built = build([...base, canary, primary]);
  assert.deepEqual(routes(built).slice(1), ['a.test prefix / -> default/web:80 (default/primary spec.rules[0].http.paths[0])']);
  assert.deepEqual(built.selected, ['default/canary', 'default/primary']);
});

test('a denied path that is a regular expression keeps all of its requests', () => {
  const prefix = 'nginx.ingress.kubernetes.io';
  const open = ingress('open', { created: 1, rules: [rule('a.test', path('/'))] });
  for (const [key, value] of [
    ['use-regex', 'true'],
    ['rewrite-target', '/$1'],
  ]) {
    const annotations = { [`${prefix}/${key}`]: value ?? '', [`${prefix}/auth-type`]: 'bogus' };
    const guarded = ingress('guarded', { created: 2, annotations, rules: [rule('a.test', path('/admin/(.*)', 'ImplementationSpecific'))] });
    assert.deepEqual(routes(build([...base, guarded, open])).slice(1), [
      'a.test prefix / -> default/web:80 (default/open spec.rules[0].http.paths[0])',
      'a.test regex /admin/(.*) -> 503 (default/guarded spec.rules[0].http.paths[0])',
    ]);
  }
});
