/**
 * `node bench/kit/name-server.ts UPSTREAMS ENDPOINTS`: the name server of the controller in a process of its own, so that its CPU time can be told.
 * Prints a line of JSON once it answers, and ends with its input.
 */
import { once } from 'node:events';
import { startEndpointServer } from '../../src/apply/dns.ts';

/** Where it answers, and what can be asked for. */
export interface NameServer {
  readonly ports: readonly number[];
  readonly ids: readonly string[];
}

if (import.meta.main) {
  const [upstreams = 0, endpoints = 0] = process.argv.slice(2).map(Number);
  const ids = Array.from({ length: upstreams }, (_, index) => index.toString(16).padStart(10, '0'));
  const server = await startEndpointServer();
  const addressOf = (index: number, number: number) => `10.${number & 255}.${index >> 8}.${index & 255}`;
  const endpointsOf = (index: number) =>
    Array.from({ length: endpoints }, (_, number) => ({ address: addressOf(index, number), port: 8080 }));
  server.publish(new Map(ids.map((id, index) => [id, endpointsOf(index)])));
  // The thread takes messages in their order.
  await server.stats();
  process.stdout.write(`${JSON.stringify({ ports: server.ports, ids } satisfies NameServer)}\n`);
  await once(process.stdin.resume(), 'end');
  await server.close();
}
