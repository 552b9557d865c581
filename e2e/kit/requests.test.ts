import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseRequests } from './requests.ts';

test('a request line is read with its count, options and checks', () => {
  const text = `# comment

2 × POST http://x.test/p?q [Host: [::1]:80] [X-A: b] [body: hello] → 200 shop/web@127.1.0.1:80 ×1, api ×1 from 2 endpoints
    backend: POST /p?q
    backend: Host: [::1]:80
    backend: no X-Foo
    client: body "hi\\n"
RAW "GET / HTTP/1.0\\r\\n\\r\\n" → 400
H2 GET https://t.test [sni: none] → 308 https://other.test/
    certificate: default
`;
  assert.deepEqual(parseRequests('requests.txt', text).lines, [
    {
      line: 3,
      text: text.split('\n')[2],
      times: 2,
      sending: {
        kind: 'http',
        method: 'POST',
        url: { scheme: 'http', authority: 'x.test', target: '/p?q' },
        options: {
          headers: [
            ['Host', '[::1]:80'],
            ['X-A', 'b'],
          ],
          body: 'hello',
        },
      },
      expectation: {
        status: 200,
        answers: [
          { namespace: 'shop', service: 'web', endpoint: '127.1.0.1:80', times: 1 },
          { namespace: 'default', service: 'api', times: 1 },
        ],
        endpoints: 2,
      },
      checks: [
        { side: 'backend', kind: 'request line', text: 'POST /p?q' },
        { side: 'backend', kind: 'header', name: 'Host', value: '[::1]:80' },
        { side: 'backend', kind: 'no header', name: 'X-Foo' },
        { side: 'client', kind: 'body', text: 'hi\n' },
      ],
    },
    {
      line: 8,
      text: text.split('\n')[7],
      times: 1,
      sending: { kind: 'raw', scheme: 'http', bytes: 'GET / HTTP/1.0\r\n\r\n' },
      expectation: { status: 400, answers: [] },
      checks: [],
    },
    {
      line: 9,
      text: text.split('\n')[8],
      times: 1,
      sending: {
        kind: 'h2',
        method: 'GET',
        url: { scheme: 'https', authority: 't.test', target: '/' },
        options: { headers: [], sni: 'none' },
      },
      expectation: { status: 308, location: 'https://other.test/', answers: [] },
      checks: [{ side: 'client', kind: 'certificate', text: 'default' }],
    },
  ]);
});

test('the number of reloads stands before the first request, and texts of the log stand anywhere', () => {
  const text = 'reloads: 0\nGET http://a.test/ → 404\nlog: a text\naccess: "GET /" 404\nno access: 200\n';
  const { reloads, log, access, noAccess } = parseRequests('requests-later.txt', text);
  assert.deepEqual({ reloads, log, access, noAccess }, { reloads: 0, log: ['a text'], access: ['"GET /" 404'], noAccess: ['200'] });
});

for (const [text, why] of [
  ['GET http://a.test/ 200', 'r.txt:1: a request has one arrow: GET http://a.test/ 200'],
  ['GET a.test/ → 200', 'r.txt:1: not a request: GET a.test/ → 200'],
  ['GET http://a.test/ [X] → 200', 'r.txt:1: not an option: GET http://a.test/ [X] → 200'],
  ['GET http://a.test/ → ok', 'r.txt:1: not an expectation: GET http://a.test/ → ok'],
  ['GET http://a.test/ → 200 Web', 'r.txt:1: not an expectation: GET http://a.test/ → 200 Web'],
  ['GET http://a.test/ → 200\n    server: x', 'r.txt:2: not a check:     server: x'],
  ['GET http://a.test/ → 200\n  client: x', 'r.txt:2: a check is indented by four spaces, below a request:   client: x'],
  ['    client: no X', 'r.txt:1: a check is indented by four spaces, below a request:     client: no X'],
] as const) {
  test(`${JSON.stringify(text)} is an error`, () => {
    assert.throws(() => parseRequests('r.txt', text), { message: why });
  });
}
