import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseConfig } from './nginx-conf-testbed.ts';

/** The reader of these tests has to be right before it can prove anything about the renderer. */
const readable: readonly (readonly [text: string, words: readonly string[]])[] = [
  ['a b c;', ['a', 'b', 'c']],
  ['a "b c";', ['a', 'b c']],
  ["a 'b \"c';", ['a', 'b "c']],
  ['a "b;c{d}e#f";', ['a', 'b;c{d}e#f']],
  ['a "b\\"c\\\\";', ['a', 'b"c\\']],
  ['a b\\ c\\;d;', ['a', 'b\\ c\\;d']],
  ['a "\\d\\t";', ['a', '\\d\t']],
  // biome-ignore lint/suspicious/noTemplateCurlyInString: NGINX writes variables in the same way
  ['a ${b}c;', ['a', '${b}c']],
  ['a b"c#d}e;', ['a', 'b"c#d}e']],
  ['# x; y {\n a\n\t"" ;', ['a', '']],
  ['a ü"😀;', ['a', 'ü"😀']],
];

for (const [text, words] of readable)
  test(`${text} is read as ${JSON.stringify(words)}`, () => assert.deepEqual(parseConfig(text), [{ words }]));

test('blocks hold what is between their braces', () => {
  assert.deepEqual(parseConfig('a{b c;d "x"{}}e;'), [
    { words: ['a'], block: [{ words: ['b', 'c'] }, { words: ['d', 'x'], block: [] }] },
    { words: ['e'] },
  ]);
});

for (const text of ['a', 'a {', '}', 'a b; }', ';', '{', 'a "b"c;', 'a "b', 'a b }', `a ${'x'.repeat(4096)};`]) {
  test(`${text.slice(0, 20)} is refused`, () => assert.throws(() => parseConfig(text)));
}
