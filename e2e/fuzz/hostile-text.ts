import fc from 'fast-check';

/** A word that is in no configuration unless a value brings it. */
export const marker = 'q7mark';

/** What means something to NGINX, to the parsers of values, or to a decoder. */
const pieces = [
  ...['"', "'", '\\', ';', '{', '}', '$', '#', ' ', '~', '=', '@', '*', '(', ')', '%', '&', '?', '<', '>', '|', '^', '.', ':', ',', '`'],
  ...['[', ']', '+', '-', '/', '!', '_', '0', 'a', 'Z', 'ü', '😀', '\u2028', '\u0085', '\ufeff', '\u00a0', '\u200b', '\ud800'],
  ...['\n', '\r\n', '\t', '\0', '\x7f', '\x1b'],
  ...['";', '"; }', "';", '\\"', '\\\\', '\\n', '\n}\n', '} server { listen 1; }', 'include /etc/passwd;', '\ninclude /etc/passwd;\n'],
  ...['$host', '$'.concat('{host}'), '$'.concat('{'), '$http_authorization', '$ssl_client_raw_cert', '$1', '$9', '$document_root'],
  ...[
    '/etc/passwd',
    '../',
    '../../etc/passwd',
    '/var/run/secrets/kubernetes.io/serviceaccount/token',
    'unix:/tmp/x',
    'http://',
    'https://',
  ],
  ...['%00', '%0d%0aX: y', '%2e%2e%2f', '{{x}}', '(?<x>a)', '(?{1})', '(*VERB)', '(a+)+$', '\\K', '\\C', '(?R)', 'a{1,99999}'],
  ...['-1', '00', '1.5', '1e9', '0x10', '65536', '2147483648', '99999999999999999999', '0k', '1g', '9999999g', 'off', 'on', 'default'],
  ...['neighbour.test', '127.0.0.1', '::1', '0.0.0.0/0', '169.254.169.254', 'localhost', 'other/secret', marker, 'x'.repeat(300)],
];

const piece = fc.constantFrom(...pieces);

/** Text that nobody means well with. */
export const hostileText: fc.Arbitrary<string> = fc.oneof(
  fc.array(piece, { maxLength: 8 }).map((list) => list.join('')),
  fc.string({ unit: 'binary', maxLength: 30 }),
  fc.string({ unit: 'grapheme', maxLength: 30 }),
  fc.string({ maxLength: 12 }),
  piece.map((text) => text.repeat(40)),
  fc.integer({ min: 1, max: 6000 }).map((length) => 'x'.repeat(length)),
);

type Edit = (text: string) => string;

const numbers = ['0', '-1', '1', '7', '1.5', '65536', '2147483647', '2147483648', '4294967296', '99999999999999999999', '007', ''];

/** Small changes to a good value: most of the results are still nearly what the parser expects. */
const edit: fc.Arbitrary<Edit> = fc.oneof(
  fc.tuple(fc.nat(), fc.nat(4), piece).map(
    ([at, length, added]): Edit =>
      (text) =>
        spliced(text, at, length, added),
  ),
  fc.tuple(fc.nat(), piece).map(
    ([at, added]): Edit =>
      (text) =>
        spliced(text, at, 0, added),
  ),
  fc.tuple(fc.nat(), fc.nat(6)).map(
    ([at, length]): Edit =>
      (text) =>
        spliced(text, at, length, ''),
  ),
  fc.constantFrom(' ', ',', ', ', ';', '|', '\n', '').map(
    (between): Edit =>
      (text) =>
        text.length > 2000 ? text : `${text}${between}${text}`,
  ),
  fc.constantFrom(...numbers).map(
    (number): Edit =>
      (text) =>
        text.replace(/\d+/, number),
  ),
  fc.constantFrom<Edit>(
    (text) => text.toUpperCase(),
    (text) => `${text}${marker}`,
    (text) => text.replace(/[a-z]+/, marker),
  ),
);

function spliced(text: string, at: number, length: number, added: string): string {
  const from = at % (text.length + 1);
  return text.slice(0, from) + added + text.slice(from + length);
}

/** A good value with up to four small changes, or something else altogether. */
export function nearly(...examples: readonly string[]): fc.Arbitrary<string> {
  const changed = fc
    .tuple(fc.constantFrom(...examples), fc.array(edit, { maxLength: 4 }))
    .map(([example, edits]) => edits.reduce((text, change) => change(text), example));
  return fc.oneof({ weight: 5, arbitrary: changed }, { weight: 1, arbitrary: hostileText });
}
