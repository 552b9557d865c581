import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Reconciled } from '../model/reconciled.ts';
import { addIngressNginxMetrics } from './metrics-ingress-nginx.ts';
import { addNginxMetrics, type NginxMetricsOptions } from './metrics-nginx.ts';

export interface MetricsOptions {
  /** On every series, as ingress-nginx has them. */
  readonly constantLabels: { readonly controller_namespace: string; readonly controller_class: string; readonly controller_pod: string };
  readonly version: string;
  readonly isLeader: () => boolean;
  /** The name of the Lease. */
  readonly electionId: string;
  readonly nginx: Omit<NginxMetricsOptions, 'register'>;
  /** Milliseconds since 1970. */
  readonly epoch: () => number;
}

/** What Prometheus is told. */
export interface Metrics {
  /** Takes what a batch led to; `waited` is the time in seconds from the first event that it took in until it was live. */
  observe(result: Reconciled, waited?: number): void;
  /** The whole page. */
  text(): Promise<string>;
  readonly contentType: string;
}

type Own = ReturnType<typeof createOwn>;

/** Makes an empty registry with the figures of Gatehouse, those of ingress-nginx that it can tell, and those of both processes. */
export function createMetrics(options: MetricsOptions): Metrics {
  const register = new Registry();
  register.setDefaultLabels(options.constantLabels);
  collectDefaultMetrics({ register });
  const refreshNginx = addNginxMetrics({ ...options.nginx, register });
  const own = createOwn(register);
  const likeIngressNginx = addIngressNginxMetrics(register, options);
  return {
    observe(result, waited) {
      observe(own, result);
      if (waited !== undefined) own.eventToLive.observe(waited);
      likeIngressNginx.observe(result);
    },
    text: async () => {
      // Not while the page is made, as the library reads a figure before another one's collector has set it.
      await refreshNginx();
      likeIngressNginx.refresh();
      return register.metrics();
    },
    contentType: register.contentType,
  };
}

function createOwn(register: Registry) {
  const registers = [register];
  const seconds = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
  return {
    reconciles: new Counter({
      name: 'gatehouse_reconciles_total',
      help: 'Batches by what they led to: unchanged, live (without a reload), reloaded, rejected',
      labelNames: ['outcome'],
      registers,
    }),
    duration: new Histogram({ name: 'gatehouse_reconcile_duration_seconds', help: 'Time of a batch', buckets: seconds, registers }),
    eventToLive: new Histogram({
      name: 'gatehouse_event_to_live_seconds',
      help: 'Time from the first event of a batch until NGINX serves by it',
      buckets: seconds,
      registers,
    }),
    reloads: new Counter({
      name: 'gatehouse_reloads_total',
      help: 'Reloads by reason (first, takeover, hosts, upstreams, other; unknown where it did not come to one) and result (success, or the stage that failed)',
      labelNames: ['reason', 'result'],
      registers,
    }),
    ...createStock(registers),
  };
}

/** What there is at the moment. */
function createStock(registers: Registry[]) {
  return {
    objects: new Gauge({ name: 'gatehouse_objects', help: 'Objects in memory', labelNames: ['kind'], registers }),
    diagnostics: new Gauge({
      name: 'gatehouse_diagnostics',
      help: 'What is wrong at the moment',
      labelNames: ['code', 'severity'],
      registers,
    }),
    generation: new Gauge({
      name: 'gatehouse_generation_info',
      help: 'The generation that NGINX was last verified to run',
      labelNames: ['generation'],
      registers,
    }),
    hosts: new Gauge({ name: 'gatehouse_hosts', help: 'Hosts that are served', registers }),
    upstreams: new Gauge({ name: 'gatehouse_upstreams', help: 'Upstreams that are served', registers }),
    endpoints: new Gauge({ name: 'gatehouse_endpoints', help: 'Endpoints that are published to NGINX', registers }),
    certificates: new Gauge({ name: 'gatehouse_certificates', help: 'Certificates that are published to NGINX', registers }),
  };
}

function observe(own: Own, result: Reconciled): void {
  const { built, outcome } = result;
  own.reconciles.inc({ outcome: outcome.kind });
  own.duration.observe(result.milliseconds / 1000);
  if (outcome.kind === 'reloaded') {
    own.reloads.inc({ reason: outcome.cause, result: 'success' });
    own.generation.reset();
    own.generation.set({ generation: outcome.generation }, 1);
  }
  if (outcome.kind === 'rejected') own.reloads.inc({ reason: outcome.cause ?? 'unknown', result: outcome.stage });
  observeObjects(own, result);
  own.diagnostics.reset();
  for (const { code, severity } of result.diagnostics) own.diagnostics.inc({ code, severity });
  own.hosts.set(built.topology.servers.filter((server) => server.name.kind !== 'default').length);
  own.upstreams.set(built.topology.upstreams.length);
  own.certificates.set(built.runtime.certificates.size);
  const counts = [...built.runtime.endpoints.values()].map((source) => (source.kind === 'addresses' ? source.endpoints.length : 1));
  own.endpoints.set(counts.reduce((total, count) => total + count, 0));
}

function observeObjects(own: Own, { snapshot }: Reconciled): void {
  const counts = {
    Ingress: snapshot.ingresses,
    IngressClass: snapshot.ingressClasses,
    Service: snapshot.services,
    EndpointSlice: snapshot.endpoints,
    Secret: snapshot.secrets,
    ConfigMap: snapshot.configMaps,
    Namespace: snapshot.namespaces,
  };
  for (const [kind, objects] of Object.entries(counts)) own.objects.set({ kind }, objects.size);
}
