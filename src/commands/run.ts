import type { RunOptions } from '../flags/run.ts';
import { createLoop, type Loop } from '../loop.ts';
import type { Api } from '../model/api.ts';
import { type Kind, kinds } from '../model/objects.ts';
import type { Reconciled } from '../model/reconciled.ts';
import { createDiagnosticsLog } from '../report/diagnostics-log.ts';
import type { HttpServer } from '../report/http.ts';
import type { Log } from '../report/log.ts';
import type { Metrics } from '../report/metrics.ts';
import { logReconcile } from '../report/reconcile-log.ts';
import type { RoutingOptions } from '../routing/options.ts';
import { referencesOf } from '../routing/references.ts';
import { type Kube, startKube } from '../sources/kube.ts';
import { realTiming } from '../sources/kube-timing.ts';
import { createZone, type Zone } from '../sources/kube-zone.ts';
import { createStore, type Store } from '../sources/store.ts';
import { type ClusterWriters, createClusterWriters } from './cluster-writers.ts';
import { type DataPlane, startDataPlane } from './data-plane.ts';
import { createKubeClient } from './kube-client.ts';
import { createPipeline, externalProblems } from './pipeline.ts';
import { routingOptions } from './routing.ts';
import { createControllerMetrics, type Progress, startControllerHttp } from './run-http.ts';
import { namespaceSelector, pinnedObjects } from './watched.ts';

export interface RunContext {
  readonly log: Log;
  readonly isRoot: boolean;
  readonly version: string;
}

/** A running controller. */
export interface Running {
  /** Not ready any more, but serving: what a Pod is while Services and load balancers take it out. */
  drain(): Promise<void>;
  /** Gives up leadership, withdraws the status as the last replica, and ends; NGINX too where it was started here. */
  stop(graceMs: number): Promise<void>;
}

/** `gatehouse run`: the objects of a cluster, the same path, and what they lead to written back. Throws with a sentence for people. */
export async function startRun(options: RunOptions, context: RunContext): Promise<Running> {
  const { log } = context;
  const progress: Progress = { tested: false, draining: false, latest: undefined, firstEvent: undefined, busySince: undefined };
  const notify = () => {
    progress.firstEvent ??= performance.now();
    loop.notify();
  };
  const data = await startData(options, context, progress, notify);
  const started: Started = { data, progress };
  const store = createStore({ kinds: kindsOf(options), now: Date.now });
  let batches: Batches | undefined;
  const loop = createLoop({
    handle: async () => batches?.handle(store, loop) ?? { milliseconds: 0 },
    hurry: async () => batches?.hurry(store),
    onError: (error) =>
      log.error({ error: error instanceof Error ? (error.stack ?? error.message) : String(error) }, 'a batch failed; trying again'),
  });
  started.loop = loop;
  try {
    const kube = startSource(options, context, store, notify);
    started.kube = kube;
    const api = createKubeClient(options, context.version, 'write');
    const writers = createClusterWriters(options, { api, log });
    started.zone = startZone(options, { api, log, onChange: notify });
    const metrics = createControllerMetrics(options, { version: context.version, isLeader: writers.isLeader, data });
    const routing = routingOptions(options, { local: false, ...(started.zone ? { zone: started.zone } : {}) });
    batches = createBatches({ routing, log, data, progress, metrics, writers, kube });
    started.http = await startControllerHttp(options, { progress, metrics, data });
    started.writers = writers;
    writers.start();
  } catch (error) {
    await stop(started, 0);
    throw error;
  }
  return { drain: () => drain(options, progress, data), stop: (graceMs) => stop(started, graceMs) };
}

/** What an earlier NGINX of this Pod has said about readiness does not count where NGINX is started here; its container sees to that elsewhere. */
async function startData(options: RunOptions, context: RunContext, progress: Progress, onChange: () => void): Promise<DataPlane> {
  const onTested = () => {
    progress.tested = true;
  };
  const data = await startDataPlane({ ...options, isRoot: context.isRoot, log: context.log, onChange, onTested });
  if (options.nginxMode === 'child') await data.ready.clear();
  return data;
}

function startSource(options: RunOptions, context: RunContext, store: Store, notify: () => void): Kube {
  return startKube({
    ...kubeOptions(options),
    api: createKubeClient(options, context.version, 'watch'),
    sink: (event) => {
      if (store.apply(event)) notify();
    },
    onTrouble: ({ scope, message }) =>
      context.log[message === undefined ? 'info' : 'warn'](`${scope.resource.kind}: ${message ?? 'can be read again'}`),
  });
}

/** Throws with a sentence when it is not known on which node this is. */
function startZone(
  { enableTopologyAwareRouting, node }: RunOptions,
  { api, log, onChange }: { readonly api: Api; readonly log: Log; readonly onChange: () => void },
): Zone | undefined {
  if (!enableTopologyAwareRouting) return undefined;
  if (node === undefined) throw new Error('--enable-topology-aware-routing needs the variable NODE_NAME: the node that this Pod runs on');
  return createZone({ api, node, timing: realTiming, onChange, onTrouble: (message) => log.warn(message) });
}

/** A Namespace is only asked for where it is chosen by its labels. */
function kindsOf(options: RunOptions): readonly Kind[] {
  return options.watchNamespaceSelector === undefined ? kinds.filter((kind) => kind !== 'Namespace') : kinds;
}

/** The Service whose address is published is followed wherever it is, as is what flags about routing name. */
function kubeOptions(options: RunOptions) {
  const { watchNamespace, publishService } = options;
  const selector = namespaceSelector(options);
  const pinned = [...pinnedObjects(options), ...(publishService ? [{ kind: 'Service' as const, ...publishService }] : [])];
  return { ...(watchNamespace === undefined ? {} : { watchNamespace }), ...(selector ? { namespaceSelector: selector } : {}), pinned };
}

interface HandleParts {
  readonly routing: RoutingOptions;
  readonly kube: Kube;
  readonly log: Log;
  readonly data: DataPlane;
  readonly progress: Progress;
  readonly metrics: Metrics;
  readonly writers: ClusterWriters;
}

/** What the loop calls. */
interface Batches {
  readonly handle: (store: Store, loop: Loop) => Promise<{ milliseconds: number }>;
  readonly hurry: (store: Store) => Promise<void>;
}

function createBatches({ routing, kube, log, data, progress, metrics, writers }: HandleParts): Batches {
  const reportDiagnostics = createDiagnosticsLog(log);
  let sourceDiagnostics: Reconciled['diagnostics'] = [];
  const reconcile = createPipeline(data, routing, async (result) => {
    const diagnostics = [...sourceDiagnostics, ...result.diagnostics, ...externalProblems(data, result)];
    reportDiagnostics(diagnostics);
    logReconcile(log, result);
    if (data.apply.generation !== undefined && !progress.draining) await data.ready.write();
    writers.report({ ...result, diagnostics });
  });
  const handle = async (store: Store, loop: Loop) => {
    if (!store.isSynced()) return { milliseconds: 0 };
    await kube.setReferenced(referencesOf(store.snapshot(), routing));
    const { firstEvent } = progress;
    progress.firstEvent = undefined;
    progress.busySince = performance.now();
    sourceDiagnostics = store.diagnostics();
    const result = await reconcile(store.snapshot());
    progress.latest = result;
    progress.busySince = undefined;
    metrics.observe(result, firstEvent === undefined ? undefined : (performance.now() - firstEvent) / 1000);
    if (result.built.validUntil !== undefined) loop.notifyAt(result.built.validUntil + 1000);
    if (result.outcome.kind === 'rejected' && result.outcome.stage !== 'test') loop.notifyAt(Date.now() + 1000);
    return { milliseconds: result.outcome.kind === 'reloaded' ? result.outcome.milliseconds : 0 };
  };
  return { handle, hurry: (store) => reconcile.refresh(store.snapshot()) };
}

/** In a Pod the hook of NGINX's container takes NGINX out; a controller that is only started again must not. */
async function drain({ nginxMode }: RunOptions, progress: Progress, data: DataPlane): Promise<void> {
  progress.draining = true;
  if (nginxMode === 'child') await data.ready.drain();
}

/** What there is to be ended; less while the controller begins. */
interface Started {
  readonly data: DataPlane;
  readonly progress: Progress;
  loop?: Loop;
  kube?: Kube;
  writers?: ClusterWriters;
  zone?: Zone | undefined;
  http?: HttpServer;
}

/** NGINX ends while the endpoints still flow, as open requests may last. */
async function stop({ loop, kube, writers, http, data, progress, zone }: Started, graceMs: number): Promise<void> {
  progress.draining = true;
  zone?.stop();
  await kube?.stop();
  await loop?.stop();
  await writers?.stop();
  await data.stop(graceMs);
  await http?.close();
}
