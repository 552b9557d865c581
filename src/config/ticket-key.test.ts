import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ticketKey } from './ticket-key.ts';

const bytes = (length: number) => Buffer.from(Array.from({ length }, (_, index) => (index * 7) % 256));

for (const length of [48, 80]) {
  test(`a key of ${length} bytes is taken, with line breaks as openssl writes them`, () => {
    const text = bytes(length).toString('base64');
    assert.deepEqual(ticketKey(text), { ok: true, value: bytes(length) });
    assert.deepEqual(ticketKey(`${text.slice(0, 60)} ${text.slice(60)}`), { ok: true, value: bytes(length) });
  });
}

const refusals: readonly (readonly [text: string, reason: string])[] = [
  [bytes(79).toString('base64'), 'it has 79 bytes, and has to have 48 or 80'],
  [`${bytes(48).toString('base64')}=`, 'it is not base64'],
  ['not base64!', 'it is not base64'],
  [bytes(80).toString('base64url'), 'it is not base64'],
  [`${bytes(80).toString('base64').slice(0, -3)}`, 'it is not base64'],
];

for (const [text, reason] of refusals) {
  test(`${text.slice(0, 20)}… of ${text.length} signs is refused`, () => {
    const parsed = ticketKey(text);
    assert.equal(parsed.ok ? 'taken' : parsed.reason, reason);
  });
}
