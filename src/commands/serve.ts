import type { ServeOptions } from '../flags/serve.ts';
import { createLoop, type Loop } from '../loop.ts';
import { kinds } from '../model/objects.ts';
import type { Reconciled } from '../model/reconciled.ts';
import type { Endpoint } from '../model/runtime.ts';
import { createDiagnosticsLog } from '../report/diagnostics-log.ts';
import type { Log } from '../report/log.ts';
import { type Locate, placeDiagnostics } from '../report/places.ts';
import { logReconcile } from '../report/reconcile-log.ts';
import { curlLines, routesOf, routesTable } from '../report/routes.ts';
import { type Folder, startFolder } from '../sources/folder.ts';
import { createStore, type Store } from '../sources/store.ts';
import { type DataPlane, startDataPlane } from './data-plane.ts';
import { createPipeline, externalProblems } from './pipeline.ts';
import { routingOptions } from './routing.ts';
import { createFacts, type Facts } from './watched.ts';

/** What NGINX did not take in time, or a full disk did not, is tried again after so many milliseconds. */
const retryMs = 1000;

/** What `serve` needs of its process. */
export interface ServeContext {
  readonly log: Log;
  readonly isRoot: boolean;
  /** Takes what is meant for the person who started it. */
  readonly out: (text: string) => void;
}

/** A running `gatehouse serve`. */
export interface Serving {
  /** Resolves when everything that was saved so far is live, or was refused. */
  idle(): Promise<void>;
  /** Ends NGINX, gracefully for so many milliseconds, and everything else. */
  stop(graceMs: number): Promise<void>;
  /** What was last made of the manifests. */
  readonly latest: Reconciled | undefined;
}

/** `gatehouse serve`: manifests in, a real NGINX, live on every save. Resolves once the first generation runs; throws with a sentence for people. */
export async function startServe(options: ServeOptions, context: ServeContext): Promise<Serving> {
  const { log } = context;
  const store = createStore({ kinds, now: Date.now });
  let batches: Batches | undefined;
  const notify = () => {
    if (batches) loop.notify();
  };
  const loop = createLoop({
    handle: async () => batches?.handle(loop) ?? { milliseconds: 0 },
    hurry: async () => batches?.hurry(),
    onError: (error) => log.error({ error: errorText(error) }, 'a batch failed; trying again'),
  });
  const state = await startBoth(options, context, { store, notify });
  try {
    batches = createBatches(options, context, state);
    for (const endpoint of options.echoAt) await listenAt(state.data, endpoint, log);
    loop.notify();
    await loop.idle();
    announce(options, context, state);
  } catch (error) {
    await stop(state, loop, 0);
    throw error;
  }
  return {
    idle: loop.idle,
    stop: (graceMs) => stop(state, loop, graceMs),
    get latest() {
      return state.latest;
    },
  };
}

interface Beginning {
  readonly store: Store;
  /** Called when objects or what else is known have changed. */
  readonly notify: () => void;
}

/** The files are read while NGINX is asked what it can do and the DNS thread starts. What has started is ended when the other fails. */
async function startBoth(options: ServeOptions, { log, isRoot }: ServeContext, { store, notify }: Beginning): Promise<State> {
  const data = startDataPlane({ ...options, nginxMode: 'child', isRoot, log, onChange: notify });
  const folder = startFolder({
    paths: options.paths,
    sink: (event) => {
      if (store.apply(event)) notify();
    },
    onError: (error) => log.error(error.message),
  });
  try {
    const [started, read] = await Promise.all([data, folder]);
    return { store, data: started, folder: read, latest: undefined };
  } catch (error) {
    await Promise.allSettled([data.then((started) => started.stop(0)), folder.then((read) => read.stop())]);
    throw error;
  }
}

/** Something else may well answer there already, which serves the purpose too. */
async function listenAt(data: DataPlane, endpoint: Endpoint, log: Log): Promise<void> {
  try {
    await data.standIns.listenAt(endpoint);
  } catch (error) {
    log.warn(`the stand-in cannot listen at ${endpoint.address}:${endpoint.port}: ${error instanceof Error ? error.message : error}`);
  }
}

interface State {
  readonly store: Store;
  readonly data: DataPlane;
  readonly folder: Folder;
  latest: Reconciled | undefined;
}

/** What the loop calls. */
interface Batches {
  readonly handle: (loop: Loop) => Promise<{ milliseconds: number }>;
  readonly hurry: () => Promise<void>;
}

/** One batch: nothing is built before every kind was read, as half of the facts would be a wrong answer. */
function createBatches(options: ServeOptions, context: ServeContext, state: State): Batches {
  const { store, data } = state;
  const routing = routingOptions(options, { backends: options.backends, echo: options.echo });
  const reportDiagnostics = createDiagnosticsLog(context.log);
  const factsOf = createFacts(options);
  let written: Facts['diagnostics'] = [];
  const locate: Locate = (ref, field) => state.folder.locate(ref, field);
  const reconcile = createPipeline(data, routing, async (result) => {
    reportDiagnostics(placeDiagnostics([...written, ...result.diagnostics, ...externalProblems(data, result)], locate));
    logReconcile(context.log, result);
  });
  const handle = async (loop: Loop) => {
    if (!store.isSynced()) return { milliseconds: 0 };
    const { snapshot, diagnostics } = factsOf(store);
    written = diagnostics;
    state.latest = await reconcile(snapshot);
    const { built, outcome } = state.latest;
    if (built.validUntil !== undefined) loop.notifyAt(built.validUntil + 1000);
    if (outcome.kind === 'rejected' && outcome.stage !== 'test') loop.notifyAt(Date.now() + retryMs);
    return { milliseconds: outcome.kind === 'reloaded' ? outcome.milliseconds : 0 };
  };
  return { handle, hurry: () => reconcile.refresh(factsOf(store).snapshot) };
}

function announce(options: ServeOptions, context: ServeContext, state: State): void {
  const latest = state.latest;
  if (!latest) return;
  if (latest.outcome.kind === 'rejected') throw new Error(`NGINX does not run the configuration: ${latest.outcome.message}`);
  const routes = routesOf(latest.built.topology);
  const lines = curlLines(routes, { http: options.httpPort, https: options.httpsPort }, 5);
  const at = `http://127.0.0.1:${options.httpPort} and https://127.0.0.1:${options.httpsPort}`;
  context.out(`\nGatehouse serves ${options.paths.join(', ')} at ${at}\n\n${routesTable(routes, 20)}\n`);
  if (lines.length > 0) context.out(`\nTry:\n${lines.map((line) => `  ${line}`).join('\n')}\n`);
  context.out('\nEvery save is live within a second. Ctrl-C ends it.\n\n');
}

async function stop(state: State, loop: Loop, graceMs: number): Promise<void> {
  await state.folder.stop();
  await loop.stop();
  await state.data.stop(graceMs);
}

function errorText(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
