import { type Directive, directive } from '../../model/directive.ts';
import type { Contribution } from '../contribution.ts';
import { type ConfigKey, type FeatureContext, feature, type Keys, type Values } from '../define.ts';
import { bool, type Parser, refused } from '../parsers.ts';
import { commonWord, namesPlace, type RequestTemplate, requestTemplate, type TemplateWord, templateWord } from '../request-template.ts';
import { tracingParts, whyUntraced } from '../tracing.ts';

const longestName = 500;

const spanName: Parser<RequestTemplate> = (text) =>
  text.length > longestName
    ? refused(`it has ${text.length} characters, and at most ${longestName} are taken`)
    : requestTemplate(text, 'span');

const enableKey: ConfigKey<boolean> = { key: 'enable-opentelemetry', default: false };
const nameKey: ConfigKey<RequestTemplate | undefined> = { key: 'opentelemetry-operation-name', default: undefined };

const keys = {
  'enable-opentelemetry': {
    parse: bool,
    doc: 'Whether there is a span for each request, which continues at the backend. It needs the module `ngx_otel_module` in NGINX and a collector ([`otlp-collector-host`](configmap.md#opentelemetry)).',
    example: 'true',
    risk: 'low',
    default: enableKey.default,
    defaultText: 'false',
    configMap: true,
    like: {
      different:
        'without the module, or without a collector, it is ignored; a redirect to https that NGINX answers for a whole host has no span',
    },
  },
  'opentelemetry-operation-name': {
    parse: spanName,
    doc: 'The name of the span. It may hold variables: `$request_method`, `$uri`, `$host`, `$namespace`, `$ingress_name`, `$service_name`, `$location_path` and others.',
    example: 'HTTP $request_method $service_name',
    risk: 'medium',
    defaultText: 'the path of the location',
    configMap: true,
    like: {
      different:
        'the annotation may hold variables as well, and counts where the ConfigMap switches tracing on; a variable that is not known is refused',
    },
  },
  'opentelemetry-trust-incoming-span': {
    parse: bool,
    doc: 'Whether the header `traceparent` of the client is continued. Otherwise each request begins a trace.',
    example: 'false',
    risk: 'low',
    default: true,
    defaultText: 'true',
    configMap: true,
    like: { different: 'the annotation counts where the ConfigMap switches tracing on, too' },
  },
} as const satisfies Keys;

/** Spans for requests, by NGINX's own module. */
export default feature(
  {
    title: 'OpenTelemetry',
    scope: 'location',
    whenInvalid: 'ignore',
    // What a name says of the place can only stand there.
    alsoAt: (_, config) => config(enableKey) && namesPlace(config(nameKey) ?? []),
    keys,
  },
  {
    base: (all, context) => {
      if (!all['enable-opentelemetry']) return {};
      const why = whyUntraced(context);
      if (why !== undefined)
        return { warnings: [{ key: enableKey.key, code: 'ConfigMapUnsupported', message: `${enableKey.key} has no effect: ${why}.` }] };
      const { sampled, blocks } = tracingParts(context);
      const name = all['opentelemetry-operation-name'];
      const word = name && !namesPlace(name) ? commonWord(name) : undefined;
      return {
        http: [
          directive('otel_trace', sampled),
          continued(all['opentelemetry-trust-incoming-span']),
          ...(word ? [directive('otel_span_name', word.word)] : []),
        ],
        blocks: [...blocks, ...(word?.blocks ?? [])],
      };
    },
    emit: (values, context) => {
      const why = whyUntraced(context);
      const own = values['enable-opentelemetry'];
      const isOn = own ?? context.inherited['enable-opentelemetry'];
      if (why !== undefined)
        return own === true ? { withoutEffect: [{ key: enableKey.key, reason: `${enableKey.key} has no effect: ${why}.` }] } : {};
      return isOn ? traced(values, context) : untraced(values, context);
    },
  },
);

type Own = Values<typeof keys>;
type Context = FeatureContext<typeof keys>;

/** Only what is different from what holds for all. */
function traced(values: Own, context: Context): Contribution {
  const { inherited } = context;
  const holdsForAll = inherited['enable-opentelemetry'];
  const { sampled, blocks } = tracingParts(context);
  const trust = values['opentelemetry-trust-incoming-span'];
  const name = nameAt(values, context);
  return {
    directives: [
      ...(holdsForAll ? [] : [directive('otel_trace', sampled)]),
      ...(holdsForAll && trust === undefined ? [] : [continued(trust ?? inherited['opentelemetry-trust-incoming-span'])]),
      ...(name ? [directive('otel_span_name', name.word)] : []),
    ],
    http: [...blocks, ...(name?.blocks ?? [])],
  };
}

function nameAt(values: Own, context: Context): TemplateWord | undefined {
  const { inherited } = context;
  const own = values['opentelemetry-operation-name'];
  if (own) return templateWord(own, context, 'text');
  const common = inherited['opentelemetry-operation-name'];
  const isSaidForAll = inherited['enable-opentelemetry'] && !namesPlace(common ?? []);
  return common === undefined || isSaidForAll ? undefined : templateWord(common, context, 'text');
}

function untraced(values: Own, { inherited }: Context): Contribution {
  const idle = (['opentelemetry-operation-name', 'opentelemetry-trust-incoming-span'] as const).filter((key) => values[key] !== undefined);
  return {
    directives: inherited['enable-opentelemetry'] ? [directive('otel_trace', 'off'), directive('otel_trace_context', 'ignore')] : [],
    withoutEffect: idle.map((key) => ({ key, reason: `${key} has no effect without ${enableKey.key}.` })),
  };
}

/** The backend always gets the trace of the request. */
function continued(trusts: boolean): Directive {
  return directive('otel_trace_context', trusts ? 'propagate' : 'inject');
}
