import assert from 'node:assert/strict';
import { test } from 'node:test';
import { closest } from './suggestions.ts';

const known = ['addresses', 'notReadyAddresses', 'ports', 'ip', 'hostname', 'targetPort'];

for (const [written, meant] of [
  ['addresss', 'addresses'],
  ['adresses', 'addresses'],
  ['adddresses', 'addresses'],
  ['IP', 'ip'],
  ['Ports', 'ports'],
  ['port', 'ports'],
  ['prots', 'ports'],
  ['hostName', 'hostname'],
  ['target_port', 'targetPort'],
  ['unrelated', undefined],
  ['x', undefined],
  ['', undefined],
  ['a'.repeat(100_000), undefined],
] as const) {
  test(`${written.slice(0, 20)} ${meant === undefined ? 'is nothing that is known' : `was meant to be ${meant}`}`, () => {
    assert.equal(closest(written, known), meant);
  });
}
