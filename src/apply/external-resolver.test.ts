import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { type TestContext, test } from 'node:test';
import * as packet from 'dns-packet';
import { createNameResolver, errorCode } from './external-resolver.ts';

/** NXDOMAIN and SERVFAIL, as the last four bits of the flags. */
const codes = { nxdomain: 3, servfail: 2 } as const;

type Zone = Record<string, readonly packet.Answer[] | keyof typeof codes>;

/** A DNS server on loopback; returns its address and what it was asked. */
async function startDns(t: TestContext, zone: Zone) {
  const asked: string[] = [];
  const socket = createSocket('udp4');
  socket.on('message', (query, from) => {
    const { id, questions } = packet.decode(query);
    const key = `${questions?.[0]?.type} ${questions?.[0]?.name}`;
    asked.push(key);
    const found = zone[key] ?? [];
    const flags = typeof found === 'string' ? codes[found as keyof typeof codes] : 0;
    const answers = typeof found === 'string' ? [] : [...found];
    socket.send(packet.encode({ type: 'response', id: id ?? 0, flags, questions: questions ?? [], answers }), from.port, from.address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  t.after(() => socket.close());
  return { server: `127.0.0.1:${socket.address().port}`, asked };
}

const record = (type: 'A' | 'AAAA', name: string, data: string, ttl: number): packet.Answer => ({ type, name, data, ttl });

test('IPv4 addresses come first, with the shortest time to live', async (t) => {
  const { server, asked } = await startDns(t, {
    'A x.example': [record('A', 'x.example', '192.0.2.1', 60), record('A', 'x.example', '192.0.2.2', 20)],
    'AAAA x.example': [record('AAAA', 'x.example', '2001:db8::1', 5)],
  });
  assert.deepEqual(await createNameResolver([server])('x.example'), { addresses: ['192.0.2.1', '192.0.2.2'], ttlSeconds: 20 });
  assert.deepEqual(asked, ['A x.example']);
});

test('IPv6 addresses are used where there is no IPv4 address', async (t) => {
  const { server } = await startDns(t, { 'AAAA x.example': [record('AAAA', 'x.example', '2001:db8::1', 5)] });
  assert.deepEqual(await createNameResolver([server])('x.example'), { addresses: ['2001:db8::1'], ttlSeconds: 5 });
});

test('a name that DNS does not know is looked for in the hosts file', async (t) => {
  const { server, asked } = await startDns(t, { 'A localhost': 'nxdomain' });
  const { addresses } = await createNameResolver([server])('localhost');
  assert.deepEqual([asked, addresses], [['A localhost'], ['127.0.0.1']]);
});

test('a failure says what DNS said', async (t) => {
  const label = 'a'.repeat(64);
  // The system refuses this name without asking anybody: a label has at most 63 characters.
  const { server } = await startDns(t, {});
  await assert.rejects(createNameResolver([server])(label), (error) => /^E[A-Z]+$/.test(errorCode(error)));
});
