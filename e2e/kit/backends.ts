import { createHash } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';

/** An address at which a Service of the case answers; several Services may share one. */
export interface BackendAddress {
  readonly address: string;
  readonly port: number;
  /** `namespace/name` */
  readonly services: readonly string[];
}

/** One request as a backend saw it. */
export interface Seen {
  readonly at: BackendAddress;
  readonly method: string;
  readonly target: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: string;
}

/** Real HTTP servers at every endpoint of a case. They live in the process of the test, which so knows what each of them saw. */
export interface Backends {
  /** What was seen, and how many connections were opened, since this was asked last. */
  take(): { readonly seen: readonly Seen[]; readonly connections: number };
  /** Resolves when so many requests have come since `take`, or half a second has gone: copies of a request may come after its answer. */
  arrived(count: number): Promise<void>;
  /** The next answer sends its second half only when this promise is resolved. */
  holdNext(until: Promise<void>): void;
  close(): Promise<void>;
}

/** Both halves of an answer that was held back. */
export const halves = ['data: first\n\n', 'data: second\n\n'] as const;

interface State {
  seen: Seen[];
  connections: number;
  hold: Promise<void> | undefined;
  readonly arrivals: EventEmitter;
}

/** Starts a server at each address. Rejects when one is taken or does not exist on this machine. */
export async function startBackends(addresses: readonly BackendAddress[]): Promise<Backends> {
  const state: State = { seen: [], connections: 0, hold: undefined, arrivals: new EventEmitter() };
  const servers: Server[] = [];
  const close = () => Promise.all(servers.map(closeServer)).then(() => undefined);
  try {
    for (const at of addresses) servers.push(await startBackend(at, state));
  } catch (error) {
    await close();
    throw error;
  }
  return {
    take() {
      const { seen, connections } = state;
      Object.assign(state, { seen: [], connections: 0 });
      return { seen, connections };
    },
    async arrived(count) {
      const ended = AbortSignal.timeout(500);
      while (state.seen.length < count && !ended.aborted) await once(state.arrivals, 'arrival', { signal: ended }).catch(() => undefined);
    },
    holdNext(until) {
      state.hold = until;
    },
    close,
  };
}

async function startBackend(at: BackendAddress, state: State): Promise<Server> {
  const server = createServer((request, response) => void answer(at, state, request, response));
  server.on('clientError', (error, socket) => answerBytes(at, state, error, socket));
  server.on('connection', () => {
    state.connections += 1;
  });
  server.on('upgrade', (request, socket) => upgrade(at, state, request, socket));
  server.keepAliveTimeout = 60_000;
  server.listen(at.port, at.address);
  await once(server, 'listening');
  return server;
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

async function answer(at: BackendAddress, state: State, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { hold } = state;
  state.hold = undefined;
  const body = (await request.setEncoding('utf8').toArray()).join('');
  state.seen.push(seenRequest(at, request, body));
  state.arrivals.emit('arrival');
  const asked = askedFor(request);
  const status = Number(asked.get('status') ?? '200');
  if (hold) {
    response.writeHead(status, { 'Content-Type': 'text/event-stream' });
    response.write(halves[0]);
    await hold;
    response.end(halves[1]);
  } else {
    const text = `${at.services.join(' and ')} at ${endpointText(at)}\n`;
    response.writeHead(status, { 'content-type': 'text/plain', 'content-length': text.length, ...headersOf(asked) });
    response.end(request.method === 'HEAD' ? undefined : text);
  }
}

/**
 * What the answer is to be: `answer-status=401` and `answer-NAME=VALUE` in the query, for a backend that is asked by NGINX itself, or the
 * headers `X-Answer-Status` and `X-Answer-NAME`.
 */
function askedFor({ url = '', headers }: IncomingMessage): ReadonlyMap<string, string> {
  const query = [...new URLSearchParams(url.split('?').slice(1).join('?'))].filter(([name]) => name.startsWith('answer-'));
  if (query.length > 0)
    return new Map(query.filter(([, value]) => value !== '').map(([name, value]) => [name.slice('answer-'.length), value]));
  const named = Object.entries(headers).filter(([name]) => name.startsWith('x-answer-'));
  return new Map(named.map(([name, value]) => [name.slice('x-answer-'.length), String(value)]));
}

function headersOf(asked: ReadonlyMap<string, string>): Record<string, string> {
  return Object.fromEntries([...asked].filter(([name]) => name !== 'status'));
}

function seenRequest(at: BackendAddress, request: IncomingMessage, body: string): Seen {
  const headers: [string, string][] = [];
  for (let index = 0; index < request.rawHeaders.length; index += 2)
    headers.push([request.rawHeaders[index] ?? '', request.rawHeaders[index + 1] ?? '']);
  return { at, method: request.method ?? '', target: request.url ?? '', headers, body };
}

/** NGINX passes bytes above 127 in a path on as they are, and Node's server refuses them; other servers do not. */
function answerBytes(at: BackendAddress, state: State, error: Error, socket: Duplex): void {
  const bytes = 'rawPacket' in error && Buffer.isBuffer(error.rawPacket) ? error.rawPacket.toString('utf8') : '';
  const [line, ...headers] = bytes.slice(0, bytes.indexOf('\r\n\r\n')).split('\r\n');
  const [method = '', target = ''] = line?.split(' ') ?? [];
  state.seen.push({ at, method, target, headers: headers.map((one) => [one.split(': ')[0] ?? '', one.split(': ')[1] ?? '']), body: '' });
  socket.end('HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
}

/** `address:port`, an IPv6 address in brackets. */
export function endpointText({ address, port }: BackendAddress): string {
  return `${address.includes(':') ? `[${address}]` : address}:${port}`;
}

/** RFC 6455: accepts the handshake and sends each frame back as it came, without its mask. */
function upgrade(at: BackendAddress, state: State, request: IncomingMessage, socket: Duplex): void {
  state.seen.push(seenRequest(at, request, ''));
  socket.on('error', () => socket.destroy());
  socket.on('end', () => socket.end());
  if (request.headers.upgrade?.toLowerCase() !== 'websocket') {
    socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
    return;
  }
  echoFrames(request, socket);
}

/** Accepts an upgrade (RFC 6455), and says every text frame again. */
export function echoFrames(request: IncomingMessage, socket: Duplex): void {
  const key = `${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`;
  const accept = createHash('sha1').update(key).digest('base64');
  socket.write(`HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`);
  let buffered = Buffer.alloc(0);
  socket.on('data', (data: Buffer) => {
    buffered = Buffer.concat([buffered, data]);
    for (let frame = readFrame(buffered); frame; frame = readFrame(buffered)) {
      buffered = buffered.subarray(frame.length);
      socket.write(textFrame(frame.text));
    }
  });
}

/** A text frame of less than 126 bytes: all that a test needs. */
export function textFrame(text: string, mask?: Buffer): Buffer {
  const payload = Buffer.from(text);
  const masked = mask ? payload.map((byte, index) => byte ^ (mask[index % 4] ?? 0)) : payload;
  return Buffer.concat([Buffer.from([0x81, payload.length | (mask ? 0x80 : 0)]), mask ?? Buffer.alloc(0), masked]);
}

/** The first whole frame of some bytes. */
export function readFrame(bytes: Buffer): { readonly text: string; readonly length: number } | undefined {
  const size = (bytes[1] ?? 0) & 0x7f;
  const isMasked = ((bytes[1] ?? 0) & 0x80) !== 0;
  const start = isMasked ? 6 : 2;
  if (bytes.length < start + size || bytes.length < 2) return undefined;
  const mask = bytes.subarray(2, 6);
  const payload = bytes.subarray(start, start + size);
  const text = isMasked ? payload.map((byte, index) => byte ^ (mask[index % 4] ?? 0)) : payload;
  return { text: Buffer.from(text).toString('utf8'), length: start + size };
}
