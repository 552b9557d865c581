import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { caseNames, runCases, whyNotAsked } from './runner.ts';
import { complaint, judge, readExpected, score, scoreLine, settled } from './score.ts';

const folder = process.env['GATEHOUSE_GOLDEN'] ?? '';
const reason = whyNotAsked(process.env['GATEHOUSE_GOLDEN']);
const expected = readExpected();

test('the answers differ from those of ingress-nginx only where that is expected', { skip: reason ?? false }, async (t) => {
  const results = await runCases({ folder, cases: caseNames(folder), parallel: 2, onCase: () => {} });
  for (const result of results) {
    const verdicts = judge(result, expected);
    await t.test(scoreLine(result.name, score(verdicts)), () => {
      assert.deepEqual(verdicts.filter(({ kind }) => kind === 'wrong').map(complaint), []);
    });
  }
  const verdicts = results.flatMap((result) => judge(result, expected));
  for (const name of settled(verdicts, expected.pending)) t.diagnostic(`no longer pending: ${name}`);
  t.diagnostic(scoreLine(`${results.length} cases`, score(verdicts)));
});

test('every expected difference is a row of docs/differences.md', () => {
  const page = readFileSync(join(import.meta.dirname, '../../docs/differences.md'), 'utf8');
  const rows = new Set([...page.matchAll(/^\| `([^`]+)` \|/gm)].map((match) => match[1]));
  const explanations = [expected.everywhere, ...Object.values(expected.cases).flatMap((requests) => Object.values(requests))];
  const names = new Set(explanations.flatMap((explanation) => Object.keys(explanation)));
  assert.deepEqual(
    [...names].filter((name) => !rows.has(name)),
    [],
  );
});
