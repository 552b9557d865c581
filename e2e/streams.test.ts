import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { startCommand } from './kit/command.ts';
import { freePort, theNginx, until } from './kit/machine.ts';
import { documents, ingress } from './kit/manifests.ts';
import type { Served } from './kit/served.ts';
import { backend, portMap, serveNothing, streamFlags, whyNoStreams } from './kit/streams.ts';
import { firstLine, startConversation, startEcho } from './kit/tcp.ts';
import { statusOf } from './kit/traffic.ts';

const skip = (await whyNoStreams()) ?? false;

const complaints = (served: Served) => served.log.map(({ msg }) => msg).filter((msg) => /ConfigMap default\/(?:tcp|udp)/.test(msg));

/** The first lines of some connections, without repetition. */
async function seen(port: number, times = 8): Promise<string> {
  const lines = new Set<string>();
  for (let index = 0; index < times; index += 1) lines.add(await firstLine(port));
  return [...lines].sort().join(' ');
}

describe('a TCP port', { skip, timeout: 60_000 }, () => {
  test('follows its endpoints without a reload, and open connections stay', async (t) => {
    const [port, inside] = [await freePort(), await freePort()];
    await startEcho(t, 'one', '127.3.0.1', inside);
    await startEcho(t, 'two', '127.3.0.2', inside);
    await startEcho(t, 'three', '127.3.0.3', inside);
    const served = await serveNothing(t);
    const save = (...addresses: readonly string[]) =>
      served.save('all.yaml', documents(portMap('tcp', { [port]: `default/echo:${inside}` }), backend('echo', inside, addresses)));
    await save('127.3.0.1');
    assert.equal(await seen(port), 'one');
    const open = await startConversation(port);
    await open.hear(/^one\n$/);
    const reloads = served.reloads();

    await save('127.3.0.2', '127.3.0.3');
    await until('both new endpoints answer, and the old one does not', async () => (await seen(port)) === 'three two');
    open.say('still here');
    await open.hear(/^one\nstill here$/);

    await save();
    await until('connections end without endpoints', async () => (await seen(port)) === '');
    await save('127.3.0.3');
    await until('the endpoint answers', async () => (await seen(port)) === 'three');
    open.say(', and here');
    await open.hear(/^one\nstill here, and here$/);
    open.close();
    assert.equal(served.reloads(), reloads);
  });

  test('goes on with its open connections when another one is opened and closed', async (t) => {
    const [port, other, inside] = [await freePort(), await freePort(), await freePort()];
    await startEcho(t, 'one', '127.3.0.1', inside);
    const served = await serveNothing(t);
    const save = (...ports: readonly number[]) =>
      served.save(
        'all.yaml',
        documents(
          portMap('tcp', Object.fromEntries(ports.map((one) => [one, 'default/echo:main']))),
          backend('echo', inside, ['127.3.0.1']),
        ),
      );
    await save(port);
    const open = await startConversation(port);
    await open.hear(/^one\n$/);
    await save(port, other);
    assert.equal(await seen(other), 'one');
    await save(port);
    assert.equal(await seen(other), 'nobody');
    open.say('hello');
    await open.hear(/^one\nhello$/);
    open.close();
  });

  test('that goes to another Service loses no connection', async (t) => {
    const [port, inside] = [await freePort(), await freePort()];
    await startEcho(t, 'one', '127.3.0.1', inside);
    await startEcho(t, 'two', '127.3.0.2', inside);
    const served = await serveNothing(t);
    const services = documents(backend('one', inside, ['127.3.0.1']), backend('two', inside, ['127.3.0.2']));
    const to = (name: string) => served.save('all.yaml', documents(portMap('tcp', { [port]: `default/${name}:${inside}` }), services));
    await to('one');
    const heard: string[] = [];
    let isStopped = false;
    const asking = (async () => {
      while (!isStopped) heard.push(await firstLine(port));
    })();
    for (const name of ['two', 'one', 'two']) await to(name);
    isStopped = true;
    await asking;
    assert.deepEqual([...new Set(heard)].sort(), ['one', 'two'], `of ${heard.length} connections`);
    assert.equal(await seen(port), 'two');
    t.diagnostic(`${heard.length} connections, none lost`);
  });

  test('takes the PROXY protocol and passes it on, each where the entry says so', async (t) => {
    const inside = await freePort();
    const [plain, accepts, sends, both] = [await freePort(), await freePort(), await freePort(), await freePort()];
    await startEcho(t, 'one', '127.3.0.1', inside);
    const served = await serveNothing(t);
    const entry = `default/echo:${inside}`;
    const ports = { [plain]: entry, [accepts]: `${entry}:PROXY`, [sends]: `${entry}::PROXY`, [both]: `${entry}:PROXY:PROXY` };
    await served.save('all.yaml', documents(portMap('tcp', ports), backend('echo', inside, ['127.3.0.1'])));
    const line = 'PROXY TCP4 192.0.2.7 192.0.2.1 4711 5432\r\n';
    const exchange = async (port: number, text: string | Buffer, wanted: RegExp) => {
      const conversation = await startConversation(port);
      conversation.say(text);
      await conversation.hear(wanted);
      conversation.close();
    };
    await exchange(plain, `${line}hello`, /^one\nPROXY TCP4 192\.0\.2\.7 192\.0\.2\.1 4711 5432\r\nhello$/);
    await exchange(accepts, `${line}hello`, /^one\nhello$/);
    await exchange(sends, 'hello', new RegExp(`^one\\nPROXY TCP4 127\\.0\\.0\\.1 127\\.0\\.0\\.1 \\d+ ${sends}\\r\\nhello$`));
    await exchange(both, `${line}hello`, /^one\nPROXY TCP4 192\.0\.2\.7 .+ 4711 \d+\r\nhello$/);
    // Version 2: signature, PROXY over TCP/IPv4, twelve bytes of addresses and ports.
    const v2 = Buffer.from('0d0a0d0a000d0a515549540a2111000cc0000207c000020112671538', 'hex');
    await exchange(both, Buffer.concat([v2, Buffer.from('hello')]), /^one\nPROXY TCP4 192\.0\.2\.7 .+ 4711 \d+\r\nhello$/);
    const without = await startConversation(accepts);
    without.say('hello\r\n');
    assert.equal(await without.ended, '');
  });
});

describe('a TCP port with bind-address', { skip, timeout: 60_000 }, () => {
  test('is served at that address, and closed at all others', async (t) => {
    const [port, inside] = [await freePort(), await freePort()];
    await startEcho(t, 'one', '127.3.0.1', inside);
    const served = await serveNothing(t, { flags: [...streamFlags, '--configmap', 'default/settings'] });
    const settings = (address: string) =>
      `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: settings }\ndata: { bind-address: '${address}' }\n`;
    const ports = documents(portMap('tcp', { [port]: 'default/echo:main' }), backend('echo', inside, ['127.3.0.1']));
    await served.save('all.yaml', documents(ports, settings('127.0.0.9')));
    assert.equal(await firstLine(port, '127.0.0.9'), 'one');
    assert.equal(await firstLine(port), '');
    await served.save('all.yaml', documents(ports, settings('127.0.0.1,127.0.0.9')));
    assert.equal(await firstLine(port, '127.0.0.9'), 'one');
    assert.equal(await firstLine(port), 'one');
  });
});

describe('a port that cannot be opened', { skip, timeout: 60_000 }, () => {
  test('costs nothing but itself, and each is complained about', async (t) => {
    const inside = await freePort();
    await startEcho(t, 'one', '127.3.0.1', inside);
    const served = await serveNothing(t);
    const ports = await Promise.all([...'123456'].map(freePort));
    const [good = 0, missing = 0, portless = 0, nonsense = 0, udp = 0] = ports;
    const { http, https } = served.ports;
    const entries = {
      [good]: `default/echo:${inside}`,
      [missing]: 'default/gone:80',
      [portless]: 'default/echo:81',
      [nonsense]: 'echo',
      [http]: `default/echo:${inside}`,
      [https]: `default/echo:${inside}`,
    };
    const web = ingress({ name: 'web', host: 'web.test', service: 'echo', path: '/' });
    await served.save(
      'all.yaml',
      documents(portMap('tcp', entries), portMap('udp', { [udp]: `default/echo:${inside}` }), backend('echo', inside, ['127.3.0.1']), web),
    );
    assert.equal(await seen(good), 'one');
    for (const port of [missing, portless, nonsense]) assert.equal(await seen(port, 1), 'nobody');
    assert.equal(await statusOf(http, 'other.test'), '404');
    const said = complaints(served).filter((line) => !line.includes('ConfigMapMissing') && !line.startsWith('no longer'));
    const codes = said.map((line) => `${/data\["(\d+)"\]/.exec(line)?.[1]} ${/\((\w+)\)$/.exec(line)?.[1]}`);
    assert.deepEqual(
      codes.sort(),
      [
        `${missing} ServiceMissing`,
        `${portless} ServicePortMissing`,
        `${nonsense} StreamInvalid`,
        `${http} StreamPortReserved`,
        `${https} StreamPortReserved`,
        `${udp} ServicePortMissing`,
      ].sort(),
    );
  });

  test('as another program has it, is opened when it is free, and everything else is live meanwhile', async (t) => {
    const [port, other, inside] = [await freePort(), await freePort(), await freePort()];
    await startEcho(t, 'one', '127.3.0.1', inside);
    const stranger = createServer((socket) => socket.end('stranger\n'));
    await new Promise<void>((resolve) => stranger.listen(port, '127.0.0.1', resolve));
    t.after(() => stranger.close());
    const served = await serveNothing(t);
    const all = documents(
      portMap('tcp', { [port]: `default/echo:${inside}`, [other]: `default/echo:${inside}` }),
      backend('echo', inside, ['127.3.0.1']),
    );
    await served.save('all.yaml', all);
    assert.equal(await seen(other), 'one');
    assert.equal(await seen(port), 'stranger');
    const about = complaints(served).find((line) => line.includes('StreamPortTaken')) ?? '';
    assert.match(about, new RegExp(`TCP port ${port} is not opened: (?:process ${process.pid} \\(.+\\)|another program) listens on it`));
    await new Promise<void>((resolve) => stranger.close(() => resolve()));
    await until('the port is tried again', async () => (await seen(port, 1)) === 'one', 15_000);
    const isOver = () => complaints(served).some((line) => line.startsWith('no longer: ') && line.includes('StreamPortTaken'));
    await until('the complaint is withdrawn', isOver);
  });

  test('as it is taken at the very moment of the reload, is left out of a second try', async (t) => {
    const [port, inside] = [await freePort(), await freePort()];
    await startEcho(t, 'one', '127.3.0.1', inside);
    const late = await reloadingLate(t);
    const served = await serveNothing(t, { nginx: late.program });
    late.next(async () => {
      const stranger = createServer((socket) => socket.end('stranger\n'));
      await new Promise<void>((resolve) => stranger.listen(port, '0.0.0.0', resolve));
      t.after(() => stranger.close());
    });
    const web = documents(backend('echo', inside, ['127.3.0.1']), ingress({ name: 'web', host: 'web.test', service: 'gone' }));
    await served.save('all.yaml', documents(portMap('tcp', { [port]: `default/echo:${inside}` }), web));
    assert.equal(await statusOf(served.ports.http, 'web.test'), '503');
    assert.equal(await seen(port), 'stranger');
    const about = complaints(served).find((line) => line.includes('StreamPortTaken')) ?? '';
    assert.match(about, new RegExp(`TCP port ${port} is not opened: NGINX could not take it: .*in use`, 'i'));
  });
});

/** The real NGINX; something else is done first before it tests its next configuration, which comes after the look at the ports. */
async function reloadingLate(t: TestContext): Promise<{ readonly program: string; next(first: () => Promise<void>): void }> {
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-late-'));
  t.after(() => rm(folder, { recursive: true }));
  const program = join(folder, 'nginx');
  const [armed, asked, done] = ['armed', 'asked', 'done'].map((name) => join(folder, name));
  await writeFile(
    program,
    `#!/bin/sh
if [ "$1" = "-t" ] && [ -e '${armed}' ]; then
  rm '${armed}'
  touch '${asked}'
  while [ ! -e '${done}' ]; do sleep 0.05; done
fi
exec '${theNginx()}' "$@"
`,
  );
  await chmod(program, 0o755);
  return {
    program,
    next(first) {
      void (async () => {
        await writeFile(armed ?? '', '');
        await until('NGINX is to test', () => existsSync(asked ?? ''), 20_000);
        await first();
        await writeFile(done ?? '', '');
      })();
    },
  };
}

describe('a controller that is started again', { skip, timeout: 60_000 }, () => {
  test('finds the ports of its NGINX open, and goes on with them', async (t) => {
    const [port, inside] = [await freePort(), await freePort()];
    await startEcho(t, 'one', '127.3.0.1', inside);
    const folder = await mkdtemp(join(tmpdir(), 'gatehouse-again-'));
    const all = documents(portMap('tcp', { [port]: `default/echo:${inside}` }), portMap('udp', {}), backend('echo', inside, ['127.3.0.1']));
    await writeFile(join(folder, 'all.yaml'), all.replace('data:\n---', '---'));
    const ports = ['--http-port', `${await freePort()}`, '--https-port', `${await freePort()}`];
    const args = ['serve', join(folder, 'all.yaml'), ...ports, '--run-directory', join(folder, 'run'), ...streamFlags];
    const first = startCommand(args);
    await first.says('Ctrl-C ends it.');
    const open = await startConversation(port);
    await open.hear(/^one\n$/);
    first.process.kill('SIGKILL');
    await first.ended;
    assert.equal(await seen(port), 'one');
    const second = startCommand(args);
    t.after(async () => {
      second.process.kill('SIGINT');
      await second.ended;
      await rm(folder, { recursive: true });
    });
    await second.says('taking over the NGINX of an earlier run');
    await second.says('Ctrl-C ends it.');
    open.say('hello');
    await open.hear(/^one\nhello$/);
    open.close();
    assert.equal(await seen(port), 'one');
    assert.doesNotMatch(second.err(), /StreamPort|reloaded/);
  });
});
