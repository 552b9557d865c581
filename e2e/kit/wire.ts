import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { type DetailedPeerCertificate, type TLSSocket, connect as tlsConnect } from 'node:tls';

/** An answer as the client got it. */
export interface Reply {
  readonly status: number;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: string;
  /** Of a connection with TLS. */
  readonly certificate?: ShownCertificate;
}

export interface ShownCertificate {
  readonly name: string;
  readonly keyType: 'RSA' | 'ECDSA';
  /** The names of the certificates that were sent with it. */
  readonly chain: readonly string[];
}

/** Where to connect. */
export interface Connecting {
  readonly port: number;
  readonly from?: string;
  /** Sent before everything else, and before TLS. */
  readonly preface?: Buffer;
  /** Absent: no TLS. */
  readonly tls?: { readonly serverName: string; readonly protocol: 'h2' | 'http/1.1' };
}

const limitMs = 5_000;

/** Opens a connection to NGINX. Certificates are not verified, as a test says itself which one it expects. */
export async function open({ port, from, preface, tls }: Connecting): Promise<Socket> {
  const tcp = connect({ port, host: '127.0.0.1', ...(from === undefined ? {} : { localAddress: from }) });
  if (preface) tcp.write(preface);
  const socket = tls
    ? tlsConnect({ socket: tcp, servername: tls.serverName, ALPNProtocols: [tls.protocol], rejectUnauthorized: false })
    : tcp;
  socket.setTimeout(limitMs, () => socket.destroy(new Error(`no answer within ${limitMs} ms`)));
  await once(socket, tls ? 'secureConnect' : 'connect');
  return socket;
}

/** The certificate that a server showed. */
export function shownCertificate(socket: Socket): ShownCertificate | undefined {
  if (!('getPeerCertificate' in socket)) return undefined;
  const first = (socket as TLSSocket).getPeerCertificate(true);
  const chain: string[] = [];
  let current: DetailedPeerCertificate = first;
  while (current.issuerCertificate && current.issuerCertificate !== current) {
    current = current.issuerCertificate;
    chain.push(String(current.subject.CN));
  }
  return { name: String(first.subject?.CN), keyType: first.asn1Curve === undefined ? 'RSA' : 'ECDSA', chain };
}

/** Told about parts of an answer while it arrives. */
export type OnBytes = (sofar: string) => void;

/** Sends bytes and reads one HTTP/1 answer. Ends the connection. */
export async function sendBytes(socket: Socket, bytes: Buffer, onBytes: OnBytes = () => {}): Promise<Reply> {
  const isHead = bytes.subarray(0, 5).toString() === 'HEAD ';
  const certificate = shownCertificate(socket);
  socket.write(bytes);
  let text = '';
  try {
    for await (const chunk of socket as AsyncIterable<Buffer>) {
      text += chunk.toString('latin1');
      onBytes(text);
      const reply = parseReply(text, { ended: false, isHead });
      if (reply) return { ...reply, ...(certificate && { certificate }) };
    }
  } finally {
    socket.destroy();
  }
  const reply = parseReply(text, { ended: true, isHead });
  if (!reply) throw new Error(text === '' ? 'the connection was closed without an answer' : `not an HTTP answer: ${text.slice(0, 200)}`);
  return { ...reply, ...(certificate && { certificate }) };
}

/** An answer of HTTP/1, when it is whole; `ended`: no more bytes will come. */
function parseReply(text: string, { ended, isHead }: { readonly ended: boolean; readonly isHead: boolean }): Reply | undefined {
  const end = text.indexOf('\r\n\r\n');
  const status = /^HTTP\/1\.[01] (\d{3})/.exec(text)?.[1];
  if (end < 0 || status === undefined) return undefined;
  const headers = text
    .slice(0, end)
    .split('\r\n')
    .slice(1)
    .map((line): readonly [string, string] => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()]);
  const reply = (body: string) => ({ status: Number(status), headers, body: Buffer.from(body, 'latin1').toString('utf8') });
  const rest = text.slice(end + 4);
  const field = (name: string) => headers.find(([other]) => other.toLowerCase() === name)?.[1];
  if (isHead || status === '101' || status === '204' || status === '304') return reply('');
  if (field('transfer-encoding') === 'chunked') {
    const body = dechunked(rest);
    return body === undefined ? undefined : reply(body);
  }
  const length = field('content-length');
  if (length !== undefined) return rest.length >= Number(length) ? reply(rest.slice(0, Number(length))) : undefined;
  return ended ? reply(rest) : undefined;
}

function dechunked(text: string): string | undefined {
  let rest = text;
  let body = '';
  for (;;) {
    const size = /^([0-9a-fA-F]+)\r\n/.exec(rest);
    if (!size) return undefined;
    const length = Number.parseInt(size[1] ?? '', 16);
    if (length === 0) return body;
    const start = size[0].length;
    if (rest.length < start + length + 2) return undefined;
    body += rest.slice(start, start + length);
    rest = rest.slice(start + length + 2);
  }
}
