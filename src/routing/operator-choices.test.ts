import assert from 'node:assert/strict';
import { test } from 'node:test';
import { certificate } from './certificates-testbed.ts';
import { build, complaints, ingress, path, routes, rule, secret, service, slice, snapshot, to } from './objects-testbed.ts';
import { defaultRoutingOptions } from './options.ts';
import { referencesOf } from './references.ts';

const web = [service('web'), slice('web', ['10.0.0.1'])];
const shop = ingress('shop', { rules: [rule('a.test', path('/shop'))] });

test('the default backend Service answers unmatched paths and hosts, at its first TCP port', () => {
  const fallback = [service('errors/pages'), slice('errors/pages', ['10.0.0.9'])];
  const built = build([...web, ...fallback, shop], { defaultBackendService: { namespace: 'errors', name: 'pages' } });
  assert.deepEqual(routes(built), [
    '(any) prefix / -> errors/pages:80',
    'a.test prefix / -> errors/pages:80',
    'a.test prefix /shop -> default/web:80 (default/shop spec.rules[0].http.paths[0])',
  ]);
  assert.deepEqual(complaints(built), []);
});

test('a default backend Service that is missing answers 503, and is complained about once', () => {
  const built = build([...web, shop], { defaultBackendService: { namespace: 'errors', name: 'pages' } });
  assert.deepEqual(routes(built).slice(0, 2), ['(any) prefix / -> 503', 'a.test prefix / -> 503']);
  assert.deepEqual(complaints(built), [
    'error ServiceMissing Service errors/pages : there is no Service errors/pages, so these paths answer 503. Create it, or correct the name.',
  ]);
});

test('with --disable-catch-all an Ingress with a default backend is left alone, with its rules', () => {
  const both = ingress('both', { rules: [rule('b.test', path('/'))], defaultBackend: to('web') });
  const built = build([...web, shop, both], { disableCatchAll: true });
  assert.deepEqual(routes(built), [
    '(any) prefix / -> 404',
    'a.test prefix / -> 404',
    'a.test prefix /shop -> default/web:80 (default/shop spec.rules[0].http.paths[0])',
  ]);
});

test('with --disable-svc-external-name such a Service answers 503', () => {
  const built = build([service('web', { type: 'ExternalName', externalName: 'example.org' }), shop], { disableSvcExternalName: true });
  assert.deepEqual(routes(built).at(-1), 'a.test prefix /shop -> 503 (default/shop spec.rules[0].http.paths[0])');
  assert.deepEqual(complaints(built), [
    'error ExternalNameUnusable Ingress default/shop spec.rules[0].http.paths[0].backend.service.name: Service default/web is of type ExternalName, which --disable-svc-external-name switches off; these paths answer 503.',
  ]);
});

test('the default certificate of the operator takes the place of the self-signed one', async () => {
  const made = await certificate({ names: ['any.test'] });
  const own = secret('own', { 'tls.crt': made.pem, 'tls.key': made.key });
  const built = build([...web, shop, own], { defaultSslCertificate: { namespace: 'default', name: 'own' } });
  const pem = built.runtime.certificates.get('default');
  assert.equal(typeof pem === 'object' && pem.chain, made.pem);
  assert.deepEqual(complaints(built), []);
});

test('a default certificate that is missing leaves the self-signed one, and the Secret is complained about', () => {
  const built = build([...web, shop], { defaultSslCertificate: { namespace: 'default', name: 'own' } });
  assert.equal(built.runtime.certificates.has('default'), false);
  assert.deepEqual(complaints(built), [
    'error SecretMissing Secret default/own : it is to be the default certificate, and a self-signed one stands in: Secret default/own does not exist.',
  ]);
});

test('the Secrets that a build reads are those that our Ingresses and the flags name', () => {
  const tls = ingress('x/tls', { tls: [{ hosts: [], secretName: 'one' }, { hosts: [] }] });
  const foreign = ingress('foreign', { ingressClassName: 'other', tls: [{ hosts: [], secretName: 'two' }] });
  const options = { ...defaultRoutingOptions, defaultSslCertificate: { namespace: 'y', name: 'own' } };
  const { secrets, configMaps } = referencesOf(snapshot(tls, foreign), options);
  assert.deepEqual([...secrets].sort(), ['x/one', 'y/own']);
  assert.deepEqual([...configMaps], []);
});
