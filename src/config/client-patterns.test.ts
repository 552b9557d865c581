import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clientPatterns } from './client-patterns.ts';

const taken: readonly (readonly [text: string, patterns: readonly object[]])[] = [
  ['curl', [{ exact: 'curl' }]],
  [' a , B c,,a ', [{ exact: 'a' }, { exact: 'B c' }]],
  ['Bot,bot', [{ exact: 'bot' }]],
  [
    '~Bot,~*bot',
    [
      { pattern: 'Bot', ignoreCase: false },
      { pattern: 'bot', ignoreCase: true },
    ],
  ],
  ['"a, b","",\'c\'', [{ exact: 'a, b' }, { exact: '' }, { exact: 'c' }]],
  ['"~*^x{1,3}$",y', [{ pattern: '^x{1,3}$', ignoreCase: true }, { exact: 'y' }]],
  ['"say \\"x\\"", a\\\\b, \\~x, ~\\.', [{ exact: 'say "x"' }, { exact: 'a\\b' }, { exact: '~x' }, { pattern: '\\.', ignoreCase: false }]],
  ['default,include,volatile', [{ exact: 'default' }, { exact: 'include' }, { exact: 'volatile' }]],
  ['5" disk', [{ exact: '5" disk' }]],
];

for (const [text, patterns] of taken) {
  test(`${text} is taken`, () => {
    assert.deepEqual(clientPatterns(text), { ok: true, value: patterns });
  });
}

const refusals: readonly (readonly [text: string, reason: string])[] = [
  [',', 'the list is empty'],
  ['~', '"~" is wrong: there is no regular expression behind the ~'],
  ['~* ,a', '"~*" is wrong: there is no regular expression behind the ~'],
  ['~*x{1,3}', '"~*x{1" is wrong: a comma ends the entry; put it in double quotes'],
  ['~(?<host>x)', '"~(?<host>x)" is wrong: (?<host>x is not allowed in a regular expression here'],
  ['a,"b', '"\\"b" is wrong: the quotes are not closed around the whole of it'],
  ['"a" b', '"\\"a\\" b" is wrong: the quotes are not closed around the whole of it'],
  ['x'.repeat(401), `"${'x'.repeat(60)}" is wrong: it is longer than 400 bytes`],
];

for (const [text, reason] of refusals) {
  test(`${text.slice(0, 40)} is refused`, () => {
    assert.deepEqual(clientPatterns(text), { ok: false, reason });
  });
}
