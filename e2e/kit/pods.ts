import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import * as grpc from '@grpc/grpc-js';
import { acceptSocket } from './web-socket.ts';

/** A backend that ends as a good Pod does. */
export interface Pod {
  readonly address: string;
  /** How many requests, calls or sockets it has been given. */
  asked(): number;
  /** Takes nothing more, finishes what it has, closes sockets by the rules, and ends. */
  drain(): Promise<void>;
}

/** The port that all of them listen at. */
const port = 8080;

/** How long an answer takes: some are under way whenever something happens. */
const workMs = 60;

/** Answers `ADDRESS LENGTH-OF-BODY`, in two halves, and sends back what comes through a WebSocket. */
export async function startWebPod(address: string): Promise<Pod> {
  let asked = 0;
  let draining = false;
  const sockets = new Set<ReturnType<typeof acceptSocket>>();
  const server = createServer((request, response) => {
    asked += 1;
    void answer(address, request, response, () => draining);
  });
  server.on('upgrade', (request: IncomingMessage, duplex: Duplex) => {
    asked += 1;
    const socket = acceptSocket(request, duplex);
    sockets.add(socket);
    duplex.once('close', () => sockets.delete(socket));
  });
  server.keepAliveTimeout = 120_000;
  server.listen(port, address);
  await once(server, 'listening');
  return {
    address,
    asked: () => asked,
    async drain() {
      draining = true;
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of sockets) socket.goAway();
      const idle = setInterval(() => server.closeIdleConnections(), 20);
      await closed;
      clearInterval(idle);
    },
  };
}

async function answer(address: string, request: IncomingMessage, response: ServerResponse, isDraining: () => boolean): Promise<void> {
  const body = await request.toArray().catch(() => []);
  const text = `${address} ${Buffer.concat(body).length}`;
  response.on('error', () => response.destroy());
  if (isDraining()) response.setHeader('Connection', 'close');
  response.writeHead(200, { 'Content-Type': 'text/plain', 'Content-Length': text.length });
  response.write(text.slice(0, 3));
  await pause(workMs);
  response.end(text.slice(3));
}

const bytes = (value: Buffer) => value;
const method = { requestSerialize: bytes, requestDeserialize: bytes, responseSerialize: bytes, responseDeserialize: bytes };

/** The methods of a gRPC Pod: one answers with its address, the other says five words and ends. */
export const callPaths = { unary: '/test.Rolling/Unary', words: '/test.Rolling/Words' } as const;

/** Answers calls of gRPC without TLS. */
export async function startGrpcPod(address: string): Promise<Pod> {
  let asked = 0;
  const server = new grpc.Server();
  server.addService(
    {
      unary: { path: callPaths.unary, requestStream: false, responseStream: false, ...method },
      words: { path: callPaths.words, requestStream: false, responseStream: true, ...method },
    },
    {
      unary: async (_: grpc.ServerUnaryCall<Buffer, Buffer>, done: grpc.sendUnaryData<Buffer>) => {
        asked += 1;
        await pause(workMs);
        done(null, Buffer.from(address));
      },
      words: async (call: grpc.ServerWritableStream<Buffer, Buffer>) => {
        asked += 1;
        for (let word = 0; word < 5; word += 1) {
          call.write(Buffer.from(`${address} ${word}`));
          await pause(workMs);
        }
        call.end();
      },
    },
  );
  const bound = await new Promise<Error | null>((resolve) => {
    server.bindAsync(`${address}:${port}`, grpc.ServerCredentials.createInsecure(), (error) => resolve(error));
  });
  if (bound) throw bound;
  return {
    address,
    asked: () => asked,
    drain: () => new Promise((resolve, reject) => server.tryShutdown((error) => (error ? reject(error) : resolve()))),
  };
}
