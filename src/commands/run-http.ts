import { readNginxStatus } from '../apply/nginx-status.ts';
import { askGeneration } from '../apply/verify.ts';
import type { RunOptions } from '../flags/run.ts';
import type { Reconciled } from '../model/reconciled.ts';
import { runPaths } from '../model/settings.ts';
import { type HttpServer, startHttp } from '../report/http.ts';
import { createDebugPages } from '../report/http-debug.ts';
import { createMetrics, type Metrics } from '../report/metrics.ts';
import { createProcessMeter } from '../report/process-metrics.ts';
import type { DataPlane } from './data-plane.ts';

/** How far the controller has come: what its health pages answer from. Times are those of `performance.now()`. */
export interface Progress {
  /** A configuration is in its place and has passed NGINX's test. */
  tested: boolean;
  draining: boolean;
  latest: Reconciled | undefined;
  /** The first change that no batch has taken in yet. */
  firstEvent: number | undefined;
  /** When the batch that runs began. */
  busySince: number | undefined;
}

/** A batch that takes longer has got stuck; the largest take a few seconds. */
const stuckAfterMs = 120_000;

/** Makes the figures for Prometheus. */
export function createControllerMetrics(
  options: RunOptions,
  parts: { readonly version: string; readonly isLeader: () => boolean; readonly data: DataPlane },
): Metrics {
  const usage = createProcessMeter({ master: () => parts.data.nginx.pid });
  return createMetrics({
    constantLabels: {
      controller_namespace: options.pod?.namespace ?? '',
      controller_class: options.controllerClass,
      controller_pod: options.pod?.name ?? '',
    },
    version: parts.version,
    isLeader: parts.isLeader,
    electionId: options.electionId,
    nginx: { usage, status: () => readNginxStatus(options.runDirectory) },
    epoch: Date.now,
  });
}

/** Starts the pages for health, metrics and a look inside. */
export function startControllerHttp(
  options: RunOptions,
  { progress, metrics, data }: { readonly progress: Progress; readonly metrics: Metrics; readonly data: DataPlane },
): Promise<HttpServer> {
  const paths = runPaths(options.runDirectory);
  return startHttp({
    port: options.healthzPort,
    ...(options.healthzHost === '' ? {} : { host: options.healthzHost }),
    alive: () => (isStuck(progress) ? 'a batch has been at work for too long' : undefined),
    started: () => (progress.tested || data.apply.generation !== undefined ? undefined : 'no configuration has been tested yet'),
    ready: async () => {
      if (progress.draining || (await data.ready.isDraining())) return 'it is ending';
      if (data.apply.generation === undefined) return 'no generation has been verified yet';
      return askGeneration(paths.generationSocket).then(
        () => undefined,
        (error: Error) => `NGINX does not answer: ${error.message}`,
      );
    },
    ...(options.enableMetrics ? { metrics } : {}),
    debug: createDebugPages(() => progress.latest),
  });
}

function isStuck({ busySince }: Progress): boolean {
  return busySince !== undefined && performance.now() - busySince > stuckAfterMs;
}
