import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
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

const nginx = process.env['NGINX'] ?? join(import.meta.dirname, '../../.tools/nginx');

test('NGINX takes each expression that is taken', { skip: whyNot() }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-pattern-'));
  try {
    const locations = taken.map((pattern) => `location ~ "${pattern.replaceAll('\\', '\\\\')}" { return 200; }`);
    const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${folder}/${name};`).join(' ');
    const file = join(folder, 'nginx.conf');
    writeFileSync(
      file,
      `pid ${folder}/pid; events {}\nhttp { access_log off; ${temporary} server { listen unix:${folder}/s; ${locations.join('\n')} } }`,
    );
    execFileSync(nginx, ['-t', '-q', '-c', file, '-e', 'stderr'], { stdio: 'pipe' });
  } finally {
    rmSync(folder, { recursive: true });
  }
});

function whyNot(): string | false {
  try {
    execFileSync(nginx, ['-v'], { stdio: 'pipe' });
    return false;
  } catch {
    return `there is no NGINX at ${nginx}`;
  }
}
