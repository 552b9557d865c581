import assert from 'node:assert/strict';
import { test } from 'node:test';
import { proxyPreface } from './proxy-protocol.ts';

const signature = '0d0a0d0a000d0a515549540a';

const prefaces: readonly (readonly [text: string, hex: string])[] = [
  ['TCP4 1.2.3.4 5.6.7.8 4000 443', Buffer.from('PROXY TCP4 1.2.3.4 5.6.7.8 4000 443\r\n').toString('hex')],
  ['UNKNOWN', Buffer.from('PROXY UNKNOWN\r\n').toString('hex')],
  ['v2 UNKNOWN', `${signature}20000000`],
  ['v2 TCP4 1.2.3.4 5.6.7.8 4000 443', `${signature}2111000c01020304050607080fa001bb`],
  [
    'v2 TCP6 2001:db8::1 1:2:3:4:5:6:7:8 4000 443',
    `${signature}2121002420010db8000000000000000000000001000100020003000400050006000700080fa001bb`,
  ],
];

for (const [text, hex] of prefaces)
  test(`${text} is said as the PROXY protocol has it`, () => assert.equal(proxyPreface(text).toString('hex'), hex));
