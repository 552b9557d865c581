import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Difference } from './differences.ts';
import { complaint, type Expected, judge, score, scoreLine, settled } from './score.ts';

const expected: Expected = {
  everywhere: { 'server-header': { 'headers.server': 'nginx' } },
  cases: { one: { known: { 'dot-segments': { 'upstream.uri': '/y', body: null } } } },
  pending: { one: ['later', 'done'], two: '*' },
};

function judged(name: string, requests: readonly string[], differences: readonly Difference[]) {
  return judge({ name, requests, differences, ignoredFlags: [] }, expected);
}

function difference(request: string, field: string, ours: Difference['ours'], golden: Difference['golden']): Difference {
  return { request, field, golden, ours };
}

const known = [difference('known', 'upstream.uri', '/y', '/p/../y'), difference('known', 'body', undefined, 'x')];

test('a request is same, explained, pending or wrong', () => {
  const differences = [
    difference('server', 'headers.server', 'nginx', undefined),
    difference('server', 'answers[0].headers.server', 'nginx', undefined),
    ...known,
    difference('later', 'status', 503, 200),
    difference('broken', 'status', 503, 200),
  ];
  const verdicts = judged('one', ['none', 'server', 'known', 'later', 'done', 'broken'], differences);
  assert.deepEqual(
    verdicts.map(({ request, kind }) => `${request} ${kind}`),
    ['none same', 'server same', 'known explained', 'later pending', 'done same', 'broken wrong'],
  );
  assert.equal(scoreLine('one', score(verdicts)), 'one: 3 of 6 same, 1 explained, 1 pending, 1 wrong');
  assert.deepEqual(settled(verdicts, expected.pending), ['one/done']);
});

test('an expected difference that is not there is wrong', () => {
  const [verdict] = judged('one', ['known'], known.slice(1));
  assert.ok(verdict);
  assert.equal(verdict.kind, 'wrong');
  assert.equal(complaint(verdict), 'one/known: the expected difference is not there: dot-segments: upstream.uri');
});

test('an expected difference with another value of ours is wrong', () => {
  const [verdict] = judged('one', ['known'], [difference('known', 'upstream.uri', '/z', '/p/../y'), ...known.slice(1)]);
  assert.ok(verdict);
  assert.equal(complaint(verdict), 'one/known: upstream.uri is "/z", recorded "/p/../y"');
});

test('a Server header that differs from a recorded one is wrong', () => {
  const [verdict] = judged('one', ['server'], [difference('server', 'headers.server', 'nginx', 'nginx/<version>')]);
  assert.equal(verdict?.kind, 'wrong');
});

test('all requests of a pending case are pending until none differs', () => {
  const open = judged('two', ['a', 'b'], [difference('a', 'status', 404, 200)]);
  assert.equal(scoreLine('two', score(open)), 'two: 1 of 2 same, 1 pending');
  assert.deepEqual(settled(open, expected.pending), []);
  assert.deepEqual(settled(judged('two', ['a', 'b'], []), expected.pending), ['two']);
});

test('a complaint about a status leaves out what follows from it', () => {
  const differences = [
    difference('a', 'status', 404, 200),
    difference('a', 'backend', undefined, '10.0.0.1'),
    difference('a', 'body', 'no', undefined),
  ];
  const [verdict] = judged('three', ['a'], differences);
  assert.ok(verdict);
  assert.equal(complaint(verdict), 'three/a: status is 404, recorded 200; backend is missing, recorded "10.0.0.1"; 1 more');
});

test('a case that could not be played is wrong, also when it is pending', () => {
  const verdicts = judge({ name: 'two', requests: ['a'], differences: [], ignoredFlags: [], failure: 'no NGINX' }, expected);
  assert.deepEqual(verdicts.map(complaint), ['two/a: no NGINX']);
  assert.equal(scoreLine('two', score(verdicts)), 'two: 0 of 1 same, 1 wrong');
});
