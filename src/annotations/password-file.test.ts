import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type PasswordSource, passwordFile } from './password-file.ts';

function read(source: PasswordSource, data: Record<string, string>) {
  return passwordFile({ data: new Map(Object.entries(data).map(([key, text]) => [key, new TextEncoder().encode(text)])) }, source);
}

const sha = '{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=';

test('a file is passed on as it is, and lines that let nobody in are named by their number', () => {
  const content = `# people\r\na:${sha}\r\nb:secret\n:${sha}\nnobody\n\nc:$2y$05$abcdefghijklmnopqrstuu5s8fWmQVm1aB2dAEyY8NM6rYkHbUqNy:of one team`;
  assert.deepEqual(read('auth-file', { auth: content }), {
    ok: true,
    value: {
      content,
      problems: [
        'line 3 of the key auth has no hash that NGINX knows, so nobody gets in by it; htpasswd makes one',
        'line 4 of the key auth is not USER:HASH, so nobody gets in by it',
        'line 5 of the key auth is not USER:HASH, so nobody gets in by it',
      ],
    },
  });
});

test('every kind of hash that NGINX or a C library knows is taken without a word', () => {
  const kinds = [
    '$apr1$a$b',
    '$1$a$b',
    '$5$a$b',
    '$6$a$b',
    '$2a$05$b',
    '$2b$05$b',
    '$2y$05$b',
    '$y$j9T$a$b',
    '{SHA}x',
    '{SSHA}x',
    '{PLAIN}x',
  ];
  for (const hash of [...kinds, 'rl.3StKT.4T8M', '_J9..rasmBYk8r9AiWNc']) {
    const parsed = read('auth-file', { auth: `a:${hash}` });
    assert.deepEqual(parsed.ok && parsed.value.problems, [], hash);
  }
});

test('a Secret without the key, without lines or without keys lets nobody in', () => {
  assert.deepEqual(read('auth-file', { other: `a:${sha}` }), {
    ok: false,
    reason: 'the Secret has no key auth, which is to hold the lines USER:HASH',
  });
  assert.deepEqual(read('auth-file', { auth: '\n# none\n' }), {
    ok: true,
    value: { content: '\n# none\n', problems: ['the key auth has no line USER:HASH, so nobody gets in'] },
  });
  assert.deepEqual(read('auth-map', {}), { ok: true, value: { content: '', problems: ['the Secret has no keys, so nobody gets in'] } });
});

test('each key of a map is a user, sorted, and a line break at the end of a value is no part of it', () => {
  assert.deepEqual(read('auth-map', { b: `${sha}\n`, a: '{PLAIN}x\r\n', c: 'bare' }), {
    ok: true,
    value: {
      content: `a:{PLAIN}x\nb:${sha}\nc:bare\n`,
      problems: ['the value of the user c has no hash that NGINX knows, so nobody gets in by it; htpasswd makes one'],
    },
  });
});

test('neither a value nor a key of a map can add a line', () => {
  for (const value of [`${sha}\nevil:{PLAIN}x`, `${sha}\revil:{PLAIN}x`, '\nevil:{PLAIN}x'])
    assert.equal(read('auth-map', { good: value }).ok, false, JSON.stringify(value));
  for (const user of ['a\nevil:{PLAIN}x', 'a:b', '#a', '', ' a'])
    assert.equal(read('auth-map', { [user]: sha }).ok, false, JSON.stringify(user));
});
