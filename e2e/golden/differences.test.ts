import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseDifference } from './differences.ts';

const requests = ['off', 'off.more', 'host:8080', 'all'];

test('a line of ask becomes the field, the recorded value and ours', () => {
  assert.deepEqual(parseDifference('off.status: want 200 got 503', requests), [
    { request: 'off', field: 'status', golden: 200, ours: 503 },
  ]);
  assert.deepEqual(parseDifference("host:8080.headers.server: extra 'nginx'", requests), [
    { request: 'host:8080', field: 'headers.server', golden: undefined, ours: 'nginx' },
  ]);
  assert.deepEqual(parseDifference("off.more.location: missing, want 'http://a.test/'", requests), [
    { request: 'off.more', field: 'location', golden: 'http://a.test/', ours: undefined },
  ]);
});

test('quotes, escapes and the words of the line itself may stand in a value', () => {
  assert.deepEqual(parseDifference(String.raw`off.body: want "it's got 1: want\n\\\xe4\U0001f600" got 'say "a" \'b\' got c'`, requests), [
    { request: 'off', field: 'body', golden: "it's got 1: want\n\\ä😀", ours: 'say "a" \'b\' got c' },
  ]);
});

test('lists and what they hold are compared element by element', () => {
  const line =
    "all.answers: want [{'status': 200, 'headers': {'a': ['1', '2']}}, {'status': 400}] got [{'status': 200, 'headers': {'a': ['1', '3'], 'server': 'nginx'}}]";
  assert.deepEqual(parseDifference(line, requests), [
    { request: 'all', field: 'answers[0].headers.a[1]', golden: '2', ours: '3' },
    { request: 'all', field: 'answers[0].headers.server', golden: undefined, ours: 'nginx' },
    { request: 'all', field: 'answers[1]', golden: { status: 400 }, ours: undefined },
  ]);
});

test('a tally stays whole', () => {
  assert.deepEqual(parseDifference("all.tally: want {'200 10.244.1.1': 12} got {'503': 12}", requests), [
    { request: 'all', field: 'tally', golden: { '200 10.244.1.1': 12 }, ours: { '503': 12 } },
  ]);
});

test('an answer that is not there at all is a difference of the whole answer', () => {
  assert.deepEqual(parseDifference("all: want {'status': 200, 'seen': [], 'slow': True, 'seconds': 1.5} got None", requests), [
    { request: 'all', field: '', golden: { status: 200, seen: [], slow: true, seconds: 1.5 }, ours: null },
  ]);
});

test('a line that ask does not print is an error', () => {
  assert.throws(() => parseDifference('other.status: want 1 got 2', requests), /not a difference: other/);
  assert.throws(() => parseDifference("off.body: want 'open", requests), /a text without an end/);
  assert.throws(() => parseDifference('off.status: want ?', requests), /no value/);
});

test('where NGINX was installed is the same everywhere', () => {
  const line = "one.upstream.params: want {'DOCUMENT_ROOT': '/usr/local/nginx/html'} got {'DOCUMENT_ROOT': '/home/me/nginx/html'}";
  assert.deepEqual(parseDifference(line, ['one']), [
    { request: 'one', field: 'upstream.params.DOCUMENT_ROOT', golden: '/usr/local/nginx/html', ours: 'PREFIX/html' },
  ]);
});
