import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bits, context, type Der, der, moment, nothing, objectIdentifier, tags, yes } from './der.ts';

const hex = (value: Der) => Buffer.from(value).toString('hex');

test('lengths have one byte up to 127, and as many as they need beyond', () => {
  const headOf = (size: number) => hex(der(tags.octets, new Uint8Array(size))).slice(0, 10);
  assert.deepEqual([0, 127, 128, 255, 256, 65_535, 65_536].map(headOf), [
    '0400',
    '047f000000',
    '0481800000',
    '0481ff0000',
    '0482010000',
    '0482ffff00',
    '0483010000',
  ]);
});

test('names of things are written as in RFC 5280 and X.690', () => {
  assert.deepEqual(
    ['2.5.4.3', '1.2.840.113549.1.1.11', '1.3.6.1.5.5.7.3.1', '2.5.29.37'].map((dotted) => hex(objectIdentifier(dotted))),
    ['0603550403', '06092a864886f70d01010b', '06082b06010505070301', '0603551d25'],
  );
});

test('the small values have their one form', () => {
  assert.deepEqual([yes, nothing, bits(Uint8Array.of(0xa0), 5)].map(hex), ['0101ff', '0500', '030205a0']);
  assert.deepEqual([context(2, 'instead'), context(3, 'around')], [0x82, 0xa3]);
});

test('a moment has two digits for its year up to 2049', () => {
  const textOf = (time: string) => Buffer.from(moment(new Date(time))).toString('latin1');
  assert.equal(textOf('2049-12-31T23:59:58.999Z'), '\x17\x0d491231235958Z');
  assert.equal(textOf('2050-01-01T00:00:00Z'), '\x18\x0f20500101000000Z');
});
