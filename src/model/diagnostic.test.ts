import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { codes } from './diagnostic.ts';

const page = new URL('../../docs/diagnostics.md', import.meta.url);

function printPage(): string {
  const rows = Object.entries(codes).map(([code, [severity, meaning]]) => `| \`${code}\` | ${severity} | ${meaning} |`);
  return `# Diagnostics

Gatehouse tells the owner of an object what is wrong with it: \`serve\` in its log, \`check\` as \`file:line:column\`, in a cluster as an Event on
the object. An *error* means that something is not served as it is written; a *warning* that it is served, but perhaps not as meant.

| code | severity | what it means for traffic |
|---|---|---|
${rows.join('\n')}
`;
}

test('the page of diagnostics is printed from the table of codes (UPDATE=1 prints it anew)', () => {
  if (process.env['UPDATE'] === '1') writeFileSync(page, printPage());
  assert.equal(readFileSync(page, 'utf8'), printPage());
});
