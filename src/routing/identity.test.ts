import assert from 'node:assert/strict';
import { test } from 'node:test';
import { upstreamIdPattern } from '../model/endpoint-names.ts';
import { passthroughId, upstreamId } from './identity.ts';

test('an upstream that is asked for in another way is another one, so that nothing is sent to it before it has endpoints', () => {
  const identity = { namespace: 'default', service: 'web', port: '80', balancing: { kind: 'round_robin' } } as const;
  assert.notEqual(upstreamId({ ...identity, resolution: 'A' }), upstreamId({ ...identity, resolution: 'SRV' }));
});

test('names of upstreams look alike and are of sixteen lengths, none of which many have in common', () => {
  const identity = { namespace: 'default', port: '80', balancing: { kind: 'round_robin' }, resolution: 'A' } as const;
  const names = Array.from({ length: 1600 }, (_, index) => upstreamId({ ...identity, service: `web-${index}` }));
  const all = [...names, ...names.map(passthroughId)];
  assert.deepEqual(
    all.filter((name) => !new RegExp(`^${upstreamIdPattern}$`).test(name)),
    [],
  );
  assert.equal(new Set(all).size, 3200);
  const counts = Object.values(Object.groupBy(names, (name) => name.length)).map((some) => some?.length ?? 0);
  assert.equal(counts.length, 16);
  assert.ok(Math.max(...counts) < 150, String(counts));
});
