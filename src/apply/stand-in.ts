import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ObjectRef } from '../model/objects.ts';
import type { Endpoint } from '../model/runtime.ts';

/** Answers in place of Services that have no endpoints on a laptop. */
export interface StandIns {
  /** Where the stand-in for a Service port listens; starts it when it is asked for first. */
  endpointFor(service: ObjectRef, port: number): Promise<Endpoint>;
  /** Also listens at this address, for endpoints that are written by hand. Rejects when it is taken. */
  listenAt(endpoint: Endpoint): Promise<void>;
  close(): Promise<void>;
}

/** Makes stand-ins that say which Service they stand for and show the request as that Service would have received it. */
export function createStandIns(): StandIns {
  const servers = new Map<string, Promise<Server>>();
  return {
    async endpointFor(service, port) {
      const key = `${service.namespace}/${service.name}:${port}`;
      const starting = servers.get(key) ?? start(`Service ${key}`, { address: '127.0.0.1', port: 0 });
      servers.set(key, starting);
      const { port: own } = (await starting).address() as AddressInfo;
      return { address: '127.0.0.1', port: own };
    },
    async listenAt(endpoint) {
      const key = `${endpoint.address}:${endpoint.port}`;
      const starting = start(`the endpoint ${key}`, endpoint);
      await starting;
      servers.set(key, starting);
    },
    async close() {
      const all = await Promise.all(servers.values());
      servers.clear();
      await Promise.all(all.map(stop));
    },
  };
}

async function start(name: string, at: Endpoint): Promise<Server> {
  const server = createServer((request, response) => answer(name, request, response));
  server.listen(at.port, at.address);
  await once(server, 'listening');
  return server;
}

function stop(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}

function answer(name: string, request: IncomingMessage, response: ServerResponse): void {
  const headers: string[] = [];
  for (let index = 0; index < request.rawHeaders.length; index += 2) {
    headers.push(`${request.rawHeaders[index]}: ${request.rawHeaders[index + 1]}`);
  }
  request.resume();
  request.on('end', () => {
    response.writeHead(200, { 'Content-Type': 'text/plain; charset=utf-8', 'X-Gatehouse-Stand-In': name });
    response.end(
      `Gatehouse's stand-in answers for ${name}. This is what arrived:\n\n` +
        `${request.method} ${request.url} HTTP/${request.httpVersion}\n${headers.join('\n')}\n`,
    );
  });
}
