import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseNginxStatus } from './nginx-status.ts';

test('the page of stub_status becomes numbers', () => {
  const page = 'Active connections: 3 \nserver accepts handled requests\n 16 15 31 \nReading: 1 Writing: 2 Waiting: 0 \n';
  assert.deepEqual(parseNginxStatus(page), { active: 3, accepted: 16, handled: 15, requests: 31, reading: 1, writing: 2, waiting: 0 });
});

test('another page is not taken for it', () => {
  assert.equal(parseNginxStatus('<html>404 Not Found</html>'), undefined);
});
