import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PathType } from '../model/objects.ts';
import { compareMatches, matchKey, matchOf, whyNeverMatched } from './paths.ts';

const matches: readonly (readonly [title: string, type: PathType, path: string, key: string])[] = [
  ['a Prefix keeps its path', 'Prefix', '/foo', 'prefix /foo'],
  ['a Prefix with a trailing slash is the one without', 'Prefix', '/foo/', 'prefix /foo'],
  ['a Prefix of several elements loses only the last slash', 'Prefix', '/aaa/bbb/', 'prefix /aaa/bbb'],
  ['the Prefix of everything stays a slash', 'Prefix', '/', 'prefix /'],
  ['ImplementationSpecific is Prefix', 'ImplementationSpecific', '/foo/', 'prefix /foo'],
  ['an Exact path keeps its trailing slash', 'Exact', '/foo/', 'exact /foo/'],
  ['two slashes do not become the Prefix of everything', 'ImplementationSpecific', '//', 'prefix //'],
  ['two slashes at the end do not become one', 'ImplementationSpecific', '/a//', 'prefix /a//'],
  ['case counts', 'Prefix', '/Foo', 'prefix /Foo'],
];

for (const [title, type, path, key] of matches) test(title, () => assert.equal(matchKey(matchOf(path, type)), key));

test('exact matches come before prefixes, each by path', () => {
  const list = [matchOf('/b', 'Prefix'), matchOf('/a', 'Prefix'), matchOf('/z', 'Exact'), matchOf('/a', 'Exact'), matchOf('/a', 'Exact')];
  assert.deepEqual(list.sort(compareMatches).map(matchKey), ['exact /a', 'exact /a', 'exact /z', 'prefix /a', 'prefix /b']);
});

const never: readonly (readonly [path: string, why: string | undefined])[] = [
  ['/a%20b', 'requests are matched after decoding, so write the character itself instead of %20'],
  ['/100%', undefined],
  ['/a//b', 'several slashes in a request count as one, so write one'],
  ['/a/../b', 'dot segments of a request are resolved before matching, so write the path without them'],
  ['/a/.', 'dot segments of a request are resolved before matching, so write the path without them'],
  ['/.well-known', undefined],
  ['/...', undefined],
  ['/a?b', 'the query is not part of the path, so leave out everything from the ? on'],
  ['/ä b+{}$@:,&()', undefined],
];

for (const [path, why] of never) {
  test(`${path} ${why === undefined ? 'can be matched' : 'can never be matched'}`, () => assert.equal(whyNeverMatched(path), why));
}
