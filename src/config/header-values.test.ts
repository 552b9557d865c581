import assert from 'node:assert/strict';
import { test } from 'node:test';
import { expectAccepted, whyNoNginx } from '../annotations/nginx-acceptance-testbed.ts';
import { variableNames } from '../annotations/variables.ts';
import { headerValue, readHeaders } from './header-values.ts';

test('a value is text with variables in it, whatever their case, and names of ingress-nginx are translated', () => {
  const read = (text: string) => {
    const parsed = headerValue(text, 'request');
    return parsed.ok ? parsed.value : parsed.reason;
  };
  assert.deepEqual(['', 'a "b" \\', '$host', `$\{HOST}:$Server_Port/x`, '$req_id', '$http_x_a-$arg_b', '{$scheme}'].map(read), [
    { text: '' },
    { text: 'a "b" \\' },
    { variable: 'host' },
    { parts: [{ variable: 'host' }, { text: ':' }, { variable: 'server_port' }, { text: '/x' }] },
    { variable: 'gatehouse_request_id' },
    { parts: [{ variable: 'http_x_a' }, { text: '-' }, { variable: 'arg_b' }] },
    { parts: [{ text: '{' }, { variable: 'scheme' }, { text: '}' }] },
  ]);
});

const dollar = 'a $ in the value has to have the name of a variable behind it, such as $host';
const others = 'is no variable that may stand in a header; there are $host, $request_uri, $remote_addr, $scheme, $http_NAME and others';
const refusals: readonly (readonly [value: string, reason: string])[] = [
  ['5$', dollar],
  ['${host', dollar],
  ['$$', dollar],
  ['$-', dollar],
  [`$\{}`, `$ ${others}`],
  ['$1', `$1 ${others}`],
  ['$uri', 'what a client writes into $uri may hold a line break; take $request_uri'],
  ['$remote_user', 'what a client writes into $remote_user may hold a line break'],
  ['$SSL_server_name', 'what a client writes into $ssl_server_name may hold a line break; take $host'],
  ['$gatehouse_dollar', `$gatehouse_dollar ${others}`],
  ['$upstream_http_x', `$upstream_http_x ${others}`],
  ['$hots', '$hots is no variable that may stand in a header; the nearest is $host'],
  ['a\nb', 'the value contains a line break or another control character'],
  ['x'.repeat(3899), 'the value takes 3901 bytes in the configuration of NGINX, and at most 3900 are taken'],
  ['"'.repeat(1950), 'the value takes 3902 bytes in the configuration of NGINX, and at most 3900 are taken'],
  ['€'.repeat(1300), 'the value takes 3902 bytes in the configuration of NGINX, and at most 3900 are taken'],
];

for (const [value, reason] of refusals) {
  test(`the value ${JSON.stringify(value.slice(0, 30))} is refused`, () => {
    assert.deepEqual(headerValue(value, 'request'), { ok: false, reason });
  });
}

test('what only an answer has stands in headers for clients alone', () => {
  assert.deepEqual(headerValue('$upstream_http_x$status', 'response'), {
    ok: true,
    value: { parts: [{ variable: 'upstream_http_x' }, { variable: 'status' }] },
  });
  assert.equal(headerValue('$status', 'request').ok, false);
});

test('one header that cannot be used leaves the others as they are', () => {
  const read = readHeaders({ 'X-A': ' a\n', 'x-a': 'b', 'X-B': '', 'X C': 'c', TE: 'x', Server: 'mine' }, 'response');
  assert.deepEqual(read, {
    headers: [
      { name: 'X-A', value: { text: 'a' }, isEmpty: false },
      { name: 'X-B', value: { text: '' }, isEmpty: true },
    ],
    problems: [
      { name: 'x-a', reason: 'it is there already as X-A' },
      { name: 'X C', reason: 'the name of a header has at most 64 letters, digits, - and _' },
      { name: 'TE', reason: 'NGINX itself decides about it, connection by connection' },
      { name: 'Server', reason: 'NGINX sends it itself, and a second one would contradict it' },
    ],
  });
  assert.deepEqual(
    readHeaders({ Server: 'mine', Date: 'x' }, 'request').headers.map(({ name }) => name),
    ['Server', 'Date'],
  );
});

test('NGINX knows each variable that is taken', { skip: whyNoNginx() }, () => {
  const own = [...new Set(variableNames('response'))].flatMap((name) => {
    const parsed = headerValue(`$${name}`, 'response');
    assert.ok(parsed.ok && 'variable' in parsed.value);
    return parsed.value.variable.startsWith('gatehouse_') ? [] : [parsed.value.variable];
  });
  expectAccepted(own.map((name) => `add_header X-${name.replaceAll('_', '-')} $${name};`));
});
