import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import type { Asked } from './held-questions.ts';

/** Only this machine may ask: the answers are the addresses of all Pods. */
const loopback = '127.0.0.1';
/** A new NGINX asks for all upstreams at once; what does not fit is lost and asked for again seconds later. The kernel may give less. */
const receiveBufferBytes = 4 * 1024 * 1024;
const mostConnectionsPerPort = 64;
const idleMilliseconds = 60_000;
/** A question takes at most 271 bytes; additional records that we ignore may follow it. */
const mostQueryBytes = 4096;
/** A client that asks and does not read its answers is not read either. */
const mostUnsentBytes = 1024 * 1024;
const attempts = 50;

/** Answers a question, or does not; one that came by TCP at once or never, so that a connection keeps its order. */
export type Answer = (asked: Asked) => void;

/** Serves UDP and TCP on one port of loopback; 0 takes any that is free for both. Rejects when the port is taken. */
export async function openPort(port: number, answer: Answer): Promise<number> {
  for (let attempt = 1; ; attempt += 1) {
    const udp = await openUdp(port, answer);
    try {
      await openTcp(udp.address().port, answer);
      return udp.address().port;
    } catch (error) {
      udp.close();
      if (port !== 0 || attempt === attempts) throw error;
    }
  }
}

/** Opens the ports that are wanted, and free ones in place of those that are taken or missing, `count` in all; in their order. */
export async function openPorts(wanted: readonly number[], count: number, answer: Answer): Promise<readonly number[]> {
  const opened: (number | undefined)[] = [];
  for (const port of wanted.slice(0, count)) opened.push(await openPort(port, answer).catch(() => undefined));
  while (opened.length < count) opened.push(undefined);
  const ports: number[] = [];
  for (const port of opened) ports.push(port ?? (await openPort(0, answer)));
  return ports;
}

async function openUdp(port: number, answer: Answer): Promise<UdpSocket> {
  const socket = createSocket({
    type: 'udp4',
    recvBufferSize: receiveBufferBytes,
    // The address of who asks is never a name: without this, each answer would go through the resolver of the system.
    lookup: (address, _options, done) => done(null, address, 4),
  });
  try {
    const listening = once(socket, 'listening');
    socket.bind({ port, address: loopback, exclusive: true });
    await listening;
  } catch (error) {
    socket.close();
    throw error;
  }
  const number = socket.address().port;
  // A lost answer is asked for again; a socket error must not end the thread.
  socket.on('error', () => undefined);
  socket.on('message', (query, from) => {
    const reply = (text: Buffer) => socket.send(text, 0, text.length, from.port, from.address);
    answer({ query, transport: 'udp', client: number * 65_536 + from.port, reply });
  });
  return socket;
}

async function openTcp(port: number, answer: Answer): Promise<Server> {
  const server = createServer({ noDelay: true }, (connection) => serveConnection(connection, answer));
  server.maxConnections = mostConnectionsPerPort;
  server.listen({ port, host: loopback, exclusive: true });
  await once(server, 'listening');
  // A connection that cannot be accepted is opened again by its client.
  server.on('error', () => undefined);
  return server;
}

/** RFC 7766: several queries on one connection, each behind its length in two bytes. */
function serveConnection(connection: Socket, answer: Answer): void {
  let received: Buffer = Buffer.alloc(0);

  /** Undefined: not all of it is here. */
  function takeQuery(): Buffer | undefined {
    if (received.length < 2) return undefined;
    const end = 2 + received.readUInt16BE(0);
    if (end > 2 + mostQueryBytes) connection.destroy();
    if (end > received.length || connection.destroyed) return undefined;
    const query = received.subarray(2, end);
    received = received.subarray(end);
    return query;
  }

  function answerAll(): void {
    while (connection.writableLength < mostUnsentBytes) {
      const query = takeQuery();
      if (!query) {
        connection.resume();
        return;
      }
      answer({ query, transport: 'tcp', client: 0, reply: (text) => connection.write(frame(text)) });
    }
    connection.pause();
  }

  connection.setTimeout(idleMilliseconds, () => connection.destroy());
  connection.on('error', () => connection.destroy());
  connection.on('drain', answerAll);
  connection.on('data', (chunk: Buffer) => {
    received = received.length === 0 ? chunk : Buffer.concat([received, chunk]);
    answerAll();
  });
}

function frame(message: Buffer): Buffer {
  const framed = Buffer.allocUnsafe(2 + message.length);
  framed.writeUInt16BE(message.length, 0);
  message.copy(framed, 2);
  return framed;
}
