import assert from 'node:assert/strict';
import { test } from 'node:test';
import { expectAccepted, whyNoNginx } from './nginx-acceptance-testbed.ts';
import { checkPattern } from './parsers-http.ts';

const taken = [
  '/id/[0-9]+',
  '/(api|web)(?:/|$)(.*)',
  '/a{2,3}b?c*',
  '/[^/]+/x',
  '/\\d+\\.(png|jpe?g)$',
  '/(?=x)y',
  '/(?!admin)[a-z]+',
  '/[[:alpha:]]+',
  '/x(?<!y)z',
  '/[\\w-]+',
  '/a|/b',
  '(?i)/x',
  '/{}',
  '/\\x41',
  '/(a)\\1',
  '/{id}',
  '/a++',
];

const refused = [
  '/(x',
  '/x)',
  '/[z-a]',
  '/[]x]',
  '/(?<name>x)',
  '/(?P<name>x)',
  '/\\Kx',
  '/\\C',
  '/(*SKIP)x',
  '/(?R)',
  '/\\2(a)',
  '/a{9999999}',
  '/(?<=a+)b',
  '/\\p{L}',
  '/[\\d-z]',
  '/[[.x.]]',
  '/\\u{41}',
  '/\\Qx\\E',
  '/x**',
  '/(a{1000}){1000}',
  '/{,3}a',
  '/a{,3}',
  '/a(?i)+',
  '/a++?',
  '/a{1,3}?+',
  '/}+{2}',
  '/[[:alpha:].',
];

test('expressions of ordinary manifests are taken', () => {
  assert.deepEqual(
    taken.filter((pattern) => !checkPattern(pattern).ok),
    [],
  );
});

test('what PCRE2 refuses, or reads otherwise, is refused', () => {
  assert.deepEqual(
    refused.filter((pattern) => checkPattern(pattern).ok),
    [],
  );
});

test('NGINX takes each expression that is taken', { skip: whyNoNginx() }, () => {
  expectAccepted(taken.map((pattern) => `location ~ "${pattern.replaceAll('\\', '\\\\')}" { return 200; }`));
});
