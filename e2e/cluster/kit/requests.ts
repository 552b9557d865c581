import http from 'node:http';
import https from 'node:https';
import { text } from 'node:stream/consumers';
import type { TLSSocket } from 'node:tls';

/** Where a request goes, and for whom. */
export interface Request {
  /** Where NGINX is reached from outside, whatever the host of the URL. */
  readonly address: string;
  readonly port: number;
  /** Such as `http://shop.example.com/cart`. */
  readonly url: string;
  /** The client's address, where it has several. */
  readonly from?: string;
  readonly agent?: http.Agent | https.Agent;
  /** 5 s unless given. */
  readonly limitMs?: number;
}

/** What came back. */
export interface Answer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly text: string;
  /** The common name of the certificate that was shown. */
  readonly certificate?: string;
  /** Whether the connection had been used before. */
  readonly reused: boolean;
}

/** What the backend of this suite says about a request. */
export interface Account {
  readonly pod: string;
  readonly port: number;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Node tells of a reused connection only when the request did not have to wait for it. */
const seen = new WeakSet<object>();

/** Sends one GET; over a connection of its own unless an agent is given. Rejects when there is no whole answer. */
export async function ask({ address, port, url, from, agent, limitMs = 5_000 }: Request): Promise<Answer> {
  const { protocol, hostname, host, pathname, search } = new URL(url);
  const secure = protocol === 'https:';
  const options: https.RequestOptions = {
    host: address,
    port,
    path: pathname + search,
    headers: { host },
    agent: agent ?? false,
    signal: AbortSignal.timeout(limitMs),
    ...(from === undefined ? {} : { localAddress: from }),
    ...(secure ? { servername: hostname, rejectUnauthorized: false } : {}),
  };
  const outgoing = (secure ? https : http).request(options);
  const answered = new Promise<http.IncomingMessage>((resolve, reject) => {
    outgoing.on('response', resolve);
    outgoing.on('error', reject);
  });
  outgoing.end();
  const response = await answered;
  const reused = seen.has(response.socket);
  seen.add(response.socket);
  const certificate = secure ? commonName(response.socket as TLSSocket) : undefined;
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    text: await text(response),
    reused,
    ...(certificate === undefined ? {} : { certificate }),
  };
}

function commonName(socket: TLSSocket): string | undefined {
  const { subject } = socket.getPeerCertificate();
  return [subject?.CN ?? []].flat()[0];
}

/** Reads the backend's account; throws unless the answer is 200. */
export function accountOf(answer: Answer): Account {
  if (answer.status !== 200) throw new Error(`the answer is ${answer.status}: ${answer.text}`);
  return JSON.parse(answer.text) as Account;
}
