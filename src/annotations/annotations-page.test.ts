import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { configKeyOf, type Feature, type KeyDefinition, type Likeness } from './define.ts';
import { keys, refusals } from './keys.ts';
import { features } from './load.ts';
import { definitionsOf } from './read.ts';

const page = new URL('../../docs/annotations.md', import.meta.url);
const definitions = definitionsOf(features);

for (const [key, { one }] of definitions) {
  test(`the example of ${key} is accepted`, () => {
    const parsed = one.parse(one.example);
    assert.ok(parsed.ok, parsed.ok ? '' : parsed.reason);
  });
}

/** What a feature carries out, what is refused, and what is not there yet. */
const standings = ['same', 'stricter', 'different', 'refused', 'planned'] as const;
type Standing = (typeof standings)[number];

function standing(key: string): { readonly word: Standing; readonly how: string } {
  const refusal = refusals.get(key);
  if (refusal) return { word: 'refused', how: refusal.instead };
  const definition = definitions.get(key);
  if (!definition) return { word: 'planned', how: effectOf(key) };
  const { one } = definition;
  if (definition.key !== key) return { word: standing(definition.key).word, how: `another name of \`${definition.key}\`` };
  return likeness(one.like);
}

function likeness(like: Likeness): { readonly word: Standing; readonly how: string } {
  if (like === 'same') return { word: 'same', how: '' };
  return 'stricter' in like ? { word: 'stricter', how: like.stricter } : { word: 'different', how: like.different };
}

function effectOf(key: string): string {
  const effect = keys.get(key);
  if (effect === 'guard') return 'until then its Ingress answers 503';
  return 'until then its Ingress is served without it';
}

function anchor(title: string): string {
  return title
    .toLowerCase()
    .replace(/[^a-z0-9 -]/g, '')
    .replaceAll(' ', '-');
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}

function printIndex(): string {
  const rows = [...keys.keys()].sort().map((key) => {
    const { word, how } = standing(key);
    const feature = definitions.get(key)?.feature;
    const name = feature ? `[\`${key}\`](#${anchor(feature.title)})` : `\`${key}\``;
    return `| ${name} | ${word} | ${cell(how)} |`;
  });
  return `| annotation | | how |\n|---|---|---|\n${rows.join('\n')}`;
}

function printDefault(key: string, one: KeyDefinition<unknown>): string {
  const own =
    one.defaultText === undefined
      ? 'none'
      : one.defaultText.includes('`') || one.defaultText.includes(' ')
        ? one.defaultText
        : `\`${one.defaultText}\``;
  const configKey = configKeyOf(key, one);
  return configKey === undefined ? own : `\`${configKey}\` of the ConfigMap, ${own}`;
}

function printFeature(feature: Feature): string {
  const rows = Object.entries(feature.keys).map(([key, one]) => {
    const alias = one.alias === undefined ? '' : `, \`${one.alias}\``;
    const guards = (one.whenInvalid ?? feature.whenInvalid) === 'deny' ? 'denies' : one.refusedAs ? 'allows nobody' : 'is ignored';
    const doc = `${one.doc}`;
    return `| \`${key}\`${alias} | ${cell(doc)} | \`${cell(one.example)}\` | ${cell(printDefault(key, one))} | ${one.risk} | ${guards} |`;
  });
  const scope = feature.scope === 'host' ? '\n\nHolds for the host as a whole: the oldest Ingress that says something decides.' : '';
  return `## ${feature.title}${scope}\n\n| annotation | | example | default | risk | a bad value |\n|---|---|---|---|---|---|\n${rows.join('\n')}`;
}

function printPage(): string {
  const all = [...features.values()].sort((a, b) => (a.title < b.title ? -1 : 1));
  const counts = standings.map((word) => `${[...keys.keys()].filter((key) => standing(key).word === word).length} ${word}`);
  return `# Annotations

All ${keys.size} names that ingress-nginx 1.15.1 reads below \`nginx.ingress.kubernetes.io/\`, and how each stands here: ${counts.join(', ')}.

- **same**: it means what it means there; the recorded answers of ingress-nginx are the measure.
- **stricter**: the same, but some values that it took are refused.
- **different**: it does the same job, and something is not alike.
- **refused**: it will not be carried out; what to use instead is in the last column.
- **planned**: not carried out yet.

A bad value of an annotation that guards access *denies*: the paths of its own Ingress answer 503, and nothing else of the host is touched; so does an
empty one, and a name that looks like a misspelt guard. Of any other annotation a bad value *is ignored*, with a warning. Every complaint is in the
log, in \`gatehouse check\`, and as an Event at the Ingress, with the value, the reason and an accepted example. Blanks around a value do not count.

The *risk* is compared with \`annotations-risk-level\` of the [ConfigMap](configmap.md). Names of other prefixes are left alone; \`--annotations-prefix\` changes it.

${printIndex()}

${all.map(printFeature).join('\n\n')}
`;
}

test('docs/annotations.md is what the definitions say; UPDATE=1 writes it', () => {
  const text = printPage();
  if (process.env['UPDATE'] === '1') writeFileSync(page, text);
  assert.equal(readFileSync(page, 'utf8'), text);
});
