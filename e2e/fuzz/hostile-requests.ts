import fc from 'fast-check';

/** What a request that is hidden in another one asks for: nobody may ever see it as a request of its own. */
export const smuggled = '/smuggled';

const hidden = `GET ${smuggled} HTTP/1.1\r\nHost: b.test\r\nX-Smuggled: yes\r\n\r\n`;

const methods = fc.constantFrom(
  'GET',
  'POST',
  'PUT',
  'HEAD',
  'OPTIONS',
  'DELETE',
  'PATCH',
  'TRACE',
  'CONNECT',
  'PRI',
  'get',
  'G=T',
  '',
  'A'.repeat(40),
);
const targets = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom('/', '/a', '/a?x=1', '/%2e%2e/b', '/a/../b', '//b.test/x', '/a%0d%0aX:%20y', '/a%00b', '/a;b') },
  fc.constantFrom(
    'http://a.test/',
    'http://b.test/',
    'HTTP://B.TEST/x',
    'http://b.test:99/',
    'http://a.test@b.test/',
    'https://b.test/',
    'http://b.test',
  ),
  fc.constantFrom(
    '*',
    'a.test:80',
    '',
    ' /',
    '/a b',
    '/a\tb',
    'ftp://b.test/',
    'http://',
    'http:///x',
    '/\x7f',
    '/ü',
    '/#x',
    'http://b.test#/',
    '?x',
    '\\x',
  ),
  fc.string({ unit: 'binary-ascii', maxLength: 20 }).map((text) => `/${text}`),
);
const versions = fc.oneof(
  { weight: 40, arbitrary: fc.constant(' HTTP/1.1') },
  fc.constantFrom(
    ' HTTP/1.0',
    ' HTTP/0.9',
    ' HTTP/2.0',
    ' HTTP/1.2',
    '',
    ' HTTP/1.1 x',
    '  HTTP/1.1',
    '\tHTTP/1.1',
    ' http/1.1',
    ' HTTP/1.1\r',
    ' HTTP/01.1',
  ),
);
const lineEnds = fc.oneof({ weight: 60, arbitrary: fc.constant('\r\n') }, fc.constantFrom('\n', '\r', '\r\r\n', '\n\r', '\r\n\t', '\r\n '));

const hosts = fc.constantFrom(
  'a.test',
  'b.test',
  'A.Test',
  'a.test.',
  'a.test:80',
  'b.test:x',
  'a.test, b.test',
  'a.test b.test',
  'a.test/',
  'a.test@b.test',
  '',
  '..',
  '[::1]',
  'a.test\0',
  'b.test#',
  "a'b",
  'ü.test',
  'localhost',
  'a.test?',
  `${'a'.repeat(300)}.test`,
);
const lengths = fc.constantFrom(
  '0',
  '1',
  '5',
  '6',
  '+5',
  '-1',
  '5, 5',
  '5,6',
  ' 5',
  '5 ',
  '0x5',
  '5\t',
  '99999999999999999999',
  '',
  '05',
  '5;',
  'five',
  String(hidden.length),
);
const codings = fc.constantFrom(
  'chunked',
  'Chunked',
  ' chunked',
  'chunked ',
  'xchunked',
  'chunked, identity',
  'identity',
  'gzip, chunked',
  'chunked,chunked',
  '\tchunked',
  '"chunked"',
  '\x0bchunked',
  'chunked\0',
  '',
  'chunked;x=1',
);
const junk = fc.string({ unit: 'binary-ascii', maxLength: 30 });

const header = fc.oneof(
  { weight: 3, arbitrary: hosts.map((value) => `Host: ${value}`) },
  { weight: 3, arbitrary: lengths.map((value) => `Content-Length: ${value}`) },
  { weight: 3, arbitrary: codings.map((value) => `Transfer-Encoding: ${value}`) },
  fc.constantFrom(
    'Host : b.test',
    ' Host: b.test',
    'Host\t: b.test',
    'Content-Length : 5',
    'Transfer-Encoding : chunked',
    'Transfer_Encoding: chunked',
    'Transfer-Encoding\0: chunked',
    'transfer-encoding:chunked',
  ),
  fc.constantFrom(
    'Connection: keep-alive',
    'Connection: Host',
    'Connection: X-Forwarded-Host, close',
    'Connection: upgrade',
    'Upgrade: h2c',
    'Upgrade: websocket',
    'HTTP2-Settings: AAMAAABkAAQ',
    'Expect: 100-continue',
    'Expect: 200-ok',
    'TE: trailers',
    'Trailer: Host',
    'Proxy: x',
  ),
  fc.constantFrom(
    'X-Forwarded-Host: b.test',
    'X-Forwarded-For: 1.2.3.4',
    'X-Real-IP: 1.2.3.4',
    'X-Original-URL: /b',
    'X-Rewrite-URL: /b',
    'X-HTTP-Method-Override: DELETE',
    'X_Real_IP: 1.2.3.4',
    'Forwarded: host=b.test',
    'X-Request-ID: a\tb',
  ),
  fc.tuple(junk, junk).map(([name, value]) => `${name}: ${value}`),
  junk,
  fc.integer({ min: 1, max: 9000 }).map((size) => `X-Bomb: ${'x'.repeat(size)}`),
);

const chunk = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom('5\r\nhello\r\n', '1\r\nx\r\n', `${hidden.length.toString(16)}\r\n${hidden}\r\n`) },
  fc.constantFrom(
    '5;x=y\r\nhello\r\n',
    '5\nhello\n',
    '05\r\nhello\r\n',
    '+5\r\nhello\r\n',
    '0x5\r\nhello\r\n',
    '5 \r\nhello\r\n',
    '-1\r\n',
    'fffffffffffffffff\r\n',
    'zz\r\n',
    '5\r\nhello',
    '5\r\nhelloXX',
    '5;\r\nhello\r\n',
    '5;a="\r\n"\r\nhello\r\n',
    '5\r\r\nhello\r\n',
  ),
);
const lastChunk = fc.constantFrom(
  '0\r\n\r\n',
  '0\r\nHost: b.test\r\n\r\n',
  '0\n\n',
  '00\r\n\r\n',
  '0;x\r\n\r\n',
  '0\r\n',
  '',
  '0\r\n\r',
  '0\r\nContent-Length: 5\r\n\r\n',
);
const bodies = fc.oneof(
  fc.constant(''),
  fc.constantFrom('hello', hidden, `hello${hidden}`, `0\r\n\r\n${hidden}`, `\r\n${hidden}`),
  fc
    .tuple(fc.array(chunk, { maxLength: 3 }), lastChunk, fc.constantFrom('', hidden))
    .map(([chunks, last, rest]) => chunks.join('') + last + rest),
);

/** Bytes of a client that wants a proxy and a backend to read different things; most of them are one request, and one in it. */
export const hostileRequest: fc.Arbitrary<Buffer> = fc
  .record({
    line: fc.tuple(fc.oneof({ weight: 5, arbitrary: fc.constantFrom('GET', 'POST') }, methods), targets, versions, lineEnds),
    host: fc.oneof({ weight: 12, arbitrary: fc.constantFrom(['Host: a.test'], ['Host: b.test']) }, fc.constant([])),
    headers: fc.array(fc.tuple(header, lineEnds), { maxLength: 3 }),
    bomb: fc.oneof({ weight: 30, arbitrary: fc.constant(0) }, fc.integer({ min: 100, max: 3000 })),
    end: fc.oneof({ weight: 15, arbitrary: fc.constant('\r\n') }, fc.constantFrom('\n', '\r\r\n', '')),
    body: bodies,
  })
  .map(({ line: [method, target, version, lineEnd], host, headers, bomb, end, body }) => {
    const bombs = 'X-Many: y\r\n'.repeat(bomb);
    const lines = [...host.map((one) => `${one}\r\n`), ...headers.map(([one, lineEnd]) => one + lineEnd), bombs].join('');
    return Buffer.from(`${method} ${target}${version}${lineEnd}${lines}${end}${body}`, 'latin1');
  });
