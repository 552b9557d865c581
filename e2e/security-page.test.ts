import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

const root = join(import.meta.dirname, '..');
const page = readFileSync(join(root, 'docs/security.md'), 'utf8');
const cases = readdirSync(join(root, 'e2e/cases'));

test('every test that the page about security names is there', () => {
  const named = [...page.matchAll(/`([a-z0-9/-]+)-?…`/g)].map((match) => (match[1] ?? '').replace(/-$/, ''));
  assert.ok(named.length > 20);
  assert.deepEqual(
    named.filter((beginning) => !cases.some((name) => name.startsWith(beginning))),
    [],
  );
  const files = [...page.matchAll(/`((?:src|e2e)\/[a-z0-9/.-]+\.ts|e2e\/[a-z-]+)`/g)].map((match) => match[1] ?? '');
  assert.ok(files.length > 10);
  assert.deepEqual(
    files.filter((file) => !existsSync(join(root, file))),
    [],
  );
});
