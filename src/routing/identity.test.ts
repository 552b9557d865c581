import assert from 'node:assert/strict';
import { test } from 'node:test';
import { upstreamId } from './identity.ts';

test('an upstream that is asked for in another way is another one, so that nothing is sent to it before it has endpoints', () => {
  const identity = { namespace: 'default', service: 'web', port: '80', balancing: { kind: 'round_robin' } } as const;
  assert.notEqual(upstreamId({ ...identity, resolution: 'A' }), upstreamId({ ...identity, resolution: 'SRV' }));
});
