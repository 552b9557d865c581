import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createBackends } from './backends.ts';
import { service, slice, snapshot } from './objects-testbed.ts';
import { defaultRoutingOptions } from './options.ts';

const objects = [
  service('sso/auth'),
  slice('sso/auth', ['10.0.0.1']),
  service('sso/headless', { clusterIP: 'None' }),
  service('sso/elsewhere', { type: 'ExternalName', externalName: 'idp.example.com' }),
];

function host(name: string, port: number) {
  const backends = createBackends(snapshot(...objects), defaultRoutingOptions);
  const found = backends.host(name, port);
  return found.ok ? backends.endpoints.get(found.value.upstream) : found.reason;
}

test('a Service by any of its names in the cluster is asked at its endpoints', () => {
  for (const name of ['auth.sso', 'auth.sso.svc', 'auth.sso.svc.cluster.local'])
    assert.deepEqual(host(name, 80), { kind: 'addresses', endpoints: [{ address: '10.0.0.1', port: 80 }] }, name);
  assert.match(String(host('auth.sso.svc', 81)), /^Service sso\/auth has no TCP port 81: it has 80 TCP$/);
  assert.deepEqual(host('elsewhere.sso.svc', 443), { kind: 'externalName', name: 'idp.example.com', port: 443 });
});

test('any other name is resolved while NGINX runs, and so is a port of a headless Service that it does not list', () => {
  for (const name of ['auth.example.com', 'auth.other.svc.cluster.local', 'auth.com'])
    assert.deepEqual(host(name, 8080), { kind: 'externalName', name, port: 8080 });
  assert.deepEqual(host('headless.sso.svc', 8443), { kind: 'externalName', name: 'headless.sso.svc', port: 8443 });
});

test('an address is taken as it is, unless it leads to this machine or its link', () => {
  assert.deepEqual(host('10.9.8.7', 80), { kind: 'addresses', endpoints: [{ address: '10.9.8.7', port: 80 }] });
  for (const name of ['127.0.0.1', '0.0.0.0', '169.254.169.254', '224.0.0.1', '255.255.255.255', '::1', '::ffff:127.0.0.1', 'fe80::1'])
    assert.match(String(host(name, 80)), /where an Ingress must not lead/, name);
  for (const name of ['localhost', 'a.localhost', '2130706433', '127.1', '0x7f000001', 'a.0x1'])
    assert.match(String(host(name, 80)), /is this machine, or no name/, name);
});
