import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { variable, type Word } from '../model/directive.ts';
import { httpLogFormat, streamLogFormat } from './log-format.ts';

const words = (text: string) => {
  const parsed = httpLogFormat(text);
  return parsed.ok ? parsed.value.words : parsed.reason;
};

test('a format is text and variables, with or without braces', () => {
  const parsed = httpLogFormat(`[$time_local] "\${request}" $http_x_own_2\${status}s`);
  assert.deepEqual(parsed, {
    ok: true,
    value: {
      origin: [],
      words: [
        { text: '[' },
        variable('time_local'),
        { text: '] "' },
        variable('request'),
        { text: '" ' },
        variable('http_x_own_2'),
        variable('status'),
        { text: 's' },
      ],
    },
  });
});

test('what ingress-nginx names otherwise, or sets in its locations, is found', () => {
  const parsed = httpLogFormat('$the_real_ip$req_id$proxy_alternative_upstream_name$service_port$namespace$namespace');
  assert.deepEqual(parsed, {
    ok: true,
    value: {
      origin: ['namespace', 'service_port', 'proxy_alternative_upstream_name'],
      words: [
        variable('remote_addr'),
        variable('gatehouse_request_id'),
        variable('gatehouse_proxy_alternative_upstream_name'),
        variable('gatehouse_service_port'),
        variable('gatehouse_namespace'),
        variable('gatehouse_namespace'),
      ],
    },
  });
});

test('a backslash hides a quote and a backslash, as between the quotes of ingress-nginx', () => {
  assert.deepEqual(words(String.raw`{\"a\": '\\$status\x'}`), [
    { text: String.raw`{"a": '\ `.trim() },
    variable('status'),
    { text: String.raw`\x'}` },
  ]);
});

const refusals: readonly (readonly [string, string])[] = [
  ['$requst', 'there is no variable $requst; the nearest is $request'],
  ['$Status', 'there is no variable $Status; the nearest is $status'],
  ['$gatehouse_certificate', 'there is no variable $gatehouse_certificate; take those of NGINX and of ingress-nginx'],
  ['$geoip2_city', 'there is no variable $geoip2_city; take those of NGINX and of ingress-nginx'],
  ['$http_', 'there is no variable $http_; the nearest is $http2'],
  ['costs 5$', 'a $ has to have the name of a variable behind it'],
  [`\${}`, 'a $ has to have the name of a variable behind it'],
  [`\${host`, 'a $ has to have the name of a variable behind it'],
  [String.raw`$status\n`, String.raw`\t, \n and \r are not taken: a line is one line; put a blank in their place`],
  ['', 'the line would be empty'],
  ['x'.repeat(8001), 'it has 8001 characters, and at most 8000 are taken'],
];

for (const [text, reason] of refusals)
  test(`${JSON.stringify(text.slice(0, 40))} is refused`, () => assert.deepEqual(httpLogFormat(text), { ok: false, reason }));

test('a connection has other variables than a request', () => {
  assert.deepEqual(streamLogFormat('$protocol $session_time'), {
    ok: true,
    value: [variable('protocol'), { text: ' ' }, variable('session_time')],
  });
  assert.deepEqual(streamLogFormat('$request'), {
    ok: false,
    reason: 'there is no variable $request; take those of NGINX and of ingress-nginx',
  });
});

test('no text of a format holds a dollar, so nothing in it can name a variable', () => {
  const part = fc.oneof(fc.string(), fc.constantFrom('$', '\\', '"', "'", '${', '}', '$status', '$namespace', '\\\\', '\\$'));
  fc.assert(
    fc.property(fc.array(part), (parts) => {
      const parsed = words(parts.join(''));
      const texts = typeof parsed === 'string' ? [] : parsed.flatMap((word: Word) => ('text' in word ? [word.text] : []));
      assert.ok(texts.every((text) => !text.includes('$') && text !== ''));
    }),
  );
});
