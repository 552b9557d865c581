import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createKnownForms } from './known-forms.ts';

const generation = (name: string, lines: readonly string[]) => ({
  generation: name,
  files: new Map([['nginx.conf', `# ${name}\n${lines.join('\n')}\n`]]),
});
const running = [
  'server {',
  '    listen 8080;',
  '    server_name a.example.com;',
  '    location = /a {',
  '        set $path "/x y";',
  '        proxy_pass http://3e06e613fd;',
  '    }',
  '    location ~ "^/a[0-9]$" { return 404; }',
  '}',
  'map $host $name {',
  '    a.example.com @one;',
  '    "~^b" two;',
  '}',
];

for (const [name, added, isCovered] of [
  ['another host with its locations', ['server {', 'listen 8080;', 'server_name b.example.com;', 'location = /b/c.d {', '}', '}'], true],
  ['another value in quotes', ['set $other "/z\\"; {";'], true],
  ['another key of a map', ['b-2.example.com @other;'], true],
  ['a value that may be a word of NGINX', ['b.example.com other;'], false],
  ['a comment', ['# Ingress default/~ that nobody has seen'], true],
  ['nothing', [], true],
  ['another directive', ['proxy_buffering off;'], false],
  ['a directive with fewer arguments', ['location @named {'], false],
  ['a directive with more arguments', ['server_name b.example.com c.example.com;'], false],
  ['another word of NGINX', ['listen 8080 ssl;'], false],
  ['a regular expression', ['location ~ "^/b[0-9]$" { return 404; }'], false],
  ['a regular expression without blanks', ['location ~* ^/b { return 404; }'], false],
  ['a regular expression in a map', ['"~^c" two;'], false],
  ['a regular expression as the name of a server', ['server_name "~^c$";'], false],
] as const)
  test(`forms that NGINX has taken cover ${isCovered ? '' : 'not '}${name}`, () => {
    const [live, next] = [generation('0a', running), generation('0b', [...running, ...added])];
    assert.equal(createKnownForms().covers(live, next), isCovered);
  });

test('what was taken once is known from then on, also after it has gone', () => {
  const forms = createKnownForms();
  const [one, two, three] = [generation('0a', running), generation('0b', [...running, 'expires -1;']), generation('0c', running)];
  assert.equal(forms.covers(one, two), false);
  assert.equal(forms.covers(two, three), true);
  assert.equal(forms.covers(three, generation('0d', [...running, 'expires -1;'])), true);
});
