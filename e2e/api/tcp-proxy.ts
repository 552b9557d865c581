import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A way to a server that a test can cut. */
export interface TcpProxy {
  readonly port: number;
  /** Breaks all connections; new ones are let through. */
  cut(): void;
  /** Breaks all connections, and every new one, until it is opened again. */
  block(): void;
  open(): void;
  close(): Promise<void>;
}

/** Passes connections on to a port of the loopback address. */
export async function startTcpProxy(target: number): Promise<TcpProxy> {
  const sockets = new Set<Socket>();
  let blocked = false;
  const keep = (socket: Socket): void => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => undefined);
  };
  const server = createServer((client) => {
    keep(client);
    if (blocked) {
      client.destroy();
      return;
    }
    const upstream = connect(target, '127.0.0.1');
    keep(upstream);
    client.pipe(upstream).pipe(client);
    client.on('close', () => upstream.destroy());
    upstream.on('close', () => client.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const cut = (): void => {
    for (const socket of sockets) socket.resetAndDestroy();
  };
  return {
    port: (server.address() as AddressInfo).port,
    cut,
    block() {
      blocked = true;
      cut();
    },
    open() {
      blocked = false;
    },
    async close() {
      server.close();
      cut();
      await once(server, 'close');
    },
  };
}
