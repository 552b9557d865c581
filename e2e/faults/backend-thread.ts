import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import { echoFrames } from '../kit/backends.ts';
import type { BackendEnd, BackendGroup } from './messages.ts';
import { answerCalls } from './thread-calls.ts';

/**
 * The backends: `GET` or `POST /…` answers `ID SERVICE HOST ADDRESS METHOD SHA1-OF-BODY`, where ID is the last part of the path; `/stream/…` are
 * an event stream, a slow download and a WebSocket that sends back what it gets.
 */

interface Backend {
  readonly server: Server;
  readonly sockets: Set<Duplex>;
  running: number;
}

const backends = new Map<string, Backend>();
const asked = new Map<string, number>();

async function listen({ service, addresses, port }: BackendGroup): Promise<void> {
  for (const address of addresses) if (!backends.has(address)) backends.set(address, await open(service, address, port));
}

async function open(service: string, address: string, port: number): Promise<Backend> {
  const server = createServer((request, response) => {
    backend.running += 1;
    response.once('close', () => {
      backend.running -= 1;
    });
    void answer({ service, address }, request, response);
  });
  const backend: Backend = { server, sockets: new Set(), running: 0 };
  server.keepAliveTimeout = 120_000;
  server.on('connection', (socket) => {
    backend.sockets.add(socket);
    socket.once('close', () => backend.sockets.delete(socket));
  });
  server.on('upgrade', upgrade);
  server.listen(port, address);
  await once(server, 'listening');
  return backend;
}

/** Resolves with the number of requests that were cut off. */
async function end({ addresses, how }: BackendEnd): Promise<number> {
  let cut = 0;
  for (const address of addresses) {
    const backend = backends.get(address);
    backends.delete(address);
    if (!backend) continue;
    backend.server.close();
    if (how === 'drain') backend.server.closeIdleConnections();
    else {
      cut += backend.running;
      for (const socket of backend.sockets) socket.destroy();
    }
  }
  return cut;
}

async function answer(at: { service: string; address: string }, request: IncomingMessage, response: ServerResponse): Promise<void> {
  asked.set(at.address, (asked.get(at.address) ?? 0) + 1);
  const url = new URL(request.url ?? '/', 'http://backend');
  response.on('error', () => response.destroy());
  if (url.pathname === '/stream/events') return sendEvents(response);
  if (url.pathname === '/stream/download') return sendSlowly(response, Number(url.searchParams.get('chunks')));
  const hash = createHash('sha1');
  try {
    for await (const chunk of request) hash.update(chunk);
  } catch {
    return;
  }
  const id = url.pathname.slice(url.pathname.lastIndexOf('/') + 1);
  const text = [id, at.service, request.headers.host, at.address, request.method, hash.digest('hex')].join(' ');
  response.writeHead(200, { 'Content-Type': 'text/plain', 'Content-Length': Buffer.byteLength(text) });
  response.end(text);
}

async function sendEvents(response: ServerResponse): Promise<void> {
  response.writeHead(200, { 'Content-Type': 'text/event-stream' });
  for (let number = 0; !response.closed; number += 1) {
    response.write(`data: ${number}\n\n`);
    await pause(200);
  }
}

/** Chunks of 1,000 bytes, ten a second. */
async function sendSlowly(response: ServerResponse, chunks: number): Promise<void> {
  response.writeHead(200, { 'Content-Type': 'application/octet-stream', 'Content-Length': chunks * 1000 });
  for (let number = 0; number < chunks && !response.closed; number += 1) {
    response.write(Buffer.alloc(1000, number % 256));
    await pause(100);
  }
  response.end();
}

function upgrade(request: IncomingMessage, socket: Duplex): void {
  socket.on('error', () => socket.destroy());
  echoFrames(request, socket);
}

answerCalls({
  listen,
  end,
  /** How many requests each address got since this was asked last. */
  asked: () => {
    const result = Object.fromEntries(asked);
    asked.clear();
    return result;
  },
  addresses: () => [...backends.keys()],
});
