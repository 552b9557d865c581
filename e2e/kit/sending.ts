import { once } from 'node:events';
import { connect as connectHttp2, type IncomingHttpHeaders } from 'node:http2';
import { isIP } from 'node:net';
import { type Backends, halves, readFrame, textFrame } from './backends.ts';
import { proxyPreface } from './proxy-protocol.ts';
import type { Sending, Url } from './requests.ts';
import { open, type Reply, sendBytes, shownCertificate } from './wire.ts';

/** Where NGINX listens. */
export interface Ports {
  readonly http: number;
  readonly https: number;
}

type UrlSending = Exclude<Sending, { kind: 'raw' }>;

/** Sends one request to NGINX and gives back what the client got. Rejects when there is no answer. */
export async function send(sending: Sending, ports: Ports, backends: Backends): Promise<Reply> {
  switch (sending.kind) {
    case 'raw':
      return sendBytes(await open({ port: ports[sending.scheme] }), Buffer.from(sending.bytes, 'utf8'));
    case 'http':
      return sendBytes(await connectFor(sending, ports, 'http/1.1'), requestBytes(sending));
    case 'stream':
      return sendStream(sending, ports, backends);
    case 'websocket':
      return sendWebSocket(sending, ports);
    case 'h2':
      return sendHttp2(sending, ports);
  }
}

function connectFor({ url, options }: UrlSending, ports: Ports, protocol: 'h2' | 'http/1.1') {
  const tls = url.scheme === 'https' ? { tls: { serverName: serverNameOf(url, options.sni), protocol } } : {};
  const from = options.from === undefined ? {} : { from: options.from };
  const preface = options.proxy === undefined ? {} : { preface: proxyPreface(options.proxy) };
  return open({ port: ports[url.scheme], ...from, ...preface, ...tls });
}

/** As browsers do, an address is not sent as a server name (RFC 6066, 3). */
function serverNameOf(url: Url, sni: string | undefined): string {
  if (sni !== undefined) return sni === 'none' ? '' : sni;
  const host = url.authority.replace(/:\d*$/, '').replace(/^\[|\]$/g, '');
  return isIP(host) ? '' : host;
}

/** An HTTP/1.1 request, byte for byte: what stands in the file is what is sent. */
function requestBytes({ method, url, options }: UrlSending, more: readonly (readonly [string, string])[] = []): Buffer {
  const hasHost = options.headers.some(([name]) => name === 'Host');
  const headers = [...(hasHost ? [] : [['Host', url.authority] as const]), ...options.headers, ...more];
  const length = options.body === undefined ? [] : [['Content-Length', String(Buffer.byteLength(options.body))] as const];
  const lines = [...headers, ...length].map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.from(`${method} ${options.target ?? url.target} HTTP/1.1\r\n${lines.join('')}\r\n${options.body ?? ''}`, 'utf8');
}

/** The backend holds its second half back until the client has the first: a buffered answer would never end. */
async function sendStream(sending: UrlSending, ports: Ports, backends: Backends): Promise<Reply> {
  const { promise, resolve } = Promise.withResolvers<void>();
  backends.holdNext(promise);
  const socket = await connectFor(sending, ports, 'http/1.1');
  return sendBytes(socket, requestBytes(sending), (text) => {
    if (text.includes(halves[0])) resolve();
  });
}

const webSocketKey = 'dGhlIHNhbXBsZSBub25jZQ==';
const greeting = 'hello through NGINX';

/** RFC 6455: upgrades, sends a frame, and returns what came back as the body. */
async function sendWebSocket(sending: UrlSending, ports: Ports): Promise<Reply> {
  const socket = await connectFor(sending, ports, 'http/1.1');
  try {
    const upgrade = [
      ['Connection', 'Upgrade'],
      ['Upgrade', 'websocket'],
      ['Sec-WebSocket-Version', '13'],
      ['Sec-WebSocket-Key', webSocketKey],
    ] as const;
    socket.write(requestBytes(sending, upgrade));
    const [head] = (await once(socket, 'data')) as [Buffer];
    const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(head.toString('latin1'))?.[1]);
    if (status !== 101) return { status, headers: [], body: '' };
    socket.write(textFrame(greeting, Buffer.from([1, 2, 3, 4])));
    const [frame] = (await once(socket, 'data')) as [Buffer];
    const text = readFrame(frame)?.text;
    if (text !== greeting) throw new Error(`the WebSocket answered ${JSON.stringify(text)}`);
    return { status, headers: [], body: text };
  } finally {
    socket.destroy();
  }
}

async function sendHttp2({ method, url, options, ...sending }: UrlSending, ports: Ports): Promise<Reply> {
  const socket = await connectFor({ method, url, options, ...sending }, ports, 'h2');
  const certificate = shownCertificate(socket);
  const session = connectHttp2(`https://${url.authority}`, { createConnection: () => socket });
  try {
    const host = options.headers.find(([name]) => name === 'Host')?.[1] ?? url.authority;
    const others = options.headers.filter(([name]) => name !== 'Host').map(([name, value]) => [name.toLowerCase(), value]);
    const stream = session.request({
      ':method': method,
      ':path': options.target ?? url.target,
      ':authority': host,
      ...Object.fromEntries(others),
    });
    stream.end(options.body);
    const [headers] = (await once(stream, 'response')) as [IncomingHttpHeaders];
    const body = (await stream.setEncoding('utf8').toArray()).join('');
    return {
      status: Number(headers[':status']),
      headers: Object.entries(headers).flatMap(([name, value]) => [value ?? []].flat().map((one) => [name, String(one)] as const)),
      body,
      ...(certificate && { certificate }),
    };
  } finally {
    session.destroy();
    socket.destroy();
  }
}
