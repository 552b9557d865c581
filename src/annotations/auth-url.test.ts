import assert from 'node:assert/strict';
import { test } from 'node:test';
import { authUrl, signinUrl } from './auth-url.ts';

test('a URL has a scheme, one host, a port, and path and query with variables', () => {
  assert.deepEqual(authUrl('HTTPS://Auth.example.com./check/$http_x_a?b=$cookie_c,d'), {
    ok: true,
    value: {
      scheme: 'https',
      host: { name: 'auth.example.com' },
      port: 443,
      uri: ['/check/', { name: 'http_x_a' }, '?b=', { name: 'cookie_c' }, ',d'],
    },
  });
  assert.deepEqual(authUrl('http://10.0.0.1:8080'), {
    ok: true,
    value: { scheme: 'http', host: { name: '10.0.0.1' }, port: 8080, uri: ['/'] },
  });
  assert.deepEqual(authUrl('http://a?b'), { ok: true, value: { scheme: 'http', host: { name: 'a' }, port: 80, uri: ['/?b'] } });
  assert.deepEqual(authUrl('https://$host/oauth2/auth'), {
    ok: true,
    value: { scheme: 'https', host: 'own', port: 443, uri: ['/oauth2/auth'] },
  });
});

test('what could lead elsewhere, or be read as something else, is refused', () => {
  const refused = [
    ...[
      'x',
      '/x',
      '//x/',
      'http:/x',
      'http://',
      'http:///x',
      'ftp://x/',
      'http://a..b/',
      'http://-a/',
      'http://a_b/',
      'http://a:b/',
      'http://a:0/',
    ],
    ...[
      'http://a:65536/',
      'http://u:p@a/',
      'http://[::1]/',
      'http://$http_x/',
      'http://$host.evil.test/',
      'http://a$host/',
      'http://a/ b',
      'http://a/\u00e9',
    ],
    ...[
      'http://a/#x',
      'http://a/"',
      'http://a/;',
      'http://a/{x}',
      'http://a/$',
      'http://a/$1',
      'http://a/$uri',
      'http://a/?$args',
      'http://a/?$arg_x',
    ],
    ...['http://a/$nginx_version', 'http://a/$gatehouse_dollar', 'http://a/$ssl_client_raw_cert', `http://a/${'x'.repeat(2000)}`],
  ];
  assert.deepEqual(
    refused.filter((text) => authUrl(text).ok),
    [],
  );
});

test('a page for signing in may be a path, and knows the query of the client', () => {
  assert.deepEqual(signinUrl('/start?x=$arg_x'), {
    ok: true,
    value: { text: '/start?x=$arg_x', template: ['/start?x=', { name: 'arg_x' }] },
  });
  for (const text of ['https://$host/start', '$scheme://$host/start', 'http://login.test/?rd=$escaped_request_uri'])
    assert.ok(signinUrl(text).ok, text);
  for (const text of ['start', '//evil.test/', 'javascript:alert', 'http://', 'https://a/ b', 'https://a/$uri', '$host/x'])
    assert.ok(!signinUrl(text).ok, text);
});
