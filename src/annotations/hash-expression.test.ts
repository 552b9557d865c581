import assert from 'node:assert/strict';
import { test } from 'node:test';
import { joined, variable } from '../model/directive.ts';
import { hashExpression } from './hash-expression.ts';

test('variables of the request and text between them are taken, with and without braces', () => {
  const cases = {
    $request_uri: [variable('request_uri')],
    'a-${host}_b-$arg_user': ['a-', variable('host'), '_b-', variable('arg_user')],
    '$host-$http_x_user$cookie_Session': [variable('host'), '-', variable('http_x_user'), variable('cookie_Session')],
    '${the_real_ip}1': [variable('remote_addr'), '1'],
    $best_http_host: [variable('http_host')],
  };
  for (const [text, parts] of Object.entries(cases)) assert.deepEqual(hashExpression(text), { ok: true, value: joined(...parts) }, text);
});

test('what NGINX does not know, or does not belong in an expression, is refused', () => {
  const texts = [
    '$nginx_version',
    '$gatehouse_key',
    '$1',
    '$http_',
    '$secret',
    '$uri;',
    '$uri x',
    '${uri',
    '$',
    '$$uri',
    '$uri}',
    'all',
    '$uri"',
    '',
  ];
  for (const text of texts) assert.equal(hashExpression(text).ok, false, text);
  assert.equal(hashExpression(`$uri${'a'.repeat(500)}`).ok, false);
});
