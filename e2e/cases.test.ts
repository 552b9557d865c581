import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { type Case, expectedText, readCases } from './kit/cases.ts';
import { printCase } from './kit/printed.ts';

/** `UPDATE=1` writes what is printed now; read the difference before you commit it. */
const update = process.env['UPDATE'] === '1';

describe('the manifests of a case lead to its nginx.conf and to its diagnostics', () => {
  for (const one of readCases()) {
    test(one.title, async () => {
      const { config, diagnostics } = await printCase(one);
      if (update) write(one, config, diagnostics);
      assert.equal(config, expectedText(one, 'nginx.conf'));
      assert.equal(diagnostics, expectedText(one, 'diagnostics.txt'));
    });
  }
});

function write(one: Case, config: string, diagnostics: string): void {
  writeFileSync(join(one.folder, 'nginx.conf'), config);
  if (diagnostics === '') rmSync(join(one.folder, 'diagnostics.txt'), { force: true });
  else writeFileSync(join(one.folder, 'diagnostics.txt'), diagnostics);
}
