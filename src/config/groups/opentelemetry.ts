import { isIP } from 'node:net';
import { accepted, bool, int, matching, oneOf, type Parser, refused } from '../../annotations/parsers.ts';
import { samplers, shareInHundredths, shareStep, tracing } from '../../annotations/tracing.ts';
import { group } from '../define.ts';

const collectorHost: Parser<string> = (text) =>
  isIP(text) > 0 || (text.length <= 253 && /^[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?\.?$/.test(text))
    ? accepted(text)
    : refused('write the name or the address of the collector alone; the port has a key of its own');

const ratio: Parser<number> = (text) =>
  /^(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?$/.test(text) && Number(text) <= 1
    ? accepted(Number(text))
    : refused('write a share from 0 to 1');

/** Where spans go, and of which requests there are any. */
export default group(
  {
    title: 'OpenTelemetry',
    keys: {
      [tracing.collectorHost.key]: {
        parse: collectorHost,
        doc: 'The collector that takes spans by OTLP over gRPC, without TLS. NGINX looks the name up itself. Without it nothing is traced.',
        example: 'otel-collector.observability.svc',
        defaultText: '',
        like: { different: 'without it nothing is traced, and `enable-opentelemetry` is told so' },
      },
      [tracing.collectorPort.key]: {
        parse: int({ min: 1, max: 65_535 }),
        doc: 'Its port.',
        example: '4317',
        default: tracing.collectorPort.default,
        defaultText: '4317',
        like: 'same',
      },
      [tracing.service.key]: {
        parse: matching(/[A-Za-z0-9](?:[A-Za-z0-9 ._:/-]*[A-Za-z0-9])?/, 'letters, digits, blanks and . _ : / -', 200),
        doc: 'The `service.name` of all spans.',
        example: 'edge',
        default: tracing.service.default,
        defaultText: 'nginx',
        like: { stricter: 'other signs are refused' },
      },
      [tracing.sampler.key]: {
        parse: oneOf(...samplers),
        doc: 'Which requests without a parent have spans: all, none, or the share of `otel-sampler-ratio`, by the id of the trace.',
        example: 'TraceIdRatioBased',
        default: tracing.sampler.default,
        defaultText: 'AlwaysOn',
        like: 'same',
      },
      [tracing.ratio.key]: {
        parse: ratio,
        doc: 'That share.',
        example: '0.1',
        default: tracing.ratio.default,
        defaultText: '0.01',
        like: { different: 'in steps of 0.0001, and at least that unless it is 0; another choice of traces than other programs make' },
      },
      [tracing.parentBased.key]: {
        parse: bool,
        doc: 'Whether a request with a parent has a span where the parent has. Only of clients whose `traceparent` counts (`opentelemetry-trust-incoming-span`).',
        example: 'false',
        default: tracing.parentBased.default,
        defaultText: 'true',
        like: 'same',
      },
      [tracing.queueSize.key]: {
        parse: int({ min: 1, max: 100_000 }),
        doc: 'Spans that each worker keeps at most while the collector does not take them; further ones are dropped.',
        example: '4096',
        default: tracing.queueSize.default,
        defaultText: '2048',
        like: { different: 'rounded up to whole batches' },
      },
      [tracing.delayMs.key]: {
        parse: int({ min: 1, max: 3_600_000 }, ' of milliseconds'),
        doc: 'Milliseconds after which spans are sent at the latest.',
        example: '1000',
        default: tracing.delayMs.default,
        defaultText: '5000',
        like: 'same',
      },
      [tracing.batchSize.key]: {
        parse: int({ min: 1, max: 10_000 }),
        doc: 'Spans that are sent at a time at most.',
        example: '256',
        default: tracing.batchSize.default,
        defaultText: '512',
        like: 'same',
      },
    },
  },
  (_, { config }) => {
    const wanted = config(tracing.ratio);
    const counts = shareInHundredths(wanted) * shareStep;
    if (Math.abs(counts - wanted) < shareStep / 1000) return {};
    const message = `${tracing.ratio.key}: ${wanted} counts as ${counts.toFixed(4)}, as NGINX tells shares in steps of ${shareStep}.`;
    return { warnings: [{ key: tracing.ratio.key, code: 'ConfigMapUnsupported', message }] };
  },
);
