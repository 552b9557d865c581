import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';

/** One request as it stood on a connection from NGINX. */
export interface SeenRequest {
  readonly line: string;
  readonly headers: readonly (readonly [string, string])[];
}

/** A server that takes nothing but what RFC 9112 leaves no doubt about, and remembers everything. */
export interface StrictBackend {
  readonly seen: SeenRequest[];
  /** Bytes that another server might read otherwise. */
  readonly doubts: string[];
  readonly close: () => void;
}

/** Starts it. Every request is answered with 200. */
export async function startStrictBackend(address: string, port: number): Promise<StrictBackend> {
  const seen: SeenRequest[] = [];
  const doubts: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    let rest = Buffer.alloc(0);
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
    socket.on('data', (chunk: Buffer) => {
      rest = Buffer.concat([rest, chunk]);
      for (;;) {
        const read = readRequest(rest);
        if (read === 'more') return;
        if (typeof read === 'string') {
          doubts.push(`${read}: ${JSON.stringify(rest.toString('latin1').slice(0, 500))}`);
          socket.destroy();
          return;
        }
        seen.push(read.request);
        rest = rest.subarray(read.length);
        const body = read.request.line.startsWith('HEAD ') ? '' : 'ok';
        socket.write(`HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n${body}`);
      }
    });
  });
  server.listen(port, address);
  await once(server, 'listening');
  const close = () => {
    server.close();
    for (const socket of sockets) socket.destroy();
  };
  return { seen, doubts, close };
}

type Read = { readonly request: SeenRequest; readonly length: number } | 'more' | `no ${string}`;

/** The first request of some bytes; a text says what is doubtful about it. */
function readRequest(bytes: Buffer): Read {
  const text = bytes.toString('latin1');
  const end = text.indexOf('\r\n\r\n');
  if (end < 0) return text.length > 200_000 ? 'no end of the headers' : 'more';
  const [line = '', ...lines] = text.slice(0, end).split('\r\n');
  if (!/^[!-~]+ [^\0-\x20\x7f]+ HTTP\/1\.[01]$/.test(line)) return 'no request line';
  const headers: (readonly [string, string])[] = [];
  for (const one of lines) {
    const [, name, value] = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([^\0\r\n]*)$/.exec(one) ?? [];
    if (name === undefined || value === undefined) return 'no header';
    headers.push([name.toLowerCase(), value]);
  }
  const body = bodyLength(headers, text.slice(end + 4));
  return typeof body === 'string' ? body : { request: { line, headers }, length: end + 4 + body };
}

function bodyLength(headers: SeenRequest['headers'], rest: string): number | 'more' | `no ${string}` {
  const all = (name: string) => headers.filter(([other]) => other === name).map(([, value]) => value);
  const [lengths, codings] = [all('content-length'), all('transfer-encoding')];
  if (lengths.length + codings.length > 1) return 'no single length';
  if (codings.length === 1) return codings[0] === 'chunked' ? chunkedLength(rest) : 'no known coding';
  if (lengths.length === 0) return 0;
  if (!/^\d{1,9}$/.test(lengths[0] ?? '')) return 'no number';
  return rest.length < Number(lengths[0]) ? 'more' : Number(lengths[0]);
}

function chunkedLength(rest: string): number | 'more' | `no ${string}` {
  for (let at = 0; ; ) {
    const end = rest.indexOf('\r\n', at);
    if (end < 0) return 'more';
    const size = rest.slice(at, end);
    if (!/^[0-9a-f]{1,8}$/i.test(size)) return 'no size of a chunk';
    const length = Number.parseInt(size, 16);
    at = end + 2 + length;
    if (rest.length < at + 2) return 'more';
    if (rest.slice(at, at + 2) !== '\r\n') return 'no end of a chunk';
    at += 2;
    if (length === 0) return at;
  }
}
