import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type DebugPages, isFromThisMachine } from './http-debug.ts';

/** Gives back what is wrong, or nothing when all is well. */
export type Check = () => string | undefined | Promise<string | undefined>;

export interface HttpOptions {
  readonly port: number;
  /** The address to listen on; all of them unless given. */
  readonly host?: string;
  /** `/healthz` unless given. */
  readonly healthPath?: string;
  /** Alive: the batches are not stuck. That the event loop turns is proven by the answer. */
  readonly alive: Check;
  /** The first generation was verified, NGINX answers, and we are not on our way out. */
  readonly ready: Check;
  /** The first configuration was written and tested, so that NGINX can start. */
  readonly started: Check;
  /** Absent: there is no page for Prometheus. */
  readonly metrics?: { readonly text: () => Promise<string>; readonly contentType: string };
  readonly debug: DebugPages;
}

/** The controller's own HTTP server. */
export interface HttpServer {
  readonly port: number;
  close(): Promise<void>;
}

type Page = (request: IncomingMessage) => Promise<Reply> | Reply;

interface Reply {
  readonly status: number;
  readonly body: string;
  readonly type: string;
}

/** A check that takes longer than this is as bad as one that fails; the kubelet waits no longer by itself. */
const checkLimitMs = 5_000;
const inUse = 'EADDRINUSE';

/** Starts it. Rejects with a sentence for people when the port is taken or may not be used. */
export async function startHttp(options: HttpOptions): Promise<HttpServer> {
  const pages = pagesOf(options);
  const server = createServer((request, response) => void serve(pages, request, response));
  await listen(server, options);
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function listen(server: Server, { port, host }: HttpOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const reason = error.code === inUse ? 'another program uses it' : error.message;
      const where = host === undefined ? `port ${port}` : `port ${port} of ${host}`;
      reject(new Error(`${where} cannot be used for health and metrics: ${reason}. Choose another one with --healthz-port.`));
    });
    server.listen({ port, ...(host === undefined ? {} : { host }) }, resolve);
  });
}

function pagesOf(options: HttpOptions): ReadonlyMap<string, Page> {
  const { metrics, debug } = options;
  const pages = new Map<string, Page>([
    [options.healthPath ?? '/healthz', () => checked(options.alive)],
    ['/readyz', () => checked(options.ready)],
    ['/startupz', () => checked(options.started)],
  ]);
  if (metrics) pages.set('/metrics', async () => ({ status: 200, body: await metrics.text(), type: metrics.contentType }));
  for (const [name, page] of Object.entries(debug)) pages.set(`/debug/${name}`, (request) => debugged(request, page));
  return pages;
}

async function serve(pages: ReadonlyMap<string, Page>, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { status, body, type } = await replyTo(pages, request);
  response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' });
  response.end(request.method === 'HEAD' ? undefined : body);
}

async function replyTo(pages: ReadonlyMap<string, Page>, request: IncomingMessage): Promise<Reply> {
  const page = pages.get(request.url?.split('?')[0] ?? '');
  if (!page) return text(404, `there are: ${[...pages.keys()].join(' ')}`);
  if (request.method !== 'GET' && request.method !== 'HEAD') return text(405, 'only GET and HEAD');
  try {
    return await page(request);
  } catch (error) {
    return text(500, error instanceof Error ? error.message : String(error));
  }
}

async function checked(check: Check): Promise<Reply> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<string>((resolve) => {
    timer = setTimeout(resolve, checkLimitMs, `no answer within ${checkLimitMs / 1000} s`);
  });
  try {
    const problem = await Promise.race([check(), late]);
    return problem === undefined ? text(200, 'ok') : text(503, problem);
  } finally {
    clearTimeout(timer);
  }
}

function debugged(request: IncomingMessage, page: () => unknown): Reply {
  if (!isFromThisMachine(request.socket.remoteAddress ?? '', request.headers.host ?? ''))
    return text(403, 'only from this machine: use `kubectl port-forward` or `kubectl exec`');
  const value = page();
  if (value === undefined) return text(503, 'nothing has been built yet');
  return { status: 200, body: `${JSON.stringify(value, undefined, 2)}\n`, type: 'application/json' };
}

function text(status: number, body: string): Reply {
  return { status, body: `${body}\n`, type: 'text/plain; charset=utf-8' };
}
