import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseLabelSelector } from './kube-selector.ts';

const cases: readonly (readonly [selector: string, labels: Record<string, string>, matches: boolean])[] = [
  ['team=web', { team: 'web' }, true],
  ['team==web', { team: 'shop' }, false],
  ['team=web', {}, false],
  ['team!=web', {}, true],
  ['team!=web', { team: 'web' }, false],
  ['team in (web, shop)', { team: 'shop' }, true],
  ['team in (web,shop)', { team: 'other' }, false],
  ['team notin (web)', {}, true],
  ['team notin (web)', { team: 'web' }, false],
  ['team', { team: '' }, true],
  ['!team', { team: '' }, false],
  ['!team', {}, true],
  ['team=', { team: '' }, true],
  ['kubernetes.io/metadata.name=shop, team in (web, shop), !old', { 'kubernetes.io/metadata.name': 'shop', team: 'web' }, true],
  ['kubernetes.io/metadata.name=shop,team in (web,shop),!old', { 'kubernetes.io/metadata.name': 'shop', team: 'web', old: '' }, false],
  ['constructor', {}, false],
];

for (const [selector, labels, matches] of cases) {
  test(`"${selector}" ${matches ? 'matches' : 'does not match'} ${JSON.stringify(labels)}`, () => {
    const parsed = parseLabelSelector(selector);
    assert.ok(parsed.ok);
    assert.equal(parsed.matches(labels), matches);
  });
}

for (const selector of ['', 'a b', 'a in web', 'a in (web', 'a=b=c', 'a=b,', '-a', 'a in (x y)', 'a>1']) {
  test(`"${selector}" is refused with the part that is wrong`, () => {
    const parsed = parseLabelSelector(selector);
    assert.equal(parsed.ok, false);
  });
}
