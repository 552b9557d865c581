import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import { runPaths } from '../src/model/settings.ts';
import { version } from '../src/options.ts';
import { readCases } from './kit/cases.ts';
import { type Command, runCommand, startCommand } from './kit/command.ts';
import { expectGone, freePort, theNginx, whyNotServed } from './kit/machine.ts';
import { documents, endpoints, ingress, service } from './kit/manifests.ts';
import { statusOf } from './kit/traffic.ts';

const skip = whyNotServed() ?? false;
const examples = join(import.meta.dirname, '../examples');

async function folderOf(t: TestContext, files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-command-'));
  t.after(() => rm(folder, { recursive: true }));
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  return folder;
}

const good = documents(ingress({ name: 'web', host: 'web.test', service: 'web' }), service('web'), endpoints('web', ['127.3.0.1']));
const wrong = ingress({ name: 'wrong', host: 'wrong.test', service: 'gone' }).replace('spec:', 'spec:\n  ingresClassName: nginx');

describe('gatehouse check', { skip, timeout: 60_000 }, () => {
  test('prints every complaint with its place, counts them, and ends with 1', async (t) => {
    const folder = await folderOf(t, { 'good.yaml': good, 'wrong.yaml': wrong });
    const { code, out, err } = await runCommand('check', folder);
    assert.equal(
      out,
      `${folder}/wrong.yaml:5:3 warning Ingress default/wrong spec.ingresClassName: unknown field "ingresClassName"; did you mean \`ingressClassName\`? (FieldUnknown)
${folder}/wrong.yaml:8:82 error Ingress default/wrong spec.rules[0].http.paths[0].backend.service.name: there is no Service default/gone, so these paths answer 503. Create it, or correct the name. (ServiceMissing)
`,
    );
    assert.equal(err, '4 objects in 2 files: 1 error, 1 warning\n');
    assert.equal(code, 1);
  });

  test('names files as seen from the working directory, and ends with 0 without errors', async () => {
    const { code, out, err } = await runCommand('check', relative(process.cwd(), examples), '--nginx');
    assert.deepEqual({ code, out }, { code: 0, out: '' }, err);
  });

  test('prints JSON for programs', async (t) => {
    const folder = await folderOf(t, { 'wrong.yaml': wrong });
    const { code, out } = await runCommand('check', '--format', 'json', folder);
    assert.equal(code, 1);
    assert.deepEqual(JSON.parse(out)[0], {
      severity: 'warning',
      code: 'FieldUnknown',
      object: { kind: 'Ingress', namespace: 'default', name: 'wrong' },
      field: 'spec.ingresClassName',
      message: 'unknown field "ingresClassName"; did you mean `ingressClassName`?',
      at: { file: `${folder}/wrong.yaml`, line: 5, column: 3 },
    });
  });

  test('prints annotations of a workflow, in which no name can begin another', async (t) => {
    const named = wrong.replace('name: wrong', 'name: "a\\n::error::b"');
    const folder = await folderOf(t, { 'wrong.yaml': named });
    const { code, out } = await runCommand('check', '--format', 'github', folder);
    assert.equal(code, 1);
    const lines = out.trimEnd().split('\n');
    assert.match(
      lines[0] ?? '',
      /^::error file=.*wrong\.yaml,line=3,col=19,title=ObjectInvalid::Ingress default\/a\\u000a::error::b metadata\.name: /,
    );
    assert.ok(
      lines.every((line) => /^::(error|warning) file=/.test(line)),
      out,
    );
  });

  test('says that a file is too large, and reads the others', async (t) => {
    const folder = await folderOf(t, { 'good.yaml': good, 'huge.yaml': '' });
    await truncate(join(folder, 'huge.yaml'), 33 * 1024 * 1024);
    const { code, out, err } = await runCommand('check', folder);
    assert.equal(
      out,
      `${folder}/huge.yaml:1:1 error Manifest ${folder}/huge.yaml: has 33 MiB: at most 32 MiB are read (ManifestTooLarge)\n`,
    );
    assert.equal(err, '3 objects in 2 files: 1 error, 0 warnings\n');
    assert.equal(code, 1);
  });

  test('ends with 2 when a path does not exist', async () => {
    assert.deepEqual(await runCommand('check', '/no/such/folder'), {
      code: 2,
      out: '',
      err: 'gatehouse: /no/such/folder: no such file or directory\n',
    });
  });
});

describe('gatehouse render', { skip, timeout: 60_000 }, () => {
  test('prints the nginx.conf of a case, byte for byte', async () => {
    const [first] = readCases().filter(({ title }) => title.startsWith('the first example'));
    assert.ok(first);
    const { code, out } = await runCommand('render', join(first.folder, 'in.yaml'));
    assert.equal(code, 0);
    assert.equal(out, await readFile(join(first.folder, 'nginx.conf'), 'utf8'));
  });

  test('-o writes it to a folder that it makes, and complaints go to standard error', async (t) => {
    const folder = await folderOf(t, { 'wrong.yaml': wrong });
    const target = join(folder, 'a/b');
    const { code, out, err } = await runCommand('render', folder, '-o', target);
    assert.deepEqual({ code, out }, { code: 0, out: '' });
    assert.match(err, /wrong\.yaml:8:82 error .*\(ServiceMissing\)\n$/);
    assert.match(await readFile(join(target, 'nginx.conf'), 'utf8'), /# Ingress default\/wrong spec\.rules\[0\]\.http\.paths\[0\]\n/);
  });
});

describe('the command line', { skip, timeout: 60_000 }, () => {
  test('--version prints the version', async () => {
    assert.deepEqual(await runCommand('--version'), { code: 0, out: `gatehouse ${version}\n`, err: '' });
  });

  for (const command of ['serve', 'run', 'render', 'check']) {
    test(`${command} --help explains it with examples`, async () => {
      const { code, out, err } = await runCommand(command, '--help');
      assert.deepEqual({ code, err }, { code: 0, err: '' });
      assert.match(out, new RegExp(`^Usage: gatehouse ${command} .*\n[^]*\nExamples:\n  gatehouse ${command} `));
    });
  }

  // What else is misuse is tested where the options are read.
  for (const args of [['serv'], ['serve', '.', '--http-prot', '1']]) {
    test(`gatehouse ${args.join(' ')} is misuse and ends with 2`, async () => {
      const { code, out, err } = await runCommand(...args);
      assert.deepEqual({ code, out }, { code: 2, out: '' });
      assert.notEqual(err, '');
    });
  }
});

describe('gatehouse serve as a process', { skip, timeout: 60_000 }, () => {
  interface Running {
    readonly command: Command;
    readonly http: number;
    readonly master: number;
    readonly args: readonly string[];
  }

  async function serve(t: TestContext, folder: string, ...flags: string[]): Promise<Running> {
    const [http, https] = [await freePort(), await freePort()];
    const run = await folderOf(t, {});
    const args = ['serve', folder, '--http-port', `${http}`, '--https-port', `${https}`, '--run-directory', run, ...flags];
    const command = startCommand(args);
    // Killed, it would leave its NGINX behind, as it should.
    t.after(async () => {
      command.process.kill('SIGTERM');
      await command.ended;
    });
    await command.says('Ctrl-C ends it.');
    return { command, http, args, master: Number(await readFile(runPaths(run).pid, 'utf8')) };
  }

  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    test(`${signal} ends it with 0, and no process is left`, async (t) => {
      const { command, http, master } = await serve(t, await folderOf(t, { 'good.yaml': good }), '--backend', 'default/web=127.0.0.1:1');
      assert.equal(await statusOf(http, 'web.test'), '502');
      command.process.kill(signal);
      assert.equal(await command.ended, 0);
      await expectGone(master);
      assert.equal(await statusOf(http, 'web.test'), 'ECONNREFUSED');
    });
  }

  test('the curl lines that it prints work', async (t) => {
    const { command } = await serve(t, examples, '--echo');
    const lines = [...command.out().matchAll(/^ {2}(curl .*)$/gm)].map((match) => match[1] ?? '');
    assert.ok(lines.length >= 4, command.out());
    for (const line of lines.filter((one) => !one.includes('hdls.me'))) {
      const { stdout } = await promisify(execFile)('sh', ['-c', `${line} --fail --silent --show-error`]);
      assert.match(stdout, /^Gatehouse's stand-in answers for Service /, line);
    }
    command.process.kill('SIGINT');
    assert.equal(await command.ended, 0);
  });

  test('a second one on the same ports says who has them, ends with 2, and the first goes on', async (t) => {
    const folder = await folderOf(t, { 'good.yaml': good });
    const { http, args } = await serve(t, folder, '--backend', 'default/web=127.0.0.1:1');
    const same = await runCommand(...args);
    assert.equal(same.code, 2);
    assert.match(
      same.err,
      /^gatehouse: The run directory .* is in use by another Gatehouse, process \d+; give this one a directory of its own\n$/,
    );
    const other = await runCommand(...args.with(args.indexOf('--run-directory') + 1, await folderOf(t, {})));
    assert.equal(other.code, 2);
    assert.match(
      other.err,
      new RegExp(
        `^gatehouse: Port ${http} is taken .*: process \\d+ \\(.*nginx.*\\) listens on it\\. End it, or choose a free port with --http-port\\.`,
      ),
    );
    assert.equal(await statusOf(http, 'web.test'), '502');
  });

  test('a selector that cannot be read ends it with 2, and nothing of it is left', async (t) => {
    const [http, https, run] = [await freePort(), await freePort(), await folderOf(t, {})];
    const ports = ['--http-port', `${http}`, '--https-port', `${https}`, '--run-directory', run];
    const folder = await folderOf(t, { 'good.yaml': good });
    const err = 'gatehouse: --watch-namespace-selector: "team in" is not a label requirement such as "team=web" or "team in (web, shop)"\n';
    const selector = '--watch-namespace-selector=team in';
    assert.deepEqual(await runCommand('serve', folder, selector, ...ports), { code: 2, out: '', err });
    assert.deepEqual(await runCommand('check', folder, selector), { code: 2, out: '', err });
    const { code } = await runCommand(
      'run',
      '--apiserver-host=http://127.0.0.1:1',
      selector,
      '--healthz-port',
      `${await freePort()}`,
      ...ports,
    );
    assert.equal(code, 2);
  });

  test('an installation without a template says so, ends with 2, and nothing of it is left', async (t) => {
    const root = join(import.meta.dirname, '..');
    const copy = await folderOf(t, { 'good.yaml': good });
    for (const name of ['bin', 'src', 'templates', 'package.json']) await cp(join(root, name), join(copy, name), { recursive: true });
    await symlink(join(root, 'node_modules'), join(copy, 'node_modules'));
    await rm(join(copy, 'templates/server.hbs'));
    const ports = ['--http-port', `${await freePort()}`, '--https-port', `${await freePort()}`, '--run-directory', join(copy, 'run')];
    const broken = startCommand(['serve', join(copy, 'good.yaml'), ...ports], join(copy, 'bin/gatehouse'));
    assert.equal(await broken.ended, 2, broken.err());
    assert.match(broken.err(), /^gatehouse: ENOENT: no such file or directory, open '.*server\.hbs'\n$/);
  });

  test('a run directory that cannot be written while it starts ends it with 2, and nothing of it is left', async (t) => {
    const [folder, run] = [await folderOf(t, { 'good.yaml': good }), await folderOf(t, {})];
    // It is in the way of the configuration that asks NGINX for its modules.
    const nginx = join(folder, 'nginx');
    await writeFile(nginx, `#!/bin/sh\nmkdir '${run}/.new-module.conf' 2>/dev/null\nexec '${theNginx()}' "$@"\n`, { mode: 0o755 });
    const ports = ['--http-port', `${await freePort()}`, '--https-port', `${await freePort()}`, '--run-directory', run];
    const args = ['serve', join(folder, 'good.yaml'), '--nginx', nginx, '--tcp-services-configmap', 'default/tcp', ...ports];
    const { code, err } = await runCommand(...args);
    assert.equal(code, 2);
    assert.match(err, /^gatehouse: EISDIR: illegal operation on a directory, open '.*module\.conf'\n$/);
  });

  test('one that was killed leaves its NGINX serving, and the next takes it over', async (t) => {
    const folder = await folderOf(t, { 'good.yaml': good });
    const { command, http, master, args } = await serve(t, folder, '--backend', 'default/web=127.0.0.1:1');
    command.process.kill('SIGKILL');
    await command.ended;
    assert.equal(await statusOf(http, 'web.test'), '502');
    const next = startCommand(args);
    await next.says('taking over the NGINX of an earlier run');
    await next.says('Ctrl-C ends it.');
    assert.equal(await statusOf(http, 'web.test'), '502');
    next.process.kill('SIGINT');
    assert.equal(await next.ended, 0);
    await expectGone(master);
  });
});
