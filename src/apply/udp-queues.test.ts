import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { untilAnswersAreRead } from './udp-queues.ts';

const isLinux = process.platform === 'linux';

/** Sockets as Linux lists them: connected to a port of 127.0.0.1, with bytes that are unread. */
function listing(...sockets: readonly (readonly [port: number, unread: number])[]): string {
  const hex = (value: number, width: number) => value.toString(16).toUpperCase().padStart(width, '0');
  const rows = sockets.map(
    ([port, unread], index) =>
      `${index}: 0100007F:8AF6 0100007F:${hex(port, 4)} 01 00000000:${hex(unread, 8)} 00:00000000 00000000     0        0 4711 2 0 0`,
  );
  return [
    '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops',
    ...rows,
  ].join('\n');
}

test('what is unread at one of the ports is waited for, and nothing else', async () => {
  const texts = [listing([12_000, 0], [12_001, 768]), listing([12_000, 1], [12_001, 0]), listing([12_000, 0], [12_001, 0], [12_002, 768])];
  let looks = 0;
  await untilAnswersAreRead([12_000, 12_001], 10_000, async () => {
    looks += 1;
    return texts[looks - 1] ?? assert.fail('it goes on to look');
  });
  assert.equal(looks, texts.length);
});

test('nobody waits longer than the limit, nor where nothing can be known', async () => {
  await untilAnswersAreRead([12_000], 20, async () => listing([12_000, 768]));
  await untilAnswersAreRead([12_000], 10_000, async () => '');
});

test('Linux says what a process has not read that is busy with something else', { skip: !isLinux && 'only Linux tells' }, async (t) => {
  const server = createSocket('udp4').bind(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  const latch = new Int32Array(new SharedArrayBuffer(4));
  const client = new Worker(
    `const { workerData } = require('node:worker_threads');
     const socket = require('node:dgram').createSocket('udp4');
     socket.on('message', () => socket.close());
     socket.connect(workerData.port, '127.0.0.1', () => socket.send('question', () => Atomics.wait(workerData.latch, 0, 0)));`,
    { eval: true, workerData: { port, latch } },
  );
  t.after(() => client.terminate());
  const [, asker] = (await once(server, 'message')) as [Buffer, { port: number }];
  server.send('answer', asker.port, '127.0.0.1');
  let isRead = false;
  const reading = untilAnswersAreRead([port], 10_000).then(() => {
    isRead = true;
  });
  while (!(await readFile('/proc/net/udp', 'utf8')).includes(asker.port.toString(16).toUpperCase())) assert.equal(isRead, false);
  await untilAnswersAreRead([port], 50);
  assert.equal(isRead, false);
  Atomics.store(latch, 0, 1);
  Atomics.notify(latch, 0);
  await reading;
  server.close();
});
