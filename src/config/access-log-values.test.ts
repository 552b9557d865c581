import assert from 'node:assert/strict';
import { test } from 'node:test';
import { destination, parameters, skippedTargets } from './access-log-values.ts';

test('a ConfigMap decides whether there is an access log, and never names a file', () => {
  assert.deepEqual(
    ['/dev/stdout', '/var/log/nginx/access.log', '/dev/null'].map((text) => destination(text)),
    [
      { ok: true, value: 'installed' },
      { ok: true, value: 'installed' },
      { ok: true, value: 'off' },
    ],
  );
  const reason = 'write /dev/stdout or /dev/null; another place is named with --access-log, where the controller is started';
  for (const text of [
    '/var/log/nginx/../../../etc/cron.d/x',
    '/var/log/nginx/own.log',
    'access.log',
    '/dev/stderr',
    'off',
    'syslog:server=1.2.3.4',
  ])
    assert.deepEqual(destination(text), { ok: false, reason }, text);
});

test('lines are collected by size and by time', () => {
  assert.deepEqual(parameters('buffer=16k, gzip=4  flush=1m'), { ok: true, value: ['buffer=16k', 'gzip=4', 'flush=1m'] });
  assert.deepEqual(parameters('flush=500ms,gzip'), { ok: true, value: ['flush=500ms', 'gzip'] });
  assert.deepEqual(parameters('flush=1s'), { ok: false, reason: 'flush needs buffer beside it' });
  assert.deepEqual(parameters('buffer=1k buffer=2k'), { ok: false, reason: 'buffer is there twice' });
  for (const text of ['buffer=0k', 'buffer=65m', 'buffer=16', 'gzip=0', 'gzip=10', 'flush=0s', 'if=$status', 'off', 'buffer=1k;'])
    assert.equal(parameters(text).ok, false, text);
});

test('targets are whole, or regular expressions, and each is there once whatever its case', () => {
  assert.deepEqual(skippedTargets('/healthz,/HEALTHZ, ~^/a[,~*^/b'), {
    ok: false,
    reason: '"~^/a[" is wrong: it is no regular expression: Unterminated character class',
  });
  const value = { text: '0' };
  assert.deepEqual(skippedTargets('/healthz,/HEALTHZ, ~^/a,~*^/b?c=1'), {
    ok: true,
    value: [
      { key: { exact: '/HEALTHZ' }, value },
      { key: { pattern: '^/a', ignoreCase: false }, value },
      { key: { pattern: '^/b?c=1', ignoreCase: true }, value },
    ],
  });
  for (const text of ['healthz', '/a b', `/${'x'.repeat(256)}`, '~(?<x>a)']) assert.equal(skippedTargets(text).ok, false, text);
});
