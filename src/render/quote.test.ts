// biome-ignore-all lint/suspicious/noTemplateCurlyInString: NGINX writes variables in the same way
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { directive, variable } from '../model/directive.ts';
import { comment, longestToken, printDirective, quoteHost, quoteKey, quoteLiteral, quotePath, quoteWord } from './quote.ts';

const literals: readonly (readonly [text: string, printed: string])[] = [
  ['plain/text-1.2_3', 'plain/text-1.2_3'],
  ['', '""'],
  ['a b', '"a b"'],
  ['a;b{c}#d', '"a;b{c}#d"'],
  ['say "no"', '"say \\"no\\""'],
  ["it's", '"it\'s"'],
  ['back\\slash', '"back\\\\slash"'],
  ['end\\', '"end\\\\"'],
  ['\\"', '"\\\\\\""'],
  ['\\n', '"\\\\n"'],
  ['$host', '"$host"'],
  ['ü/😀', '"ü/😀"'],
];

for (const [text, printed] of literals)
  test(`the literal ${JSON.stringify(text)} is printed as ${printed}`, () => assert.equal(quoteLiteral(text), printed));

test('where variables are evaluated a literal dollar sign is a variable, and a variable is itself', () => {
  assert.equal(quoteWord({ text: '$host ${x}' }), '"${gatehouse_dollar}host ${gatehouse_dollar}{x}"');
  assert.equal(quoteWord(variable('remote_addr')), '$remote_addr');
  assert.equal(quoteWord({ parts: [{ text: 'a"$' }, variable('host'), { text: 'b' }, { text: '' }] }), '"a\\"${gatehouse_dollar}${host}b"');
});

test('parts of parts are printed one after the other', () => {
  assert.equal(
    quoteWord({ parts: [{ text: 'a' }, { parts: [variable('host'), { text: '$' }] }, { text: 'b' }] }),
    '"a${host}${gatehouse_dollar}b"',
  );
});

test('a directive is its name and its arguments', () => {
  assert.equal(printDirective(directive('proxy_set_header', 'X-A', 'b c', variable('host'))), 'proxy_set_header X-A "b c" $host;');
  assert.equal(printDirective(directive('ip_hash')), 'ip_hash;');
});

for (const text of ['\n', 'a\0b', '\r', '\t', '\x7f', '\x1b[0m']) {
  test(`the control character in ${JSON.stringify(text)} is refused everywhere but in comments, where it becomes a question mark`, () => {
    assert.throws(() => quoteLiteral(text), /control character/);
    assert.throws(() => quoteWord({ text }), /control character/);
    assert.throws(() => quoteWord({ parts: [{ text }] }), /control character/);
    assert.match(comment(text), /^[^\p{Cc}]*\?[^\p{Cc}]*$/u);
  });
}

test('a comment keeps every other character', () => assert.equal(comment('a;"}{#$\\ü😀'), 'a;"}{#$\\ü😀'));

test('a text is refused when NGINX could not read what is printed for it, counted in bytes', () => {
  const size = (token: string) => Buffer.byteLength(token);
  assert.equal(size(quoteLiteral('a'.repeat(longestToken))), longestToken);
  assert.equal(size(quoteLiteral('"'.repeat(longestToken / 2 - 1))), longestToken);
  const tooLong = /takes \d+ bytes in nginx.conf, and NGINX reads at most 4000/;
  assert.throws(() => quoteLiteral('a'.repeat(longestToken + 1)), tooLong);
  assert.throws(() => quoteLiteral('"'.repeat(longestToken / 2)), tooLong);
  assert.throws(() => quoteLiteral('ü'.repeat(longestToken / 2)), tooLong);
  assert.equal(size(quoteLiteral('$'.repeat(300))), 302);
  assert.throws(() => quoteWord({ text: '$'.repeat(300) }), tooLong);
  assert.throws(() => quoteWord({ parts: [{ text: 'a'.repeat(3000) }, { text: 'a'.repeat(3000) }] }), tooLong);
});

test('a path that does not begin with a slash is refused, as NGINX would read a modifier from it', () => {
  assert.equal(quotePath('/a b'), '"/a b"');
  for (const path of ['', '=/a', '~ /a', '^~/a', '@a', 'a']) assert.throws(() => quotePath(path), /is no path/);
});

test('a host that NGINX would read as a pattern or a variable is refused', () => {
  assert.equal(quoteHost('shop.example.com'), 'shop.example.com');
  for (const host of ['', '~a', '.a.test', '*.a.test', 'a.*', '$hostname', '_']) assert.throws(() => quoteHost(host), /is no host/);
});

const keys: readonly (readonly [text: string, printed: string])[] = [
  ['a.test', 'a.test'],
  ['.a.test', '.a.test'],
  ['default', '"\\\\default"'],
  ['include', '"\\\\include"'],
  ['hostnames', '"\\\\hostnames"'],
  ['volatile', '"\\\\volatile"'],
  ['~a.test', '"\\\\~a.test"'],
  ['\\a', '"\\\\\\\\a"'],
];

for (const [text, printed] of keys) test(`the key ${text} of a map is printed as ${printed}`, () => assert.equal(quoteKey(text), printed));

test('names of directives and variables come from our own code, so anything else is a mistake', () => {
  assert.throws(() => printDirective(directive('a b')), /no name of a directive/);
  assert.throws(() => printDirective(directive('}')), /no name of a directive/);
  assert.throws(() => quoteWord(variable('a;b')), /no name of a variable/);
  assert.throws(() => quoteWord({ parts: [variable('a}b')] }), /no name of a variable/);
});
