import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ConfigMap } from '../model/objects.ts';
import type { Http3Obstacle } from './http3.ts';
import { build, complaints, testNow } from './objects-testbed.ts';

const named = { namespace: 'default', name: 'settings' };

function built(data: Readonly<Record<string, string>>, http3Obstacle?: Http3Obstacle) {
  const settings: ConfigMap = {
    kind: 'ConfigMap',
    metadata: { ...named, labels: {}, annotations: {} },
    data,
  };
  const { topology, validUntil, ...rest } = build([settings], { configMap: named, ...(http3Obstacle && { http3Obstacle }) });
  return { http3: topology.base?.overrides?.http3, complaints: complaints(rest), validUntil };
}

test('HTTP/3 is there where it is asked for, and where NGINX can have it', () => {
  assert.deepEqual(built({ 'use-http3': 'true' }), { http3: { maxAge: 86_400 }, complaints: [], validUntil: undefined });
  assert.deepEqual(built({}), { http3: undefined, complaints: [], validUntil: undefined });
});

test('an NGINX without HTTP/3 is told to the ConfigMap, and only where it is asked for', () => {
  const absent = { code: 'ConfigMapUnsupported', reason: 'there is no module.' } as const;
  const { http3, complaints: said, validUntil } = built({ 'use-http3': 'true' }, absent);
  assert.deepEqual(
    [http3, said, validUntil],
    [
      undefined,
      ['warning ConfigMapUnsupported ConfigMap default/settings data["use-http3"]: use-http3 has no effect: there is no module.'],
      undefined,
    ],
  );
  assert.deepEqual(built({ 'http3-max-age': '5' }, absent).complaints, []);
});

test('a port that is taken is looked at again after ten seconds', () => {
  const taken = { code: 'StreamPortTaken', reason: 'UDP port 443 is not opened: somebody listens on it.' } as const;
  const { http3, validUntil } = built({ 'use-http3': 'true' }, taken);
  assert.deepEqual([http3, validUntil], [undefined, testNow + 10_000]);
});
