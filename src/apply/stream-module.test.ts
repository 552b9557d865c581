import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { describe, test } from 'node:test';
import { createNginxCommand, type TestResult } from './nginx-command.ts';
import { createTestbed, nginxProgram } from './nginx-testbed.ts';
import { findStreamModule } from './stream-module.ts';

const program = nginxProgram(process.env['NGINX']);

/** An NGINX that accepts a configuration with one of these first lines. */
function accepting(...lines: readonly string[]) {
  return {
    modulesPath: async () => '/usr/lib64/nginx/modules',
    test: async (path: string): Promise<TestResult> => {
      const [first = ''] = (await readFile(path, 'utf8')).split('\n');
      return lines.includes(first) ? { ok: true } : { ok: false, message: 'unknown directive "stream"' };
    },
  };
}

describe('the module for TCP and UDP', () => {
  test('is found by the NGINX of this machine, and leaves no file behind', { skip: !program && 'no NGINX' }, async (t) => {
    const bed = await createTestbed();
    t.after(() => bed.close());
    const before = await readdir(bed.run.path);
    const found = await findStreamModule(createNginxCommand(program ?? ''), bed.run.path);
    t.diagnostic(JSON.stringify(found));
    assert.notEqual(found.kind, 'absent');
    assert.deepEqual(await readdir(bed.run.path), before);
  });

  const rows = [
    ['is built in', ['error_log stderr;'], { kind: 'built-in' }],
    ['lies below the prefix', ['load_module "modules/ngx_stream_module.so";'], { kind: 'file', path: 'modules/ngx_stream_module.so' }],
    [
      'lies where NGINX was built for',
      ['load_module "/usr/lib64/nginx/modules/ngx_stream_module.so";'],
      { kind: 'file', path: '/usr/lib64/nginx/modules/ngx_stream_module.so' },
    ],
    ['is missing', [], { kind: 'absent' }],
  ] as const;
  for (const [where, lines, expected] of rows)
    test(where, async (t) => {
      const bed = await createTestbed();
      t.after(() => bed.close());
      assert.deepEqual(await findStreamModule(accepting(...lines), bed.run.path), expected);
    });
});
