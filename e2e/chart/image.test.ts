import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, test } from 'node:test';

/** The commands of the image's containers. Linux's, as is the image. */
const commands = join(import.meta.dirname, '../../image');
const skip = process.platform === 'linux' ? false : 'the commands of the image run on Linux';
const nginx = join(import.meta.dirname, '../../.tools/nginx');
const isRoot = process.getuid?.() === 0;

let folder = '';
let live = '';
let running: ChildProcess | undefined;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-image-'));
  live = join(folder, 'live');
  mkdirSync(live);
});

afterEach(async () => {
  if (running?.exitCode === null && running.signalCode === null) {
    running.kill('SIGKILL');
    await once(running, 'exit');
  }
  rmSync(folder, { recursive: true });
});

function hasConfiguration(text = ''): void {
  mkdirSync(join(live, 'current'));
  writeFileSync(join(live, 'current/nginx.conf'), text);
}

/** Starts a command of the image; `gatehouse` then runs the lines in the place of the program. */
function start(command: string, args: readonly string[] = [], lines: readonly string[] = [], more: NodeJS.ProcessEnv = {}) {
  const program = join(folder, 'main.mjs');
  writeFileSync(program, lines.join('\n'));
  const path = `${commands}:${dirname(nginx)}:${dirname(process.execPath)}:${process.env['PATH']}`;
  const env = { PATH: path, TMPDIR: folder, GATEHOUSE_MAIN: program, GATEHOUSE_RUN_DIRECTORY: live, ...more };
  const child = spawn('/bin/sh', ['-c', 'exec "$0" "$@" 2>&1', join(commands, command), ...args], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  running = child;
  return {
    child,
    lines: createInterface({ input: child.stdout })[Symbol.asyncIterator](),
    ended: once(child, 'exit').then(([code]) => code),
  };
}

async function nextLine(lines: AsyncIterator<string>, part = ''): Promise<string> {
  for (;;) {
    const { value, done } = await lines.next();
    if (done) throw new Error(`the output ends without a line with "${part}"`);
    if (value.includes(part)) return value;
  }
}

describe('gatehouse-controller', { skip }, () => {
  const waits = 'setInterval(() => {}, 1000);';

  test('runs the controller with its flags and puts big request bodies on the disk', async () => {
    const { lines, ended } = start('gatehouse-controller', ['--v=2'], ['console.log(process.argv.slice(2).join(" "));']);
    assert.equal(await nextLine(lines), 'run --v=2');
    assert.equal(await ended, 0);
    assert.equal(readlinkSync(join(live, 'tmp')), join(folder, 'nginx'));
  });

  for (const [what, file, bytes, expected] of [
    ['a memory limit', 'memory.max', '268435456', '--max-old-space-size=153 --trace-warnings'],
    ['a memory limit of cgroup v1', 'memory/memory.limit_in_bytes', '268435456', '--max-old-space-size=153 --trace-warnings'],
    ['no memory limit', 'memory.max', 'max', '--trace-warnings'],
    ['no memory limit of cgroup v1', 'memory/memory.limit_in_bytes', '9223372036854771712', '--trace-warnings'],
  ] as const) {
    test(`gives the heap its part of ${what}, unless the user says otherwise`, async () => {
      mkdirSync(join(folder, 'memory'));
      writeFileSync(join(folder, file), `${bytes}\n`);
      const more = { GATEHOUSE_CGROUP: folder, NODE_OPTIONS: '--trace-warnings' };
      const { lines, ended } = start('gatehouse-controller', [], ['console.log(process.env.NODE_OPTIONS);'], more);
      assert.equal(await nextLine(lines), expected);
      assert.equal(await ended, 0);
    });
  }

  test('a heap that is full ends the program and not the container', async () => {
    hasConfiguration();
    writeFileSync(join(folder, 'memory.max'), `${64 * 1024 ** 2}\n`);
    const fill = `if (!existsSync('${folder}/seen')) { writeFileSync('${folder}/seen', ''); for (const all = []; ; ) all.push({}); }`;
    const program = ["import { existsSync, writeFileSync } from 'node:fs';", fill, "console.log('again');"];
    const { lines, ended } = start('gatehouse-controller', [], program, { GATEHOUSE_CGROUP: folder });
    await nextLine(lines, 'the controller ended with code 134 and is started again');
    await nextLine(lines, 'again');
    assert.equal(await ended, 0);
  });

  test('starts a controller that breaks down again, without ending itself', async () => {
    hasConfiguration();
    const once = `if (!existsSync('${folder}/seen')) { writeFileSync('${folder}/seen', ''); process.exit(134); }`;
    const program = ["import { existsSync, writeFileSync } from 'node:fs';", once, "console.log('again');"];
    const { lines, ended } = start('gatehouse-controller', [], program);
    assert.equal(
      await nextLine(lines),
      'gatehouse-controller: the controller ended with code 134 and is started again in 1 s; NGINX goes on',
    );
    assert.equal(await nextLine(lines), 'again');
    assert.equal(await ended, 0);
  });

  test('starts a killed controller again', async () => {
    hasConfiguration();
    const { child, lines, ended } = start('gatehouse-controller', [], ['console.log(process.pid);', waits]);
    const first = Number(await nextLine(lines));
    process.kill(first, 'SIGKILL');
    await nextLine(lines, 'ended with code 137 ');
    assert.notEqual(Number(await nextLine(lines)), first);
    assert.equal(child.exitCode, null);
    child.kill('SIGTERM');
    assert.equal(await ended, 143);
  });

  test('leaves a controller to Kubernetes that has never made a configuration', async () => {
    const { ended } = start('gatehouse-controller', [], ['process.exit(1);']);
    assert.equal(await ended, 1);
  });

  test('ends when the flags are wrong', async () => {
    hasConfiguration();
    const { ended } = start('gatehouse-controller', [], ['process.exit(2);']);
    assert.equal(await ended, 2);
  });

  for (const signal of ['SIGTERM', 'SIGQUIT'] as const) {
    test(`hands ${signal} on as SIGTERM and waits for the controller to end`, async () => {
      hasConfiguration();
      const program = [
        "process.once('SIGTERM', () => setImmediate(() => { console.log('stopped'); process.exit(0); }));",
        "console.log('up');",
        waits,
      ];
      const { child, lines, ended } = start('gatehouse-controller', [], program);
      assert.equal(await nextLine(lines), 'up');
      child.kill(signal);
      assert.equal(await nextLine(lines), 'stopped');
      assert.equal(await ended, 0);
    });
  }
});

describe('gatehouse-started', { skip }, () => {
  test('succeeds once a configuration is in its place', async () => {
    assert.equal(await start('gatehouse-started').ended, 1);
    hasConfiguration();
    assert.equal(await start('gatehouse-started').ended, 0);
  });
});

describe('gatehouse-drain', { skip }, () => {
  test('turns readiness off and waits for the seconds that it is given', async () => {
    const begun = performance.now();
    assert.equal(await start('gatehouse-drain', ['1']).ended, 0);
    assert.ok(performance.now() - begun >= 1000);
    assert.ok(existsSync(join(live, 'draining')));
  });
});

describe('gatehouse-nginx', { skip: skip || (existsSync(nginx) ? false : `there is no ${nginx}`) }, () => {
  test('starts NGINX with what is current, forgets what was said of the one before, and ends on SIGQUIT', async () => {
    hasConfiguration(configuration());
    for (const name of ['ready', 'draining', 'generation.sock']) writeFileSync(join(live, name), '');
    const { child, lines, ended } = start('gatehouse-nginx');
    await nextLine(lines, 'start worker processes');
    assert.equal(await ask(join(live, 'generation.sock')), 'HTTP/1.1 204 No Content');
    assert.deepEqual([existsSync(join(live, 'ready')), existsSync(join(live, 'draining'))], [false, false]);
    child.kill('SIGQUIT');
    assert.equal(await ended, 0);
  });
});

describe('gatehouse-unprivileged', { skip: skip || (isRoot ? false : 'only root can let go of its rights') }, () => {
  test('keeps the right to take low ports and no other', async () => {
    const script = 'id -u; id -G; grep -E "^Cap(Eff|Amb)" /proc/self/status; env';
    const { lines } = start('gatehouse-unprivileged', ['sh', '-c', script], [], { GATEHOUSE_RUN_AS: '65534:65533' });
    const first = [await nextLine(lines), await nextLine(lines), await nextLine(lines), await nextLine(lines)];
    assert.deepEqual(first, ['65534', '65533', 'CapEff:\t0000000000000400', 'CapAmb:\t0000000000000400']);
    await assert.rejects(nextLine(lines, 'GATEHOUSE_RUN_AS='));
  });

  test('lets the account open standard output by its name', () => {
    const script = '"$0" sh -c "echo opened > /dev/stdout" 2>&1 | cat';
    const env = { PATH: process.env['PATH'], GATEHOUSE_RUN_AS: '65534:65533' };
    assert.equal(execFileSync('/bin/sh', ['-c', script, join(commands, 'gatehouse-unprivileged')], { env, encoding: 'utf8' }), 'opened\n');
  });
});

function configuration(): string {
  return `
pid ${live}/nginx.pid;
error_log stderr notice;
events {}
http {
    client_body_temp_path ${folder}/client_body;
    proxy_temp_path ${folder}/proxy;
    fastcgi_temp_path ${folder}/fastcgi;
    uwsgi_temp_path ${folder}/uwsgi;
    scgi_temp_path ${folder}/scgi;
    access_log off;
    server {
        listen unix:${live}/generation.sock;
        return 204;
    }
}`;
}

/** The status line of the answer on a unix socket. */
async function ask(socketPath: string): Promise<string> {
  const socket = connect(socketPath);
  socket.write('GET / HTTP/1.0\r\n\r\n');
  return (await text(socket)).split('\r\n')[0] ?? '';
}
