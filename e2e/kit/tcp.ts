import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import type { TestContext } from 'node:test';

/** A TCP server that says its name to everybody, and then repeats what it hears. */
export interface EchoServer {
  readonly address: string;
  readonly port: number;
  /** How many connections it had. */
  readonly connections: () => number;
}

/** Starts one at an address and a port, for as long as the test lasts. */
export async function startEcho(t: TestContext, name: string, address: string, port: number): Promise<EchoServer> {
  let connections = 0;
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    connections += 1;
    sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
    socket.write(`${name}\n`);
    socket.pipe(socket);
  });
  server.listen(port, address);
  await once(server, 'listening');
  t.after(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return { address, port, connections: () => connections };
}

/** One end of a connection. */
export interface Conversation {
  readonly say: (text: string | Buffer) => void;
  /** Everything that came so far, once it matches; rejects when the connection ends before, or nothing comes for five seconds. */
  readonly hear: (wanted: RegExp) => Promise<string>;
  /** Everything that came until the other side ended it. */
  readonly ended: Promise<string>;
  readonly close: () => void;
}

/** Connects; `from` is the own address. */
export async function startConversation(
  port: number,
  { from, host = '127.0.0.1' }: { from?: string; host?: string } = {},
): Promise<Conversation> {
  const socket = connect({ port, host, ...(from === undefined ? {} : { localAddress: from }) });
  let heard = '';
  socket.setEncoding('utf8').on('data', (part: string) => {
    heard += part;
  });
  socket.on('error', () => undefined);
  const ended = new Promise<string>((resolve) => socket.once('close', () => resolve(heard)));
  await Promise.race([once(socket, 'connect'), ended.then(() => Promise.reject(new Error(`nobody listens on port ${port}`)))]);
  return {
    say: (text) => void socket.write(text),
    async hear(wanted) {
      const signal = AbortSignal.timeout(5_000);
      while (!wanted.test(heard)) {
        if (socket.closed) throw new Error(`the connection ended after ${JSON.stringify(heard)}`);
        await Promise.race([once(socket, 'data', { signal }), ended]).catch(() => {
          throw new Error(`only ${JSON.stringify(heard)} came, not ${wanted}`);
        });
      }
      return heard;
    },
    ended,
    close: () => socket.destroy(),
  };
}

/** The first line that whoever answers says; `nobody` where the port is closed, and the empty text where the connection ends without a word. */
export async function firstLine(port: number, host?: string): Promise<string> {
  const conversation = await startConversation(port, host === undefined ? {} : { host }).catch(() => undefined);
  if (!conversation) return 'nobody';
  const heard = await conversation.hear(/\n/).catch(() => '');
  conversation.close();
  return heard.split('\n')[0] ?? '';
}
