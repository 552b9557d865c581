import { variable, type Word } from '../model/directive.ts';
import type { ExporterBlock, HttpBlock } from '../model/http-block.ts';
import type { ConfigKey, FeatureContext, Keys } from './define.ts';

/** How it is decided which requests are traced. */
export const samplers = ['AlwaysOn', 'AlwaysOff', 'TraceIdRatioBased'] as const;

/** Keys of the ConfigMap about tracing; their parsers are in `config/groups/opentelemetry.ts`. */
export const tracing = {
  collectorHost: { key: 'otlp-collector-host', default: undefined } as ConfigKey<string | undefined>,
  collectorPort: { key: 'otlp-collector-port', default: 4317 } as ConfigKey<number>,
  service: { key: 'otel-service-name', default: 'nginx' } as ConfigKey<string>,
  sampler: { key: 'otel-sampler', default: 'AlwaysOn' } as ConfigKey<(typeof samplers)[number]>,
  ratio: { key: 'otel-sampler-ratio', default: 0.01 } as ConfigKey<number>,
  parentBased: { key: 'otel-sampler-parent-based', default: true } as ConfigKey<boolean>,
  queueSize: { key: 'otel-max-queuesize', default: 2048 } as ConfigKey<number>,
  delayMs: { key: 'otel-schedule-delay-millis', default: 5000 } as ConfigKey<number>,
  batchSize: { key: 'otel-max-export-batch-size', default: 512 } as ConfigKey<number>,
};

type Context = Pick<FeatureContext<Keys>, 'config' | 'canTrace'>;

/** Why nothing can be traced, as the end of a sentence; undefined where it can. */
export function whyUntraced({ config, canTrace }: Context): string | undefined {
  if (!canTrace)
    return 'the NGINX in use has no ngx_otel_module that it can load. Take an NGINX with it: the package nginx-module-otel of nginx.org, or an image nginx:VERSION-otel';
  if (config(tracing.collectorHost) === undefined) return `${tracing.collectorHost.key} of the ConfigMap names no collector`;
  return undefined;
}

/** What `otel_trace` is given, and what has to stand at the level `http` for it. */
export function tracingParts({ config }: Pick<Context, 'config'>): { readonly sampled: Word; readonly blocks: readonly HttpBlock[] } {
  const root = rootSampler(config);
  const exporter = exporterOf(config);
  if (!config(tracing.parentBased)) return { sampled: root.sampled, blocks: [exporter, ...root.blocks] };
  const name = 'gatehouse_traced';
  // Without a parent the module says that it was not sampled, so it is asked for the parent itself first.
  const parent: HttpBlock = {
    kind: 'map',
    name,
    source: variable('otel_parent_id'),
    entries: [{ key: { exact: '' }, value: root.sampled }],
    default: variable('otel_parent_sampled'),
  };
  return { sampled: variable(name), blocks: [exporter, ...root.blocks, parent] };
}

/** The least share that NGINX can tell, and the step between two. */
export const shareStep = 0.0001;

/** A share in the steps that NGINX has: hundredths of a percent. What is more than nothing stays more than nothing. */
export function shareInHundredths(ratio: number): number {
  return ratio > 0 ? Math.max(1, Math.round(ratio / shareStep)) : 0;
}

function rootSampler(config: Context['config']): { readonly sampled: Word; readonly blocks: readonly HttpBlock[] } {
  const sampler = config(tracing.sampler);
  const hundredths = sampler === 'TraceIdRatioBased' ? shareInHundredths(config(tracing.ratio)) : sampler === 'AlwaysOn' ? 10_000 : 0;
  if (hundredths === 0 || hundredths === 10_000) return { sampled: { text: hundredths === 0 ? 'off' : 'on' }, blocks: [] };
  const name = 'gatehouse_trace_share';
  return {
    sampled: variable(name),
    blocks: [{ kind: 'split_clients', name, source: variable('otel_trace_id'), parts: [{ hundredths, value: 'on' }], default: 'off' }],
  };
}

/** The queue of ingress-nginx counts spans; that of the module counts batches. */
function exporterOf(config: Context['config']): ExporterBlock {
  const queue = config(tracing.queueSize);
  const batch = Math.min(config(tracing.batchSize), queue);
  const host = config(tracing.collectorHost) ?? '';
  return {
    kind: 'exporter',
    name: 'otel_exporter',
    service: config(tracing.service),
    settings: [
      // gRPC would take some names of hosts, such as `unix`, for another way to name a server (https://github.com/grpc/grpc/blob/master/doc/naming.md).
      { name: 'endpoint', value: `dns:///${host.includes(':') ? `[${host}]` : host}:${config(tracing.collectorPort)}` },
      { name: 'interval', value: `${config(tracing.delayMs)}ms` },
      { name: 'batch_size', value: String(batch) },
      { name: 'batch_count', value: String(Math.ceil(queue / batch)) },
    ],
  };
}
