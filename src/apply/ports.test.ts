import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { freePort } from './nginx-testbed.ts';
import { checkPorts, hasIpv6 } from './ports.ts';

const isLinux = process.platform === 'linux';

test('a free port is no complaint', async () => {
  assert.deepEqual(await checkPorts([{ port: await freePort(), address: '0.0.0.0' }]), []);
});

test('a taken port is told with its holder and the flag that chooses another', {
  skip: !isLinux && 'the holder is read from /proc',
}, async (t) => {
  const port = await freePort();
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(port, '0.0.0.0', resolve));
  t.after(() => server.close());
  const [complaint, ...others] = await checkPorts([
    { port, address: '0.0.0.0', option: '--http-port' },
    { port: await freePort(), address: '0.0.0.0', option: '--https-port' },
  ]);
  assert.deepEqual(others, []);
  const form = new RegExp(
    `^Port ${port} is taken \\(0\\.0\\.0\\.0:${port}\\): process ${process.pid} \\(.{1,60}\\) listens on it\\. End it, or choose a free port with --http-port\\.$`,
  );
  assert.match(complaint ?? '', form);
});

test('a port that one interface holds is taken for all', async (t) => {
  const port = await freePort();
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  t.after(() => server.close());
  assert.equal((await checkPorts([{ port, address: '0.0.0.0' }])).length, 1);
});

test('an address of another machine is told as the system tells it', async () => {
  const port = await freePort();
  assert.deepEqual(await checkPorts([{ port, address: '192.0.2.1', option: '--http-port' }]), [
    `Port ${port} cannot be listened on (192.0.2.1:${port}): listen EADDRNOTAVAIL: address not available 192.0.2.1:${port}. Choose another with --http-port.`,
  ]);
});

test("IPv4 and IPv6 of one port do not stand in each other's way", async (t) => {
  if (!(await hasIpv6())) return t.skip('this machine has no IPv6');
  const port = await freePort();
  assert.deepEqual(
    await checkPorts([
      { port, address: '0.0.0.0' },
      { port, address: '::' },
    ]),
    [],
  );
});
