import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';
import { describe, type TestContext, test } from 'node:test';
import type { Outcome } from '../model/outcome.ts';
import { freePort } from './nginx-testbed.ts';
import { hasIpv6 } from './ports.ts';
import { createStreamPorts } from './stream-ports.ts';

const isLinux = process.platform === 'linux';

async function holdTcp(t: TestContext, host: string): Promise<number> {
  const server = createServer();
  const port = await freePort();
  await new Promise<void>((resolve) => server.listen({ port, host }, resolve));
  t.after(() => server.close());
  return port;
}

async function holdUdp(t: TestContext): Promise<number> {
  const socket = createSocket('udp4');
  const port = await freePort();
  await new Promise<void>((resolve) => socket.bind({ port, address: '127.0.0.1' }, resolve));
  t.after(() => socket.close());
  return port;
}

const nobody = { ipv6: false, running: async () => undefined, clock: () => 0 };
const holder = new RegExp(`^${isLinux ? `process ${process.pid} \\(.+\\)` : '.+'} listens on it\\.$`);

describe('a port for TCP or UDP', () => {
  test('that is free is no trouble', async () => {
    const port = await freePort();
    const wanted = [
      { port, protocol: 'TCP' },
      { port, protocol: 'UDP' },
    ] as const;
    assert.deepEqual(await createStreamPorts(nobody).look(wanted), new Map());
  });

  test('that another program holds is told with its holder, for that protocol alone', async (t) => {
    const tcp = await holdTcp(t, '127.0.0.1');
    const udp = await holdUdp(t);
    const taken = await createStreamPorts(nobody).look([
      { port: tcp, protocol: 'TCP' },
      { port: tcp, protocol: 'UDP' },
      { port: udp, protocol: 'UDP' },
      { port: udp, protocol: 'TCP' },
    ]);
    assert.deepEqual([...taken.keys()].sort(), [`TCP ${tcp}`, `UDP ${udp}`].sort());
    for (const reason of taken.values()) assert.match(reason, holder);
  });

  test('that is held for IPv6 alone is taken where NGINX listens there too', async (t) => {
    if (!(await hasIpv6())) return t.skip('this machine has no IPv6');
    const port = await holdTcp(t, '::1');
    const wanted = [{ port, protocol: 'TCP' }] as const;
    assert.deepEqual(await createStreamPorts(nobody).look(wanted), new Map());
    assert.deepEqual([...(await createStreamPorts({ ...nobody, ipv6: true }).look(wanted)).keys()], [`TCP ${port}`]);
  });

  test('that our own NGINX has is none that is taken, whatever the address', async (t) => {
    const [plain, six, one, udp] = [
      await holdTcp(t, '127.0.0.1'),
      await holdTcp(t, '127.0.0.1'),
      await holdTcp(t, '127.0.0.1'),
      await holdUdp(t),
    ];
    const config = `stream {
    server {
        listen ${plain};
        listen [::]:${six} proxy_protocol;
        listen 10.0.0.1:${one};
        listen ${udp} udp reuseport;
    }
}
`;
    const wanted = [...[plain, six, one].map((port) => ({ port, protocol: 'TCP' as const })), { port: udp, protocol: 'UDP' as const }];
    assert.equal((await createStreamPorts(nobody).look(wanted)).size, 4);
    assert.deepEqual(await createStreamPorts({ ...nobody, running: async () => config }).look(wanted), new Map());
  });

  test('that our own NGINX has for the other protocol is looked at', async (t) => {
    const port = await holdTcp(t, '127.0.0.1');
    const ports = createStreamPorts({ ...nobody, running: async () => `    listen ${port} udp reuseport;\n` });
    assert.deepEqual([...(await ports.look([{ port, protocol: 'TCP' }])).keys()], [`TCP ${port}`]);
  });

  test('is not looked for where none is wanted', async () => {
    const running = () => assert.fail('NGINX was asked');
    assert.deepEqual(await createStreamPorts({ ...nobody, running }).look([]), new Map());
  });
});

describe('a port that NGINX could not open after all', () => {
  const rejected = (message: string): Outcome => ({ kind: 'rejected', stage: 'reload', message });

  test('is left alone for a minute', async () => {
    const port = await freePort();
    const wanted = [
      { port, protocol: 'TCP' },
      { port: await freePort(), protocol: 'TCP' },
    ] as const;
    let now = 0;
    const ports = createStreamPorts({ ...nobody, clock: () => now });
    assert.equal(ports.heed(rejected(`bind() to 0.0.0.0:${port} failed (13: Permission denied)`), wanted), true);
    const expected = new Map([[`TCP ${port}`, 'NGINX could not take it: Permission denied.']]);
    assert.deepEqual(await ports.look(wanted), expected);
    now = 59_999;
    assert.deepEqual(await ports.look(wanted), expected);
    now = 60_000;
    assert.deepEqual(await ports.look(wanted), new Map());
  });

  test('may be named with an IPv6 address', async () => {
    const port = await freePort();
    const ports = createStreamPorts(nobody);
    assert.equal(ports.heed(rejected(`bind() to [::]:${port} failed (98: Address already in use)`), [{ port, protocol: 'UDP' }]), true);
    assert.deepEqual(
      [...(await ports.look([{ port, protocol: 'UDP' }]))],
      [[`UDP ${port}`, 'NGINX could not take it: Address already in use.']],
    );
  });

  for (const [why, outcome] of [
    ['of another port', rejected('bind() to 0.0.0.0:80 failed (98: Address already in use)')],
    ['of something else', rejected('unknown directive "no" in /etc/9000')],
    ['of a batch that went live', { kind: 'unchanged' }],
  ] as const satisfies readonly (readonly [string, Outcome])[])
    test(`is not to blame ${why}`, () => {
      assert.equal(createStreamPorts(nobody).heed(outcome, [{ port: 9000, protocol: 'TCP' }]), false);
    });
});
