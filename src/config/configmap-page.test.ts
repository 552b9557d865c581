import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { configKeyOf, type Likeness } from '../annotations/define.ts';
import { features } from '../annotations/load.ts';
import { groups } from './load.ts';
import { type NameKind, names } from './names.ts';

const page = new URL('../../docs/configmap.md', import.meta.url);

for (const group of groups.values()) {
  for (const [key, one] of Object.entries(group.keys)) {
    test(`the example of ${key} is accepted`, () => {
      const parsed = one.parse(one.example);
      assert.ok(parsed.ok, parsed.ok ? '' : parsed.reason);
    });
  }
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}

function code(text: string): string {
  return text === '' || text.includes('`') || text.includes(' ') ? text : `\`${text}\``;
}

function printLike(like: Likeness): string {
  if (like === 'same') return '';
  return 'stricter' in like ? `stricter: ${like.stricter}` : `different: ${like.different}`;
}

function printGroups(): string {
  return [...groups.values()]
    .sort((a, b) => (a.title < b.title ? -1 : 1))
    .map(({ title, keys }) => {
      const rows = Object.entries(keys).map(
        ([key, one]) =>
          `| \`${key}\` | ${cell(one.doc)} | \`${cell(one.example)}\` | ${cell(code(one.defaultText))} | ${cell(one.otherwise?.says ?? (one.guards ? 'denies' : 'its default stays'))} | ${cell(printLike(one.like))} |`,
      );
      return `## ${title}\n\n| key | | example | default | a bad value | against ingress-nginx |\n|---|---|---|---|---|---|\n${rows.join('\n')}`;
    })
    .join('\n\n');
}

function printDefaults(): string {
  const rows = [...features.values()].flatMap(({ keys }) =>
    Object.entries(keys).flatMap(([key, one]) => {
      const configKey = configKeyOf(key, one);
      return configKey === undefined
        ? []
        : [`| \`${configKey}\` | ${configKey === key ? 'the same' : `\`${key}\``} | ${cell(code(one.defaultText ?? 'none'))} |`];
    }),
  );
  return `| key | annotation | default |\n|---|---|---|\n${rows.sort().join('\n')}`;
}

function defined(): ReadonlySet<string> {
  const own = [...groups.values()].flatMap(({ keys }) => Object.keys(keys));
  const defaults = [...features.values()].flatMap(({ keys }) => Object.entries(keys).map(([key, one]) => configKeyOf(key, one) ?? ''));
  return new Set([...own, ...defaults]);
}

function stands(kind: NameKind): string {
  if (kind.kind === 'planned') return 'planned';
  if (kind.kind === 'guard') return `refused, every path answers 503 where it is asked for: ${kind.why}`;
  if (kind.kind === 'snippet') return `refused, every path answers 503 unless \`--ignore-snippets\` is given: ${kind.why}`;
  return `${kind.kind === 'dead' ? 'without effect' : 'refused'}: ${kind.why}`;
}

function printOthers(): string {
  const known = defined();
  const rows = [...names].filter(([key]) => !known.has(key)).map(([key, kind]) => `| \`${key}\` | ${cell(stands(kind))} |`);
  return `| key | |\n|---|---|\n${rows.sort().join('\n')}`;
}

function printPage(): string {
  return `# The ConfigMap

\`--configmap namespace/name\` names the ConfigMap with the settings of the controller; its keys are those of ingress-nginx. A change is live with
one reload. A value that cannot be used is a complaint to the ConfigMap, and its default stays; of a key that guards access, every path that depends
on it answers 503. An unknown key is named with what was probably meant. An empty value is as none unless something else is said.

## Defaults of annotations

These hold where an Ingress says nothing; what they mean is on the page of the [annotations](annotations.md).

${printDefaults()}

${printGroups()}

## Keys that are not carried out

${printOthers()}
`;
}

test('docs/configmap.md is what the definitions say; UPDATE=1 writes it', () => {
  const text = printPage();
  if (process.env['UPDATE'] === '1') writeFileSync(page, text);
  assert.equal(readFileSync(page, 'utf8'), text);
});
