import assert from 'node:assert/strict';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { describe, test } from 'node:test';
import { createNginxCommand, type TestResult } from './nginx-command.ts';
import { findModule, otelModule, streamModule } from './nginx-modules.ts';
import { createTestbed, nginxProgram } from './nginx-testbed.ts';

const program = nginxProgram(process.env['NGINX']);

/** An NGINX that accepts a configuration with one of these first lines. */
function accepting(...lines: readonly string[]) {
  return {
    modulesPath: async () => '/usr/lib64/nginx/modules',
    test: async (path: string): Promise<TestResult> => {
      const [first = ''] = (await readFile(path, 'utf8')).split('\n');
      return lines.includes(first) ? { ok: true } : { ok: false, message: 'unknown directive' };
    },
  };
}

describe('a module of NGINX', () => {
  for (const wanted of [streamModule, otelModule]) {
    test(`${wanted.file} is looked for in the NGINX of this machine, and no file is left`, { skip: !program && 'no NGINX' }, async (t) => {
      const bed = await createTestbed();
      t.after(() => bed.close());
      const before = await readdir(bed.run.path);
      const found = await findModule(wanted, createNginxCommand(program ?? ''), bed.run.path);
      t.diagnostic(JSON.stringify(found));
      if (wanted === streamModule) assert.notEqual(found.kind, 'absent');
      assert.deepEqual(await readdir(bed.run.path), before);
    });
  }

  test('that has every directive it needs is built in, also where it is one of http', { skip: !program && 'no NGINX' }, async (t) => {
    const bed = await createTestbed();
    t.after(() => bed.close());
    const nginx = createNginxCommand(program ?? '');
    const known = { file: 'ngx_nobody_module.so', needs: 'http { server_tokens off; }' };
    assert.deepEqual(await findModule(known, nginx, bed.run.path), { kind: 'built-in' });
    assert.deepEqual(await findModule({ ...known, needs: 'http { nobody off; }' }, nginx, bed.run.path), { kind: 'absent' });
  });

  test('whose file NGINX cannot load counts as absent', { skip: !program && 'no NGINX' }, async (t) => {
    const bed = await createTestbed();
    t.after(() => bed.close());
    await writeFile(`${bed.run.path}/ngx_otel_module.so`, 'made for another NGINX');
    const { test: accepts } = createNginxCommand(program ?? '');
    const nginx = { test: accepts, modulesPath: async () => bed.run.path };
    assert.deepEqual(await findModule({ ...otelModule, needs: 'http { nobody off; }' }, nginx, bed.run.path), { kind: 'absent' });
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
      assert.deepEqual(await findModule(streamModule, accepting(...lines), bed.run.path), expected);
    });
});
