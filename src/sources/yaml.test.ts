import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseYaml } from './yaml.ts';

function value(text: string): unknown {
  const result = parseYaml(text);
  assert.ok('documents' in result, JSON.stringify(result));
  assert.equal(result.documents.length, 1);
  return result.documents[0];
}

/** What kubectl reads from a plain scalar. */
const scalars: readonly (readonly [string, unknown])[] = [
  ...['y', 'Y', 'yes', 'Yes', 'YES', 'on', 'On', 'ON', 'true', 'True', 'TRUE'].map((word) => [word, true] as const),
  ...['n', 'N', 'no', 'No', 'NO', 'off', 'Off', 'OFF', 'false', 'False', 'FALSE'].map((word) => [word, false] as const),
  ...['~', 'null', 'Null', 'NULL', ''].map((word) => [word, null] as const),
  ['yEs', 'yEs'],
  ['nULL', 'nULL'],
  ['80', 80],
  ['-1', -1],
  ['+1', 1],
  ['0', 0],
  ['-0', 0],
  ['0644', 420],
  ['0o17', 15],
  ['0x1F', 31],
  ['0b101', 5],
  ['1_000', 1000],
  ['089', 89],
  ['1.5', 1.5],
  ['.5', 0.5],
  ['1e3', 1000],
  ['80.0', 80],
  ['-.inf', Number.NEGATIVE_INFINITY],
  ['.NaN', Number.NaN],
  ['12:30', '12:30'],
  ['2026-01-31', '2026-01-31'],
  ['2026-01-31T12:00:00Z', '2026-01-31T12:00:00Z'],
  ['1.2.3', '1.2.3'],
  ['0x', '0x'],
  ['-', null],
  ['8m', '8m'],
  ['/', '/'],
  ['"on"', 'on'],
  ["'80'", '80'],
  ['!!str on', 'on'],
  ['!!int "7"', 7],
];
for (const [written, expected] of scalars.filter(([written]) => written !== '-')) {
  test(`${written === '' ? 'nothing' : written} is read as kubectl reads it`, () =>
    assert.deepEqual(value(`a: ${written}`), { a: expected }));
}

test('keys that are not text become text, as in JSON', () => {
  assert.deepEqual(value('on: 1\n80: 2\n0x10: 3\n'), { true: 1, 80: 2, 16: 3 });
});

test('anchors, aliases and merge keys work', () => {
  const text = 'base: &b {x: 1, w: 2}\nsame: *b\nmerged:\n  <<: *b\n  w: 3\nlist: {<<: [*b, {z: 4}]}\n';
  assert.deepEqual(value(text), { base: { x: 1, w: 2 }, same: { x: 1, w: 2 }, merged: { x: 1, w: 3 }, list: { x: 1, w: 2, z: 4 } });
});

test('JSON is read, also when it is indented with tabs', () => {
  assert.deepEqual(value('{\n\t"a": [1, "x\\u00e9"],\n\t"b": {}\n}\n'), { a: [1, 'xé'], b: {} });
});

test('many documents, empty ones among them, keep their order', () => {
  assert.deepEqual(parseYaml('# nothing\n---\na: 1\n---\n---\n# only a comment\n...\n---\nb: 2\n'), {
    documents: [{ a: 1 }, null, null, { b: 2 }],
  });
  assert.deepEqual(parseYaml(''), { documents: [] });
});

const errors: readonly (readonly [string, string, number, number, string])[] = [
  ['a mapping in a line', 'a: b: c', 1, 5, 'no "key: value" is allowed here: check the indentation, and quote a value that holds ": "'],
  ['a key twice', 'a: 1\nb: 2\na: 3\n', 3, 1, 'the key a is there twice'],
  ['a quoted key twice', '{"a b": 1, "a b": 2}', 1, 13, 'the key "a b" is there twice'],
  ['an open flow list', 'a: [1,\n', 2, 1, 'a "[" or "{" is not closed, or what is inside is not indented enough'],
  ['an unknown alias', 'a: *x', 1, 5, 'unidentified alias "x"'],
  ['an alias to itself', 'a: 1\nb: &x [*x]\n', 2, 8, 'an alias stands for something that holds the alias itself'],
  ['an unknown tag', 'a: !secret x', 1, 4, 'unknown scalar tag !<!secret>'],
  ['a list as key', '? [a]\n: 1', 1, 1, 'a key must be text: quote a value that begins with "{" or "["'],
  ['a NUL', 'a: \0', 1, 4, 'null byte is not allowed in input'],
];
for (const [title, text, line, column, message] of errors) {
  test(`${title} is an error with its place`, () => assert.deepEqual(parseYaml(text), { error: { line, column, message } }));
}

test('a template and a tab are recognised', () => {
  assert.deepEqual(parseYaml('a: 1\nname: {{ .Release.Name }}\n'), {
    error: { line: 2, column: 7, message: 'this looks like a template, which has to be rendered first' },
  });
  const tab = parseYaml('a:\n\tb: 1\n');
  assert.ok('error' in tab);
  assert.equal(tab.error.line, 2);
  assert.match(tab.error.message, /; the line is indented with a tab, use spaces$/);
});

test('a few aliases that stand for billions of values are refused quickly', () => {
  const lines = ['l0: &l0 [x, x, x, x, x, x, x, x, x, x]'];
  for (let level = 1; level < 12; level += 1)
    lines.push(
      `l${level}: &l${level} [${Array(10)
        .fill(`*l${level - 1}`)
        .join(', ')}]`,
    );
  const start = performance.now();
  assert.deepEqual(parseYaml(lines.join('\n')), { error: { line: 2, column: 10, message: 'the aliases stand for too many values' } });
  assert.ok(performance.now() - start < 1000);
});

test('a long chain of aliases is refused instead of ending in a full stack', () => {
  const lines = ['l0: &l0 [x]'];
  for (let level = 1; level < 3000; level += 1) lines.push(`l${level}: &l${level} [*l${level - 1}]`);
  assert.deepEqual(parseYaml(lines.join('\n')), { error: { line: 2, column: 10, message: 'the aliases are nested too deep' } });
});

test('collections nested too deep are refused', () => {
  const result = parseYaml(`${'['.repeat(5000)}${']'.repeat(5000)}`);
  assert.ok('error' in result);
  assert.equal(result.error.line, 1);
});
