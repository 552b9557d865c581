import { createHash } from 'node:crypto';
import { Agent, type ClientRequest, type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps, Agent as SecureAgent } from 'node:https';
import { setTimeout as pause } from 'node:timers/promises';
import { TLSSocket } from 'node:tls';
import type { LoadOptions, RequestKind, Target } from './messages.ts';
import type { Tally } from './tally.ts';

/** Sends one request at a time of each kind and target. */
export interface Requests {
  send(target: Target, kind: RequestKind): void;
  /** How many have not ended. */
  open(): number;
  /** Resolves when all that were sent up to now have ended. */
  settled(): Promise<void>;
  /** Closes the idle connections to hosts that are not among these: a worker that is ending would answer over them by its old routes. */
  keep(hosts: ReadonlySet<string>): void;
}

const limitMs = 10_000;

interface Agents {
  readonly http: Agent;
  readonly https: SecureAgent;
}

/**
 * Makes the sender. It never repeats a request, as a client that waits for nobody: a connection that NGINX closes just while a request is
 * on its way counts as a failure. Every request carries an id that has to come back with the right host, Service, method and body.
 */
export function createRequests(options: Pick<LoadOptions, 'http' | 'https'>, tally: Tally): Requests {
  const settings = { keepAlive: true, maxSockets: 24, scheduling: 'fifo' } as const;
  const agents = new Map<string, Agents>();
  // As in a browser, a connection is for one host: a worker that is ending answers what comes over an old one by the old routes.
  const agentsOf = (host: string): Agents => {
    const made = agents.get(host) ?? { http: new Agent(settings), https: new SecureAgent(settings) };
    agents.set(host, made);
    return made;
  };
  const open = new Set<number>();
  let last = 0;

  function send(target: Target, kind: RequestKind): void {
    last += 1;
    const number = last;
    const id = `r${number}`;
    const [scheme, connection, method] = kind.split(' ') as ['http' | 'https', 'keep-alive' | 'fresh', 'GET' | 'POST'];
    const body = method === 'POST' ? bodyOf(number) : undefined;
    const started = performance.now();
    tally.sent();
    open.add(number);
    const request = (scheme === 'http' ? requestHttp : requestHttps)({
      host: '127.0.0.1',
      port: options[scheme],
      method,
      path: `${target.path ?? '/'}${id}`,
      headers: { Host: target.host, ...(body && { 'Content-Length': body.length }) },
      agent: connection === 'fresh' ? false : agentsOf(target.host)[scheme],
      ...(scheme === 'https' && { servername: target.host, rejectUnauthorized: false }),
    });
    const expected = { target, id, method, hash: hashOf(body) };
    void outcomeOf(request, body).then((outcome) => {
      open.delete(number);
      tally.took(performance.now() - started, `${kind} ${target.host}`);
      judge(tally, { expected, outcome, kind });
    });
  }

  return {
    send,
    open: () => open.size,
    async settled() {
      const newest = last;
      while ([...open].some((number) => number <= newest)) await pause(10);
    },
    keep(hosts) {
      for (const [host, { http, https }] of agents) {
        if (hosts.has(host)) continue;
        http.destroy();
        https.destroy();
        agents.delete(host);
      }
    },
  };
}

/** Between 1 and 40,000 bytes: some fit into a buffer of NGINX, some do not. */
function bodyOf(number: number): Buffer {
  return Buffer.alloc(1 + ((number * 7919) % 40_000), `body ${number} `);
}

function hashOf(body: Buffer | undefined): string {
  return createHash('sha1')
    .update(body ?? '')
    .digest('hex');
}

type Outcome =
  | { readonly kind: 'answer'; readonly status: number; readonly text: string; readonly fingerprint: string | undefined }
  | { readonly kind: 'error'; readonly name: string; readonly message: string };

function outcomeOf(request: ClientRequest, body: Buffer | undefined): Promise<Outcome> {
  return new Promise((resolve) => {
    let timer: NodeJS.Timeout | undefined;
    const giveUp = () => request.destroy(Object.assign(new Error(`no answer in ${limitMs} ms`), { code: 'timeout' }));
    // On a busy machine a request may wait for one of the kept connections, which nobody but this client is to blame for.
    request.once('socket', () => {
      timer = setTimeout(giveUp, limitMs);
    });
    const done = (outcome: Outcome) => {
      clearTimeout(timer);
      resolve(outcome);
    };
    const failed = (error: NodeJS.ErrnoException) => done({ kind: 'error', name: errorName(error), message: error.message });
    request.on('error', failed);
    request.on('response', (response) => {
      const fingerprint = fingerprintOf(response);
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('error', failed);
      response.on('end', () => done({ kind: 'answer', status: response.statusCode ?? 0, text, fingerprint }));
    });
    request.end(body);
  });
}

function errorName({ code, message }: NodeJS.ErrnoException): string {
  if (code === 'ECONNRESET' || code === 'EPIPE') return 'reset';
  if (code === 'ECONNREFUSED') return 'refused';
  return code ?? message;
}

/** Only of fresh connections: a kept one would be counted again and again. */
function fingerprintOf(response: IncomingMessage): string | undefined {
  if (!(response.socket instanceof TLSSocket)) return undefined;
  return response.socket.getPeerX509Certificate()?.fingerprint256;
}

interface Judged {
  readonly expected: { readonly target: Target; readonly id: string; readonly method: string; readonly hash: string };
  readonly outcome: Outcome;
  readonly kind: RequestKind;
}

function judge(tally: Tally, { expected, outcome, kind }: Judged): void {
  const { target, id, method } = expected;
  const fail = (name: string, detail: string) => tally.failed(method, name, `${kind} ${target.host} ${id}: ${detail}`);
  if (outcome.kind === 'error') {
    fail(outcome.name, outcome.message);
    return;
  }
  const { status, text, fingerprint } = outcome;
  if (fingerprint !== undefined && kind.includes('fresh')) tally.certificate(`${target.host} ${fingerprint}`);
  if (target.allowed?.includes(status)) tally.allowed(`${target.host} ${status}`);
  else if (status !== 200) fail(`status ${status}`, text.replaceAll(/\s+/g, ' ').slice(0, 80));
  else if (!isRight(text, expected)) fail('wrong body', text.slice(0, 120));
}

function isRight(text: string, { target, id, method, hash }: Judged['expected']): boolean {
  const [gotId, gotService, gotHost, , gotMethod, gotHash] = text.split(' ');
  const isOurs = gotId === id && gotHost === target.host && gotMethod === method && gotHash === hash;
  return isOurs && target.services.some((service) => service === gotService);
}
