import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createTestbedStore, type Json, type StoredEvent, type TestbedStore } from './kube-testbed-store.ts';

/** A small API server for tests: lists in pages, watches with history and bookmarks, writes with optimistic concurrency, and faults on demand. */
export interface Testbed extends Omit<TestbedStore, 'onEvent'> {
  readonly url: string;
  /** `METHOD /path?query` of every request so far. */
  readonly requests: readonly string[];
  /** Answers the next requests instead of the server while it gives back an answer. */
  fault: ((request: { readonly method: string; readonly url: URL }) => Fault | undefined) | undefined;
  /** Ends all watches: in order, by a reset connection, or by a reset in the middle of an event. */
  cut(how: 'clean' | 'reset' | 'middle'): void;
  /** Sends a line to all watches of a collection. */
  say(plural: string, line: string): void;
  /** Resolves when so many watches of a collection are open. */
  watching(plural: string, count?: number): Promise<void>;
  close(): Promise<void>;
}

/** `status` 0 breaks the connection without an answer. */
export interface Fault {
  readonly status: number;
  readonly body?: unknown;
}

interface Watcher {
  readonly plural: string;
  readonly accepts: (object: Json) => boolean;
  readonly response: ServerResponse;
}

interface Target {
  readonly plural: string;
  readonly namespace: string | undefined;
  readonly name: string | undefined;
  readonly subresource: string | undefined;
}

/** Starts it on a free port of the loopback address. */
export async function startTestbed(): Promise<Testbed> {
  const store = createTestbedStore();
  const watchers = new Set<Watcher>();
  const requests: string[] = [];
  let awaited: (() => void)[] = [];
  store.onEvent((plural, event) => {
    for (const watcher of watchers) if (watcher.plural === plural && watcher.accepts(event.object)) sendLine(watcher, event);
  });
  const server = createServer((request, response) => void handle(request, response));
  const watch = (target: Target, url: URL, response: ServerResponse): void => {
    const watcher = openWatch(store, target, url, response);
    if (!watcher) return;
    watchers.add(watcher);
    response.on('close', () => watchers.delete(watcher));
    for (const resolve of awaited) resolve();
    awaited = [];
  };
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(request.url ?? '/', 'http://testbed');
    const method = request.method ?? 'GET';
    requests.push(`${method} ${request.url}`);
    const fault = testbed.fault?.({ method, url });
    if (fault) return fail(fault, request, response);
    const target = targetOf(url.pathname);
    if (url.searchParams.has('watch')) return watch(target, url, response);
    const metadataOnly = request.headers.accept?.includes('PartialObject') ?? false;
    const [status, result] = serve(store, { method, target, url, body: await readBody(request), metadataOnly });
    answer(response, status, result);
  };
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const testbed: Testbed = {
    ...store,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    fault: undefined,
    cut(how) {
      for (const { response } of [...watchers]) {
        if (how === 'clean') response.end();
        else if (how === 'reset') response.destroy();
        else response.write('{"type":"MODIFIED","object":{"metadata":{"na', () => response.destroy());
      }
      watchers.clear();
    },
    say(plural, line) {
      for (const watcher of watchers) if (watcher.plural === plural) watcher.response.write(`${line}\n`);
    },
    async watching(plural, count = 1) {
      while ([...watchers].filter((one) => one.plural === plural).length < count)
        await new Promise<void>((resolve) => awaited.push(resolve));
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return testbed;
}

function fail(fault: Fault, request: IncomingMessage, response: ServerResponse): void {
  if (fault.status === 0) request.socket.destroy();
  else answer(response, fault.status, fault.body ?? statusOf(fault.status, 'told to fail'));
}

async function readBody(request: IncomingMessage): Promise<Json | undefined> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return chunks.length === 0 ? undefined : JSON.parse(Buffer.concat(chunks).toString());
}

function answer(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

function statusOf(code: number, message: string): Json {
  return { kind: 'Status', apiVersion: 'v1', status: 'Failure', message, code };
}

function sendLine(watcher: Watcher, event: StoredEvent): void {
  watcher.response.write(`${JSON.stringify({ type: event.type, object: event.object })}\n`);
}

function openWatch(store: TestbedStore, target: Target, url: URL, response: ServerResponse): Watcher | undefined {
  const history = store.since(target.plural, Number(url.searchParams.get('resourceVersion')));
  if (!history) {
    answer(response, 410, statusOf(410, 'too old resource version'));
    return undefined;
  }
  const watcher = { plural: target.plural, accepts: acceptanceOf(target, url), response };
  response.writeHead(200, { 'content-type': 'application/json' });
  response.flushHeaders();
  for (const event of history) if (watcher.accepts(event.object)) sendLine(watcher, event);
  return watcher;
}

interface Served {
  readonly method: string;
  readonly target: Target;
  readonly url: URL;
  readonly body: Json | undefined;
  readonly metadataOnly: boolean;
}

function serve(store: TestbedStore, { method, target, url, body, metadataOnly }: Served): readonly [number, unknown] {
  const { plural, namespace = '', name } = target;
  if (method === 'GET' && name === undefined) return [200, list(store, target, url, metadataOnly)];
  if (method === 'GET') {
    const object = store.at(plural, namespace, name ?? '');
    return object ? [200, object] : [404, statusOf(404, 'not found')];
  }
  const result = store.write(method, { plural, namespace, name: name ?? '', subresource: target.subresource }, body ?? {});
  return typeof result === 'number' ? [result, statusOf(result, `refused with ${result}`)] : [method === 'POST' ? 201 : 200, result];
}

function list(store: TestbedStore, target: Target, url: URL, metadataOnly: boolean): Json {
  const accepts = acceptanceOf(target, url);
  const all = store.all(target.plural).filter(accepts);
  const start = Number(url.searchParams.get('continue') ?? 0);
  const end = start + Number(url.searchParams.get('limit') ?? all.length);
  const items = all
    .slice(start, end)
    .map((object) => (metadataOnly ? { metadata: object['metadata'] } : { ...object, kind: undefined, apiVersion: undefined }));
  return {
    items: metadataOnly && items.length === 0 ? null : items,
    metadata: { resourceVersion: String(store.version()), ...(end < all.length ? { continue: String(end) } : {}) },
  };
}

function acceptanceOf(target: Target, url: URL): (object: Json) => boolean {
  const terms = (url.searchParams.get('fieldSelector') ?? '').split(',').filter((term) => term !== '');
  return (object) => {
    const metadata = object['metadata'] as Json;
    if (target.namespace !== undefined && metadata['namespace'] !== target.namespace) return false;
    return terms.every((term) => {
      const [field = '', value] = term.split(/!?=/);
      const actual = field === 'metadata.name' ? metadata['name'] : object[field];
      return (actual === value) !== term.includes('!=');
    });
  };
}

function targetOf(path: string): Target {
  const parts = path.split('/').slice(path.startsWith('/api/') ? 3 : 4);
  const namespace = parts[0] === 'namespaces' && parts.length > 2 ? parts[1] : undefined;
  const [plural = '', name, subresource] = namespace === undefined ? parts : parts.slice(2);
  return { plural, namespace, name, subresource };
}
