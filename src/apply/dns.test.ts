import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import { Worker } from 'node:worker_threads';
import * as packet from 'dns-packet';
import type { Endpoint } from '../model/runtime.ts';
import { type EndpointServer, type EndpointServerOptions, startEndpointServer } from './dns.ts';

const at = (...addresses: readonly string[]): readonly Endpoint[] => addresses.map((address) => ({ address, port: 80 }));
const question = (name: string, type: 'A' | 'SRV' = 'A', id = 7): Buffer =>
  packet.encode({ type: 'query', id, questions: [{ type, name }] });

async function start(t: TestContext, options: EndpointServerOptions = { count: 1 }): Promise<EndpointServer> {
  const server = await startEndpointServer(options);
  t.after(() => server.close());
  return server;
}

const portOf = (server: EndpointServer, index = 0): number => server.ports[index] ?? assert.fail('no such port');

/** Addresses or targets of the answer, or its code. */
function summary(answer: Buffer): string {
  const decoded = packet.decode(answer);
  const data = (decoded.answers ?? []).map((record) =>
    record.type === 'SRV' ? record.data.target : 'data' in record ? String(record.data) : '',
  );
  return data.join(' ') || `code ${answer.readUInt8(3) & 15}${decoded.flag_tc ? ', truncated' : ''}`;
}

async function askUdp(port: number, query: Buffer): Promise<string> {
  const socket = createSocket('udp4');
  try {
    socket.send(query, port, '127.0.0.1');
    const [answer] = await once(socket, 'message', { signal: AbortSignal.timeout(5000) });
    return summary(answer);
  } finally {
    socket.close();
  }
}

/** Sends the chunks, each after the one before has been handed to the system, and reads so many answers. */
async function askTcp(port: number, chunks: readonly Buffer[], count: number): Promise<readonly string[]> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true, signal: AbortSignal.timeout(10_000) });
  const answers: string[] = [];
  let received: Buffer = Buffer.alloc(0);
  try {
    for (const chunk of chunks) await new Promise((sent) => socket.write(chunk, sent));
    for await (const chunk of socket) {
      received = Buffer.concat([received, chunk]);
      while (received.length >= 2 && received.length >= 2 + received.readUInt16BE(0)) {
        const end = 2 + received.readUInt16BE(0);
        answers.push(summary(received.subarray(2, end)));
        received = received.subarray(end);
      }
      if (answers.length === count) break;
    }
  } finally {
    socket.destroy();
  }
  return answers;
}

function framed(message: Buffer): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(message.length);
  return Buffer.concat([length, message]);
}

test('every port answers over UDP and TCP: with SERVFAIL when nothing is published for two seconds, and then with what was published', async (t) => {
  const server = await start(t, { count: 3 });
  assert.equal(new Set(server.ports).size, 3);
  assert.equal(await askUdp(portOf(server), question('aa.ep')), 'code 2');
  assert.equal(
    server.publish(
      new Map([
        ['aa', at('10.0.0.1')],
        ['bb', at('10.0.0.2')],
      ]),
    ),
    2,
  );
  assert.equal((await server.stats()).published, 2);
  for (const port of server.ports) {
    assert.equal(await askUdp(port, question('aa.ep')), '10.0.0.1');
    assert.deepEqual(await askTcp(port, [framed(question('bb.ep'))], 1), ['10.0.0.2']);
  }
  assert.equal(server.publish(new Map([['aa', at('10.0.0.1')]])), 1);
  assert.equal(await askUdp(portOf(server), question('bb.ep')), 'code 2');
  assert.equal(server.publish(new Map([['aa', at('10.0.0.1')]])), 0);
  assert.deepEqual(await server.stats(), { queries: 8, unknown: 2, published: 1, shortened: 0 });
});

test('a TCP connection carries several queries, whole, cut in pieces, or many in one piece', async (t) => {
  const server = await start(t);
  server.publish(
    new Map([
      ['aa', at('10.0.0.1')],
      ['bb', at('10.0.0.2')],
    ]),
  );
  await server.stats();
  const both = Buffer.concat([framed(question('aa.ep')), framed(question('bb.ep'))]);
  assert.deepEqual(await askTcp(portOf(server), [both, both], 4), ['10.0.0.1', '10.0.0.2', '10.0.0.1', '10.0.0.2']);
  const bytes = [...both].map((byte) => Buffer.from([byte]));
  assert.deepEqual(await askTcp(portOf(server), bytes, 2), ['10.0.0.1', '10.0.0.2']);
});

test('a client that asks for more than it reads gets all of it once it reads', async (t) => {
  const server = await start(t);
  const endpoints = Array.from({ length: 4000 }, (_, index) => ({ address: `10.0.${index >> 8}.${index & 255}`, port: 80 }));
  server.publish(new Map([['aa', endpoints]]));
  assert.equal(await askUdp(portOf(server), question('aa.ep')), 'code 0, truncated');
  const queries = Buffer.concat(Array.from({ length: 200 }, () => framed(question('aa.ep'))));
  const answers = await askTcp(portOf(server), [queries], 200);
  assert.deepEqual(new Set(answers.map((answer) => answer.split(' ').length)), new Set([4000]));
});

test('a TCP client that sends too much or nothing sensible is cut off, and others are not', async (t) => {
  const server = await start(t);
  server.publish(new Map([['aa', at('10.0.0.1')]]));
  assert.deepEqual(await askTcp(portOf(server), [Buffer.alloc(10, 0xff)], 1), []);
  assert.deepEqual(await askTcp(portOf(server), [framed(question('aa.ep'))], 1), ['10.0.0.1']);
});

test('ports that are free are taken, and one that is not is replaced', async (t) => {
  const first = await start(t, { count: 2 });
  const blocker = createServer().listen(0, '127.0.0.1');
  await once(blocker, 'listening');
  t.after(() => blocker.close());
  const address = blocker.address();
  assert.ok(address && typeof address === 'object');
  await first.close();
  const wanted = [portOf(first, 0), address.port, portOf(first, 1)];
  const second = await start(t, { ports: wanted });
  assert.deepEqual([second.ports[0], second.ports[2]], [wanted[0], wanted[2]]);
  assert.notEqual(second.ports[1], address.port);
  second.publish(new Map([['aa', at('10.0.0.1')]]));
  for (const port of second.ports) assert.equal(await askUdp(port, question('aa.ep')), '10.0.0.1');
});

test('the wait for NGINX ends with its last first question, or tells what it has not asked for', async (t) => {
  const server = await start(t);
  server.publish(
    new Map([
      ['aa', at('10.0.0.1')],
      ['bb', at()],
      ['cc', at('10.0.0.3')],
    ]),
  );
  const both = server.whenAnswered(['aa', 'bb'], 60_000);
  await askUdp(portOf(server), question('aa.ep'));
  await askUdp(portOf(server), question('_ep._tcp.bb.ep', 'SRV'));
  assert.deepEqual(await both, []);
  assert.deepEqual(await server.whenAnswered(['bb', 'aa'], 60_000), []);
  assert.deepEqual(await server.whenAnswered(['aa', 'cc', 'unpublished'], 10), ['cc', 'unpublished']);
  const last = server.whenAnswered(['cc'], 60_000);
  await server.close();
  assert.deepEqual(await last, ['cc']);
  await assert.rejects(server.stats(), /closed/);
});

test('answers go out while the main thread is busy', async (t) => {
  const server = await start(t);
  server.publish(new Map([['aa', at('10.0.0.1')]]));
  await server.stats();
  const client = `
    const { createSocket } = require('node:dgram');
    const socket = createSocket('udp4');
    socket.on('message', () => { process.stdout.write('answered'); socket.close(); });
    socket.send(Buffer.from('${question('aa.ep').toString('hex')}', 'hex'), ${portOf(server)}, '127.0.0.1');
    setTimeout(() => process.exit(1), 10000).unref();`;
  // Blocks this thread until the client has its answer.
  assert.equal(execFileSync(process.execPath, ['-e', client], { encoding: 'utf8' }), 'answered');
});

test('a thread that dies is started again on the same ports with all that was published', async (t) => {
  const workers: Worker[] = [];
  const failed = Promise.withResolvers<Error>();
  const restarted = Promise.withResolvers<void>();
  const server = await start(t, {
    count: 2,
    onFailure: failed.resolve,
    spawn: (file, options) => {
      const worker = new Worker(file, options);
      workers.push(worker);
      if (workers.length === 2) worker.once('online', () => restarted.resolve());
      return worker;
    },
  });
  server.publish(new Map([['aa', at('10.0.0.1')]]));
  await askUdp(portOf(server), question('aa.ep'));
  assert.deepEqual(await server.whenAnswered(['aa'], 60_000), []);
  await workers[0]?.terminate();
  assert.match((await failed.promise).message, /DNS thread has ended/);
  server.publish(
    new Map([
      ['aa', at('10.0.0.1')],
      ['bb', at('10.0.0.2')],
    ]),
  );
  const stats = server.stats();
  await restarted.promise;
  assert.equal((await stats).published, 2);
  for (const port of server.ports) assert.equal(await askUntilAnswered(port, question('bb.ep')), '10.0.0.2');
  assert.deepEqual(await server.whenAnswered(['aa', 'bb'], 60_000), []);
});

/** A port that is just being opened again may refuse or lose a question. */
async function askUntilAnswered(port: number, query: Buffer): Promise<string> {
  const socket = createSocket('udp4');
  const again = setInterval(() => socket.send(query, port, '127.0.0.1'), 20);
  try {
    const [answer] = await once(socket, 'message', { signal: AbortSignal.timeout(5000) });
    return summary(answer);
  } finally {
    clearInterval(again);
    socket.close();
  }
}

test('a server that cannot have its ports does not start', async () => {
  await assert.rejects(
    startEndpointServer({ spawn: () => new Worker('throw new Error("no sockets left")', { eval: true }) }),
    /no sockets left/,
  );
});

test('a closed server lets the process end', async () => {
  const file = new URL('./dns.ts', import.meta.url).href;
  const script = `
    const { startEndpointServer } = await import(${JSON.stringify(file)});
    const server = await startEndpointServer({ count: 2 });
    server.publish(new Map([['aa', []]]));
    await server.close();
    console.log('closed');`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], { timeout: 20_000 });
  assert.equal(stdout, 'closed\n');
});
