import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseComplaint, parseNginxLine, worstComplaint } from './nginx-log.ts';

test('a line of the error log is taken apart into level, process and text', () => {
  assert.deepEqual(parseNginxLine('2026/11/24 10:54:53 [emerg] 12428#12428: mkdir() "/var/x" failed (2: No such file or directory)'), {
    level: 'emerg',
    pid: 12428,
    text: 'mkdir() "/var/x" failed (2: No such file or directory)',
  });
});

test('a line from before the log is open has no process', () => {
  assert.deepEqual(parseNginxLine('nginx: [warn] the "user" directive makes no sense'), {
    level: 'warn',
    text: 'the "user" directive makes no sense',
  });
});

test('text that is not a line of the error log counts as an error', () => {
  for (const text of ['libpcre2-8.so.0: cannot open shared object file', '2026/11/24 10:54:53 [loud] 1#1: what']) {
    assert.deepEqual(parseNginxLine(text), { level: 'error', text });
  }
});

test('the place of a complaint is taken off its message', () => {
  assert.deepEqual(parseComplaint('unknown directive "foo" in /run/a b/nginx.conf:12'), {
    message: 'unknown directive "foo"',
    file: '/run/a b/nginx.conf',
    line: 12,
  });
});

test('a complaint without a place stays as it is', () => {
  const message = 'bind() to 0.0.0.0:80 failed (98: Address already in use)';
  assert.deepEqual(parseComplaint(message), { message });
});

test('the first of the worst lines explains a failure', () => {
  const lines = ['nginx: [warn] first', 'nginx: [emerg] second in /a:1', 'nginx: [emerg] third', ''].map(parseNginxLine);
  assert.deepEqual(worstComplaint(lines), { message: 'second', file: '/a', line: 1 });
  assert.equal(worstComplaint([]), undefined);
  assert.equal(worstComplaint([parseNginxLine('')]), undefined);
});
