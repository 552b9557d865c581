import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ConfigMap } from '../model/objects.ts';
import { build, endpoint, ingress, path, rule, service, slice } from './objects-testbed.ts';

const ports: ConfigMap = {
  kind: 'ConfigMap',
  metadata: { namespace: 'default', name: 'ports', labels: {}, annotations: {} },
  data: { '9000': 'default/web:80' },
};
const objects = [
  ingress('web', { rules: [rule('a.example.com', path('/'))] }),
  service('web'),
  slice('web', [endpoint('10.0.0.1', { zones: ['north'] }), endpoint('10.0.0.2', { zones: ['south'] })]),
  ports,
];

/** The addresses of all upstreams of a build. */
function addresses(zone: { readonly current: string | undefined } | undefined): readonly string[] {
  const tcpServicesConfigmap = { namespace: 'default', name: 'ports' };
  const { runtime } = build(objects, { tcpServicesConfigmap, ...(zone ? { zone } : {}) });
  return [...runtime.endpoints.values()].map((source) =>
    source.kind === 'addresses' ? source.endpoints.map(({ address }) => address).join(' ') : source.kind,
  );
}

test('HTTP and TCP lead to the endpoints of the zone', () => {
  assert.deepEqual(addresses({ current: 'south' }), ['10.0.0.2', '10.0.0.2']);
});

test('while the zone is not known, and without one, all endpoints count', () => {
  const all = '10.0.0.1 10.0.0.2';
  assert.deepEqual(
    [addresses({ current: undefined }), addresses(undefined)],
    [
      [all, all],
      [all, all],
    ],
  );
});
