// biome-ignore-all lint/suspicious/noTemplateCurlyInString: NGINX writes variables in the same way
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { nginxProgram } from '../apply/nginx-testbed.ts';
import { directive, variable } from '../model/directive.ts';
import type { Location, Server, Topology } from '../model/routing.ts';
import { type Parsed, parseConfig } from './nginx-conf-testbed.ts';
import { createRender } from './render.ts';
import { location, origin, server, settings, topology, upstream } from './topology-testbed.ts';

/** Pieces that mean something to NGINX, and some that mean nothing. */
const pieces = [
  ...[
    '"',
    "'",
    '\\',
    ';',
    '{',
    '}',
    '$',
    '#',
    ' ',
    '~',
    '=',
    '@',
    '*',
    '(',
    ')',
    '%',
    '&',
    '?',
    '<',
    '>',
    '|',
    '^',
    '.',
    ':',
    ',',
    '`',
    '!',
  ],
  ...['a', 'n', 'Z', '0', 'ü', '😀', '\u2028', '\u0085'],
  ...[
    '";',
    '"; }',
    "';",
    '\\"',
    '\\\\',
    '\\n',
    '\\t',
    '${host}',
    '$host',
    '${',
    '} server {',
    'include /etc/passwd;',
    '# x',
    '\\;',
    '"" ',
    'return 200;',
  ],
];
const hostile = fc.array(fc.constantFrom(...pieces), { maxLength: 12 }).map((list) => list.join(''));
/** What decoders would never let through can still not leave a comment. */
const worse = fc
  .array(fc.constantFrom(...pieces, '\n', '\r\n', '\0', '\n}\n', '\nserver { listen 1; }\n'), { maxLength: 12 })
  .map((list) => list.join(''));

/** The places that text of users can reach; `sign` numbers them, so that each value of the tame topology is found in one place only. */
interface Texts {
  readonly host: string;
  readonly suffix: string;
  readonly paths: readonly [string, string, string];
  readonly argument: string;
  readonly part: string;
  readonly comments: readonly [string, string, string];
}

const texts: fc.Arbitrary<Texts> = fc.record({
  host: fc.oneof(
    hostile.map((text) => `h${text.replaceAll('*', '')}`),
    fc.constantFrom('default', 'include', 'hostnames', 'volatile', '0'),
  ),
  suffix: hostile.map((text) => `s${text}`),
  paths: fc.tuple(hostile, hostile, hostile).map(([a, b, c]) => [`/1${a}`, `/2${b}`, `/3${c}`] as const),
  argument: hostile,
  part: hostile,
  comments: fc.tuple(worse, worse, worse),
});

const tame: Texts = {
  host: 'tame-host.test',
  suffix: 'tame-suffix.test',
  paths: ['/tame-exact', '/tame-slash', '/tame-prefix'],
  argument: 'tame-argument',
  part: 'tame-part',
  comments: ['a', 'b', 'c'],
};

function locationsOf({ paths, argument, part, comments }: Texts): readonly Location[] {
  const by = (index: 0 | 1 | 2) => ({ origin: origin(comments[index], `spec.${comments[index]}`) });
  const directives = [
    directive('add_header', 'X-Argument', argument),
    directive('set', variable('x'), { parts: [{ text: part }, variable('host'), { text: part }] }),
  ];
  return [
    location({ kind: 'exact', path: paths[0] }, 503, by(0)),
    location({ kind: 'exact', path: `${paths[1]}/` }, '1111111111', by(1)),
    location({ kind: 'prefix', path: '/' }, 404, { directives }),
    location({ kind: 'prefix', path: paths[2] }, '1111111111', { ...by(2), httpsRedirect: true }),
  ];
}

function topologyOf(from: Texts): Topology {
  const origins = from.comments.map((text) => origin(text, text));
  const locations = locationsOf(from);
  const servers: readonly Server[] = [
    server({ kind: 'default' }, locations),
    server({ kind: 'exact', host: from.host }, locations, {
      origins,
      certificate: '0123456789abcdef',
      directives: [directive('add_header', 'X', from.argument)],
    }),
    server({ kind: 'wildcard', suffix: from.suffix }, locations, { origins, certificate: '0123456789abcdef' }),
  ];
  const service = { kind: from.comments[0], namespace: from.comments[1], name: from.comments[2] };
  return {
    ...topology(servers, [upstream('1111111111', { service, port: from.comments[0] })]),
    http: [directive('add_header', 'X-Http', from.argument)],
  };
}

const render = createRender(settings);
const parsed = (from: Topology) => parseConfig(render(from).files.get('nginx.conf') ?? '');

/** The tree without what differs between any two generations, and with the keys of maps as NGINX takes them. */
function meaning(tree: readonly Parsed[], parent = ''): readonly Parsed[] {
  return tree.map(({ words, block }) => {
    const [first = ''] = words;
    const shown = parent === 'map' ? [keyMeaning(first, words.length), ...words.slice(1)] : words;
    const kept = first === 'return' && /^[0-9a-f]{16}$/.test(words[2] ?? '') ? words.slice(0, 2) : shown;
    return block ? { words: kept, block: meaning(block, first) } : { words: kept };
  });
}

/** One backslash in front is cut, and makes a literal of what would be a keyword or a pattern (ngx_http_map). */
function keyMeaning(key: string, words: number): string {
  if (key.startsWith('\\')) return `literal ${key.slice(1)}`;
  const special =
    key.startsWith('~') || key === 'default' || key === 'include' || (words === 1 && (key === 'hostnames' || key === 'volatile'));
  return `${special ? 'special' : 'literal'} ${key}`;
}

/** Puts hostile values where the tame ones are, each in the form that its place asks for. */
function substituted(tree: readonly Parsed[], to: Texts): readonly Parsed[] {
  const evaluated = (text: string) => text.replaceAll('$', () => '${gatehouse_dollar}');
  const pattern = (text: string) => text.replace(/[^a-z0-9-]/gu, '\\$&');
  const replacements: readonly (readonly [string, string])[] = [
    [pattern(tame.suffix), pattern(to.suffix)],
    [tame.suffix, to.suffix],
    [tame.host, to.host],
    ...tame.paths.map((path, index) => [path, to.paths[index] ?? ''] as const),
    [tame.argument, evaluated(to.argument)],
    [tame.part, evaluated(to.part)],
  ];
  const replaced = (word: string) => {
    const [from, value] = replacements.find(([candidate]) => word.includes(candidate)) ?? ['', ''];
    return from === '' ? word : word.replaceAll(from, () => value);
  };
  const inTree = (nodes: readonly Parsed[]): readonly Parsed[] =>
    nodes.map(({ words, block }) => ({ words: words.map(replaced), ...(block ? { block: inTree(block) } : {}) }));
  return inTree(tree);
}

const tameTree = meaning(parsed(topologyOf(tame)));

test('the tame values are in their places: the text of the test itself is right', () => {
  const words = JSON.stringify(tameTree);
  const values = [tame.host, tame.suffix, ...tame.paths, tame.argument, tame.part];
  assert.deepEqual(
    values.filter((value) => !words.includes(JSON.stringify(value).slice(1, -1))),
    [],
  );
});

test('hostile text in any place stays inside of its own argument, and the rest of the file is what it was', () => {
  fc.assert(
    fc.property(texts, (some) => assert.deepEqual(meaning(parsed(topologyOf(some))), substituted(tameTree, some))),
    { numRuns: 1500 },
  );
});

test('control characters never reach the file: a comment shows a question mark, everything else is refused', () => {
  const control = fc.constantFrom('\n', '\r', '\0', '\t', '\x7f', '\x1b');
  const spoiled = fc.tuple(hostile, control, hostile).map((parts) => parts.join(''));
  const places: readonly ((text: string) => Texts)[] = [
    (text) => ({ ...tame, host: `h${text}` }),
    (text) => ({ ...tame, suffix: text }),
    (text) => ({ ...tame, paths: [`/${text}`, '/b', '/c'] }),
    (text) => ({ ...tame, paths: ['/a', '/b', `/${text}`] }),
    (text) => ({ ...tame, argument: text }),
    (text) => ({ ...tame, part: text }),
  ];
  fc.assert(
    fc.property(spoiled, fc.constantFrom(...places), (text, place) => {
      assert.throws(() => render(topologyOf(place(text))), /control character|is no host/);
    }),
    { numRuns: 500 },
  );
});

const nginx = nginxProgram(process.env['NGINX']);

test('a real NGINX takes hundreds of hostile servers in one file', {
  skip: nginx === undefined && 'there is no NGINX: run make install',
}, async () => {
  const directory = await mkdtemp(join(tmpdir(), 'gatehouse-'));
  try {
    await mkdir(join(directory, 'tmp'));
    const some = fc.sample(texts, 300);
    const hosts = ['default', 'include', 'hostnames', 'volatile'];
    const servers = some.map((one, index) =>
      server({ kind: 'exact', host: hosts[index] ?? `h${index}.test` }, locationsOf(one), {
        origins: one.comments.map((text) => origin(text, text)),
        certificate: '0123456789abcdef',
      }),
    );
    const longest = server({ kind: 'exact', host: 'long.test' }, [location({ kind: 'prefix', path: `/${'"'.repeat(1990)}` }, 404)]);
    const rendered = createRender({ ...settings, runDirectory: directory, ipv6: false })(
      topology(
        [server({ kind: 'default' }, [location({ kind: 'prefix', path: '/' }, 404)]), ...servers, longest],
        [upstream('1111111111')],
      ),
    );
    const config = join(directory, 'nginx.conf');
    await writeFile(config, rendered.files.get('nginx.conf') ?? '');
    const { stderr } = await promisify(execFile)(nginx ?? '', ['-t', '-c', config, '-e', 'stderr']);
    assert.match(stderr, /test is successful/);
    assert.doesNotMatch(stderr, /\[(?:warn|emerg|alert|crit|error)\]/);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});
