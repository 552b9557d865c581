import { Worker, type WorkerOptions } from 'node:worker_threads';
import type { UpstreamId } from '../model/routing.ts';
import type { Endpoint } from '../model/runtime.ts';
import type { ResponderStats } from './dns-responder.ts';
import { superviseThread } from './dns-supervisor.ts';
import type { MessageToThread } from './dns-thread.ts';
import { createPublication, type Publication, type PublicationChange } from './endpoint-publication.ts';
import { untilAnswersAreRead } from './udp-queues.ts';

export interface EndpointServerOptions {
  /** Ports that are wanted, such as those of the configuration that NGINX runs. One that is taken is replaced by a free one. */
  readonly ports?: readonly number[];
  /** How many ports; without it as many as are wanted, or 32. Each has a socket in NGINX with a buffer of its own, so many lose no answers. */
  readonly count?: number;
  /** The thread has died; it is being started again, and NGINX keeps its endpoints until then. */
  readonly onFailure?: (error: Error) => void;
  /** For tests. */
  readonly spawn?: (file: URL, options: WorkerOptions) => Worker;
}

/** Tells NGINX the endpoints of each upstream, which asks by DNS every second: no reload when Pods come and go. */
export interface EndpointServer {
  /** For the `resolver` directive, as `127.0.0.1:PORT`; UDP and TCP. */
  readonly ports: readonly number[];
  /**
   * Takes the endpoints of all upstreams, and returns how many have changed. An upstream that is not among them is answered with
   * SERVFAIL: NGINX keeps what it has. Throws when an id or an address is none.
   */
  publish(endpoints: ReadonlyMap<UpstreamId, readonly Endpoint[]>): number;
  /** Takes the endpoints of some upstreams that are published already. What it changes is counted by the next `publish`. Throws like it. */
  refresh(endpoints: ReadonlyMap<UpstreamId, readonly Endpoint[]>): void;
  /**
   * Waits until NGINX has been told, and has read, the endpoints of these upstreams, at least once since they appeared. Resolves with those
   * that it has not asked for, after `timeoutMs`, or when the server is closed.
   */
  whenAnswered(ids: readonly UpstreamId[], timeoutMs: number): Promise<readonly UpstreamId[]>;
  /** Counts of the thread; they begin anew when it does. Rejects once the server is closed. */
  stats(): Promise<ResponderStats>;
  /** Frees the ports. NGINX keeps the endpoints that it has. */
  close(): Promise<void>;
}

const usualCount = 32;
/** How long an answer may wait in the socket of a worker of NGINX before it counts as told all the same. */
const mostReadMs = 1_000;

/** Starts the server with nothing published. Rejects when it cannot have its ports. */
export async function startEndpointServer(options: EndpointServerOptions = {}): Promise<EndpointServer> {
  const publication = createPublication();
  const answers = createAnswerWait(publication.isAnswered);
  const statistics = createStatisticsRequests();

  const wanted = options.ports ?? [];
  const thread = await superviseThread({
    ports: wanted,
    count: options.count ?? (wanted.length || usualCount),
    spawn: options.spawn ?? ((file, workerOptions) => new Worker(file, workerOptions)),
    state: () => [publishMessage(publication.all()), ...statistics.pending()],
    onAnswered(answered) {
      for (const { id, since } of answered) publication.markAnswered(id, since);
      answers.check();
    },
    onStats: statistics.resolve,
    onFailure: options.onFailure ?? (() => undefined),
  });

  return {
    ports: thread.ports,
    ...createPublisher(publication, thread.send),
    async whenAnswered(ids, timeoutMs) {
      const missing = await answers.wait(ids, timeoutMs);
      if (missing.length < ids.length) await untilAnswersAreRead(thread.ports, mostReadMs);
      return missing;
    },
    stats: () => statistics.request(thread.send),
    async close() {
      answers.close();
      await thread.close();
      statistics.close();
    },
  };
}

/** Tells the thread what has changed, and counts it once for each batch. */
function createPublisher(publication: Publication, send: (message: MessageToThread) => void): Pick<EndpointServer, 'publish' | 'refresh'> {
  let refreshed = new Set<UpstreamId>();
  return {
    publish(endpoints) {
      const change = publication.replace(endpoints);
      const ids = idsOf(change);
      if (ids.length > 0) send(publishMessage(change));
      const changed = new Set([...refreshed, ...ids]);
      refreshed = new Set();
      return changed.size;
    },
    refresh(endpoints) {
      const change = publication.update(endpoints);
      if (change.upserts.length > 0) send(publishMessage(change));
      for (const id of idsOf(change)) refreshed.add(id);
    },
  };
}

function idsOf({ upserts, removals }: PublicationChange): readonly UpstreamId[] {
  return [...upserts.map(({ id }) => id), ...removals];
}

function publishMessage(change: PublicationChange): MessageToThread {
  return { kind: 'publish', ...change };
}

/** Those who wait for NGINX to ask. */
function createAnswerWait(isAnswered: (id: UpstreamId) => boolean) {
  const checks = new Set<(give: 'when complete' | 'now') => void>();
  let closed = false;

  function wait(ids: readonly UpstreamId[], timeoutMs: number): Promise<readonly UpstreamId[]> {
    const { promise, resolve } = Promise.withResolvers<readonly UpstreamId[]>();
    const check = (give: 'when complete' | 'now'): void => {
      const missing = ids.filter((id) => !isAnswered(id));
      if (missing.length > 0 && give === 'when complete') return;
      clearTimeout(timer);
      checks.delete(check);
      resolve(missing);
    };
    const timer = setTimeout(() => check('now'), timeoutMs);
    checks.add(check);
    check(closed ? 'now' : 'when complete');
    return promise;
  }

  return {
    wait,
    check: () => {
      for (const check of [...checks]) check('when complete');
    },
    close: () => {
      closed = true;
      for (const check of [...checks]) check('now');
    },
  };
}

/** Questions to the thread that it has not answered yet; they are asked again when it has died. */
function createStatisticsRequests() {
  const requests = new Map<number, PromiseWithResolvers<ResponderStats>>();
  let last = 0;
  let closed = false;

  return {
    request(send: (message: MessageToThread) => void): Promise<ResponderStats> {
      if (closed) return Promise.reject(new Error('the endpoint server is closed'));
      last += 1;
      const request = Promise.withResolvers<ResponderStats>();
      requests.set(last, request);
      send({ kind: 'stats', request: last });
      return request.promise;
    },
    pending: (): readonly MessageToThread[] => [...requests.keys()].map((request) => ({ kind: 'stats', request })),
    resolve(request: number, stats: ResponderStats): void {
      requests.get(request)?.resolve(stats);
      requests.delete(request);
    },
    close(): void {
      closed = true;
      for (const request of requests.values()) request.reject(new Error('the endpoint server is closed'));
      requests.clear();
    },
  };
}
