import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Word } from '../model/directive.ts';
import { escapedUri, escapedUriBlocks } from './escaped-uri.ts';

/** What NGINX makes of the maps. */
function escaped(uri: string): string {
  const known = new Map([['request_uri', uri]]);
  for (const block of escapedUriBlocks) {
    const source = text(block.source, known, []);
    const hit = block.entries.map(
      ({ key, value }) => [new RegExp('pattern' in key ? key.pattern : '', 's').exec(source), value] as const,
    )[0];
    known.set(block.name, hit?.[0] ? text(hit[1], known, hit[0]) : text(block.default, known, []));
  }
  return known.get(escapedUri) ?? assert.fail();
}

function text(word: Word, known: ReadonlyMap<string, string>, captures: readonly string[]): string {
  if ('text' in word) return word.text;
  if ('parts' in word) return word.parts.map((part) => text(part, known, captures)).join('');
  if (!('variable' in word)) return assert.fail();
  return /^\d$/.test(word.variable) ? (captures[Number(word.variable)] ?? '') : (known.get(word.variable) ?? assert.fail(word.variable));
}

test('the way back is escaped as encodeURIComponent would', () => {
  for (const uri of ['/', '/a%20b/%2f?x=%26&y=1+2;z#top', '/%25%2525', '/?', '/a?b=c?d', '/%E3%83%86%E3%82%B9%E3%83%88'])
    assert.equal(escaped(uri), encodeURIComponent(uri), uri);
});

test('whatever a client sends is the same after a query was read', () => {
  const character = fc.constantFrom('%', '&', '=', '/', '+', ';', '?', '#', 'a', '%41', '&rd=', ':');
  // Clients send no '#', so no more than three of them are replaced.
  const characters = fc.array(character, { maxLength: 7 }).filter((all) => all.filter((one) => one === '#').length <= 3);
  fc.assert(
    fc.property(characters, (all) => {
      const uri = `/${all.join('')}`;
      const read = new URLSearchParams(`a=1&rd=http://h.test${escaped(uri)}&b=2`);
      assert.deepEqual([read.get('rd'), [...read.keys()]], [`http://h.test${uri}`, ['a', 'rd', 'b']]);
    }),
  );
});

test('with too many signs that mean something in a query the way back is the root; others stay as they are', () => {
  assert.equal(escaped(`/${'%41'.repeat(126)}`), `%2F${'%2541'.repeat(126)}`);
  assert.equal(escaped(`/${'%41'.repeat(127)}`), '%2F');
  assert.equal(escaped(`/?${'&'.repeat(29)}rd=http://evil.test`), '%2F');
  assert.equal(escaped('/####'), '%2F');
  assert.equal(escaped('/a'.repeat(16)), `${'%2Fa'.repeat(14)}/a/a`);
});
