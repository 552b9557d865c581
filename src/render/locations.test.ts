import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Location } from '../model/routing.ts';
import { locationBlocks } from './locations.ts';
import { exact, location, prefix } from './topology-testbed.ts';

const rows: readonly (readonly [title: string, locations: readonly Location[], blocks: readonly string[]])[] = [
  ['the prefix of everything is one block', [location(prefix('/'), 'root')], ['/ root']],
  ['a prefix is the path itself and everything below it', [location(prefix('/foo'), 'foo')], ['= /foo foo', '/foo/ foo']],
  ['an exact path is one block', [location(exact('/foo'), 'foo')], ['= /foo foo']],
  [
    'an exact path keeps its block beside the prefix of the same path',
    [location(exact('/foo'), 'one'), location(prefix('/foo'), 'all')],
    ['= /foo one', '/foo/ all'],
  ],
  [
    'an exact path that ends in a slash takes the block for the path without it from the longest prefix',
    [location(exact('/a/b/'), 'one'), location(prefix('/'), 'root'), location(prefix('/a'), 'a')],
    ['= /a/b/ one', '/ root', '= /a a', '/a/ a', '= /a/b a'],
  ],
  [
    'an exact path that ends in a slash below no prefix falls to the prefix of everything',
    [location(exact('/foo/'), 'one'), location(prefix('/'), 404), location(prefix('/fo'), 'fo')],
    ['= /foo/ one', '/ 404', '= /fo fo', '/fo/ fo', '= /foo 404'],
  ],
  [
    'an exact path that ends in a slash leaves the same path without it alone',
    [location(exact('/foo'), 'two'), location(exact('/foo/'), 'one'), location(prefix('/'), 'root')],
    ['= /foo two', '= /foo/ one', '/ root'],
  ],
  [
    'an exact path that ends in a slash leaves the prefix of the same path alone',
    [location(exact('/foo/'), 'one'), location(prefix('/foo'), 'all')],
    ['= /foo/ one', '= /foo all', '/foo/ all'],
  ],
  ['the exact root has no path without its slash', [location(exact('/'), 'one'), location(prefix('/'), 'root')], ['= / one', '/ root']],
];

for (const [title, locations, blocks] of rows) {
  test(title, () => {
    const texts = locationBlocks(locations).map(({ modifier, path, location: { target } }) => {
      return `${modifier}${path} ${target.kind === 'proxy' ? target.upstream : target.status}`;
    });
    assert.deepEqual(texts, blocks);
  });
}
