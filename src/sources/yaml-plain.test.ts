import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseWholeYaml } from './yaml.ts';
import { parsePlainYaml } from './yaml-plain.ts';

const ingress = `# Source: shop/templates/ingress.yaml
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: shop   
  annotations:
    nginx.ingress.kubernetes.io/rewrite-target: /$1
    nginx.ingress.kubernetes.io/proxy-body-size: 8m
    nginx.ingress.kubernetes.io/use-regex: "true"

  labels: {}
spec:
  ingressClassName: nginx
  rules:
  - host: 'shop.example.com'
    http:
      paths:
        # the rest
        - path: /api/v2/(.*)
          pathType: ImplementationSpecific
          backend: 
            service:
              name: shop-für
              port:
                number: 0x50
  tls:
    -   hosts:
        - shop.example.com
        - -1
        - ~
        secretName:
---
kind: List
items: []
empty:
`;

test('a manifest as most people write it is read without the other parser, to the same', () => {
  const documents = parsePlainYaml(ingress);
  assert.equal(documents?.length, 2);
  assert.deepEqual({ documents }, parseWholeYaml(ingress));
});

/** What needs the other parser, or is a mistake. */
const others = [
  '',
  '---\n',
  'a: 1\n---\n',
  'text',
  '- a\nb: 1',
  'a: 1\n b: 2',
  'a:\n    b: 1\n  c: 2',
  'a: 1\na: 2',
  'a: one\n  more',
  '- one\n  more',
  '- a: 1\n b: 2',
  '- - a',
  '-',
  'a: b: c',
  'a: b:',
  'a: b # c',
  'a:b',
  'on: 1',
  '1: a',
  '.5: a',
  '"a": 1',
  '? a',
  '__proto__: 1',
  '<<: 1',
  'a: "\\n"',
  'a: "b" c',
  "a: 'it''s'",
  'a: {b: 1}',
  'a: [b]',
  'a: |\n  b',
  'a: &b c',
  'a: *b',
  'a: !!str 1',
  'a: @b',
  'a:\tb',
  'a: b\r\n',
  '\u{feff}a: b',
  'a: \u{1f600}',
  '%YAML 1.2\n---\na: 1',
  'a: 1\n...\n',
  '--- a',
  `${Array.from({ length: 60 }, (_, depth) => `${' '.repeat(depth)}a:\n`).join('')}`,
  `${'- '.repeat(60)}a`,
];

test('everything else is left to the other parser', () => {
  assert.deepEqual(
    others.filter((text) => parsePlainYaml(text) !== undefined),
    [],
  );
});

/** Pieces of lines that matter to one of the parsers, likely ones more often. */
const indents = fc.constantFrom('', '', '', '  ', '  ', '  ', '    ', '    ', ' ', '      ', '\t');
const openings = fc.constantFrom('', '', '', '', '- ', '- ', '-   ', '- - ', '? ', '# ', '--- ', '-');
const keys = fc.constantFrom(
  'a',
  'b',
  'c',
  'd-e/f.g',
  'on',
  'null',
  '1',
  '0x',
  '.5',
  '/x',
  '-y',
  '"q"',
  '__proto__',
  'constructor',
  'x y',
  '<<',
  '',
);
const colons = fc.constantFrom(': ', ': ', ': ', ':', ':', ':   ', ' : ', '');
const scalars = [
  ...[
    'text',
    'a b  c',
    'yes',
    'No',
    '~',
    'null',
    '12',
    '-1',
    '+1.5',
    '017',
    '0o7',
    '0b1',
    '1_000',
    '1e3',
    '.5',
    '.inf',
    '-.INF',
    '.nan',
    '12:30',
  ],
  ...[
    '2026-01-01',
    '"x"',
    "'x'",
    '"a: b"',
    "'#'",
    '"\\t"',
    "'it''s'",
    '"open',
    '{}',
    '[]',
    '{a: 1}',
    '[a, b]',
    '{',
    ']',
    '|',
    '>-',
    '&a x',
    '*a',
    '!!str 1',
  ],
  ...[
    'a: b',
    'a:',
    'a #b',
    'a#b',
    '#b',
    ' lead',
    'trail  ',
    '-',
    '- x',
    '-x',
    '--',
    '---',
    '...',
    '%',
    '@',
    '`',
    '$1',
    '^/(.*)$',
    '(a|b)',
    '\\d',
    'ü',
    '\u{a0}x',
  ],
  ...[
    'x\u{85}',
    '\u{2028}',
    '\u{1f600}',
    '\u{feff}',
    '=',
    '<<',
    '?',
    '? x',
    ':x',
    ',',
    'http://x.y/z?a=b&c',
    '0',
    '-0',
    '00',
    '08',
    '0x1F',
    'y',
    'n',
    'Off',
    '"" ',
    "''",
  ],
];
const line = fc
  .tuple(
    indents,
    openings,
    keys,
    colons,
    fc.oneof({ weight: 1, arbitrary: fc.constant('') }, { weight: 2, arbitrary: fc.constantFrom(...scalars) }),
  )
  .map((pieces) => pieces.join(''));
const lines = fc.oneof({ weight: 9, arbitrary: line }, { weight: 1, arbitrary: fc.constantFrom('', '---', '  # note', '...', '   ') });
const ends = fc.constantFrom('\n', '\n', '\n', '\n', '\n', '\r\n');

test('whatever is read of made-up lines is what the other parser reads', () => {
  const isRead = countRead(500);
  fc.assert(
    fc.property(fc.array(lines, { minLength: 1, maxLength: 5 }), ends, (all, end) => isRead.check(all.join(end))),
    { numRuns: 50_000 },
  );
  isRead.end();
});

const damage = fc.record({
  at: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
  removed: fc.constantFrom(0, 0, 1, 2, 8),
  added: fc.constantFrom(
    '',
    ' ',
    '  ',
    '\n',
    '\n  ',
    ':',
    ': ',
    '- ',
    '-',
    '#',
    ' #',
    '"',
    "'",
    '{',
    '[',
    '---\n',
    'a: ',
    '0',
    '~',
    '&a ',
    '\t',
    '\r',
    '.',
    'é',
  ),
});

test('whatever is read of a manifest with changes at random is what the other parser reads', () => {
  const isRead = countRead(1000);
  fc.assert(
    fc.property(fc.array(damage, { minLength: 1, maxLength: 3 }), (all) => {
      let text = ingress;
      for (const { at, removed, added } of all) {
        const place = Math.floor(at * text.length);
        text = text.slice(0, place) + added + text.slice(place + removed);
      }
      isRead.check(text);
    }),
    { numRuns: 5_000 },
  );
  isRead.end();
});

/** Compares the parsers, and sees to it that there was enough to compare. */
function countRead(least: number) {
  let count = 0;
  return {
    check(text: string): void {
      const documents = parsePlainYaml(text);
      if (documents === undefined) return;
      count += 1;
      assert.deepEqual({ documents }, parseWholeYaml(text));
    },
    end: () => assert.ok(count >= least, `only ${count} texts were read`),
  };
}
