/** How a ConfigMap key of ingress-nginx stands that no definition here takes. */
export type NameKind =
  | { readonly kind: 'planned'; readonly asDefault?: readonly string[] }
  /** A guard keeps somebody out, so every location answers 503 where it is asked for. */
  | { readonly kind: 'guard' | 'snippet' | 'refused' | 'dead'; readonly why: string; readonly asDefault?: readonly string[] };

const snippet: NameKind = { kind: 'snippet', why: 'text never becomes configuration here; use the keys and annotations instead' };
const noLua = 'there is no Lua here';
const noGeoip = 'stock NGINX has no GeoIP2 module';
const noWaf = 'stock NGINX has no ModSecurity; put a web application firewall in front of Gatehouse or behind it';
const privateCounters = 'the counters of NGINX are answered to the controller alone, which has them at /metrics';
const noOpentracing = 'OpenTracing and its exporters are gone; the opentelemetry keys replace them';

const dead = (why: string): NameKind => ({ kind: 'dead', why });
const refused = (why: string): NameKind => ({ kind: 'refused', why });
const no = ['false', 'False', 'FALSE', 'f', 'F', '0'];

const special: Readonly<Record<string, NameKind>> = {
  'allow-snippet-annotations': { kind: 'refused', why: 'snippet annotations are never carried out', asDefault: no },
  'strict-validate-path-type': refused('there is no admission webhook; paths are taken literally'),
  'enable-modsecurity': { kind: 'guard', why: noWaf, asDefault: no },
  'enable-owasp-modsecurity-crs': { kind: 'guard', why: noWaf, asDefault: no },
  'modsecurity-snippet': refused(noWaf),
  'http-snippet': snippet,
  'server-snippet': snippet,
  'location-snippet': snippet,
  'main-snippet': refused('text never becomes configuration here'),
  'stream-snippet': refused('text never becomes configuration here'),
  'global-auth-snippet': snippet,
  'lua-shared-dicts': refused(noLua),
  'use-geoip': dead('GeoIP was removed from ingress-nginx'),
  'use-geoip2': refused(noGeoip),
  'geoip2-autoreload-in-minutes': refused(noGeoip),
  'http2-max-field-size': dead('NGINX dropped it; large-client-header-buffers holds'),
  'http2-max-header-size': dead('NGINX dropped it; large-client-header-buffers holds'),
  'http2-max-requests': dead('NGINX dropped it; keep-alive-requests holds'),
  'upstream-hash-by': dead('ingress-nginx never read it; use the annotation'),
  'upstream-hash-by-subset': dead('ingress-nginx never read it; use the annotation'),
  'upstream-hash-by-subset-size': dead('ingress-nginx never read it; use the annotation'),
  'app-root': dead('ingress-nginx never read it; use the annotation'),
  'enable-serial-reloads': refused('a reload is over only when the new workers answer'),
  'proxy-protocol-header-timeout': { kind: 'refused', why: 'client-header-timeout holds for the PROXY protocol too', asDefault: ['5s'] },
  'forwarded-for-proxy-protocol-header': {
    kind: 'refused',
    why: 'the address of the PROXY protocol counts, and no header stands in between',
    asDefault: ['X-Forwarded-For-Proxy-Protocol'],
  },
  'enable-brotli': { kind: 'refused', why: 'stock NGINX has no brotli module', asDefault: no },
  'brotli-level': refused('stock NGINX has no brotli module'),
  'brotli-min-length': refused('stock NGINX has no brotli module'),
  'brotli-types': refused('stock NGINX has no brotli module'),
  'nginx-status-ipv4-whitelist': { kind: 'refused', why: privateCounters, asDefault: ['127.0.0.1'] },
  'nginx-status-ipv6-whitelist': { kind: 'refused', why: privateCounters, asDefault: ['::1'] },
  'enable-aio-write': { kind: 'refused', why: 'workers write temporary files themselves', asDefault: no },
  'ssl-dh-param': refused('keys are exchanged by elliptic curves alone; suites with DHE are not offered'),
  'enable-ocsp': { kind: 'refused', why: 'NGINX staples nothing to certificates that change without a reload', asDefault: no },
  'proxy-ssl-location-only': { kind: 'refused', why: 'TLS to backends is a matter of each location anyway', asDefault: no },
  'opentelemetry-config': refused('the collector is named by otlp-collector-host'),
  'enable-opentracing': dead(noOpentracing),
};

const opentracing = [
  ...['jaeger-collector-host', 'jaeger-collector-port', 'jaeger-endpoint', 'jaeger-service-name', 'jaeger-propagation-format'],
  ...['jaeger-sampler-type', 'jaeger-sampler-param', 'jaeger-sampler-host', 'jaeger-sampler-port', 'jaeger-trace-context-header-name'],
  ...[
    'jaeger-debug-header',
    'jaeger-baggage-header',
    'jaeger-trace-baggage-header-prefix',
    'zipkin-collector-host',
    'zipkin-collector-port',
  ],
  ...['zipkin-service-name', 'zipkin-sample-rate'],
];

const planned = [
  ...['whitelist-source-range', 'denylist-source-range'],
  ...['ssl-redirect', 'force-ssl-redirect', 'preserve-trailing-slash', 'use-port-in-redirects', 'relative-redirects'],
  ...['proxy-body-size', 'proxy-connect-timeout', 'proxy-read-timeout', 'proxy-send-timeout', 'proxy-buffer-size', 'proxy-buffering'],
  ...['proxy-next-upstream', 'retry-non-idempotent', 'custom-http-errors', 'load-balance'],
  ...['limit-rate', 'limit-rate-after'],
  ...['proxy-buffers-number', 'proxy-busy-buffers-size', 'proxy-request-buffering', 'proxy-max-temp-file-size'],
  ...['proxy-http-version', 'proxy-cookie-path', 'proxy-cookie-domain', 'proxy-next-upstream-timeout', 'proxy-next-upstream-tries'],
  ...['proxy-redirect-from', 'proxy-redirect-to', 'disable-proxy-intercept-errors', 'service-upstream', 'client-body-buffer-size'],
];

/** Keys of ingress-nginx's ConfigMap. One that a group or a feature defines counts as defined, whatever stands here. */
export const names: ReadonlyMap<string, NameKind> = new Map<string, NameKind>([
  ...planned.map((key) => [key, { kind: 'planned' }] as const),
  ...opentracing.map((key) => [key, dead(noOpentracing)] as const),
  ...Object.entries(special),
]);

/** How a key stands; global-rate-limit keys are a family. */
export function nameOf(key: string): NameKind | undefined {
  if (key.startsWith('global-rate-limit-'))
    return dead('the global rate limit was removed from ingress-nginx; limit-rps counts in each replica');
  return names.get(key);
}
