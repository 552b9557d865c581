/** What leaving an annotation out would do to traffic; decides how it is answered where no feature carries it out. */
export type Effect =
  /** It keeps somebody out, or could: without it a door would stand open, so its Ingress answers 503. */
  | 'guard'
  /** It changes what is answered or how: its Ingress is served without it, and its owner is told. */
  | 'tune';

const guards = [
  ...['auth-type', 'auth-secret', 'auth-secret-type', 'auth-url', 'auth-snippet', 'auth-tls-secret', 'auth-tls-match-cn'],
  ...['auth-tls-verify-client', 'auth-tls-verify-depth', 'auth-tls-error-page', 'auth-tls-pass-certificate-to-upstream'],
  ...['allowlist-source-range', 'whitelist-source-range', 'denylist-source-range', 'satisfy'],
  ...['limit-rps', 'limit-rpm', 'limit-connections', 'proxy-ssl-verify', 'proxy-ssl-secret'],
  ...['enable-modsecurity', 'enable-owasp-core-rules', 'modsecurity-snippet'],
  ...['configuration-snippet', 'server-snippet', 'stream-snippet'],
] as const;

const tuning = [
  ...[
    'affinity',
    'affinity-canary-behavior',
    'affinity-mode',
    'app-root',
    'auth-always-set-cookie',
    'auth-cache-duration',
    'auth-cache-key',
  ],
  ...[
    'auth-keepalive',
    'auth-keepalive-requests',
    'auth-keepalive-share-vars',
    'auth-keepalive-timeout',
    'auth-method',
    'auth-proxy-set-headers',
  ],
  ...['auth-realm', 'auth-request-redirect', 'auth-response-headers', 'auth-signin', 'auth-signin-redirect-param', 'backend-protocol'],
  ...['canary-by-cookie', 'canary-by-header', 'canary-by-header-pattern', 'canary-by-header-value', 'canary-weight', 'canary-weight-total'],
  ...['client-body-buffer-size', 'connection-proxy-header', 'cors-allow-credentials', 'cors-allow-headers', 'cors-allow-methods'],
  ...['cors-allow-origin', 'cors-expose-headers', 'cors-max-age', 'custom-headers', 'custom-http-errors', 'default-backend'],
  ...[
    'disable-proxy-intercept-errors',
    'enable-access-log',
    'enable-cors',
    'enable-global-auth',
    'enable-opentelemetry',
    'enable-rewrite-log',
  ],
  ...['fastcgi-index', 'fastcgi-params-configmap', 'force-ssl-redirect', 'from-to-www-redirect', 'http2-push-preload', 'limit-allowlist'],
  ...['limit-burst-multiplier', 'limit-rate', 'limit-rate-after', 'limit-whitelist', 'load-balance', 'mirror-host', 'mirror-request-body'],
  ...[
    'mirror-target',
    'modsecurity-transaction-id',
    'opentelemetry-operation-name',
    'opentelemetry-trust-incoming-span',
    'permanent-redirect',
  ],
  ...[
    'permanent-redirect-code',
    'preserve-trailing-slash',
    'proxy-body-size',
    'proxy-buffer-size',
    'proxy-buffering',
    'proxy-buffers-number',
  ],
  ...['proxy-busy-buffers-size', 'proxy-connect-timeout', 'proxy-cookie-domain', 'proxy-cookie-path', 'proxy-http-version'],
  ...['proxy-max-temp-file-size', 'proxy-next-upstream', 'proxy-next-upstream-timeout', 'proxy-next-upstream-tries', 'proxy-read-timeout'],
  ...['proxy-redirect-from', 'proxy-redirect-to', 'proxy-request-buffering', 'proxy-send-timeout', 'proxy-ssl-ciphers', 'proxy-ssl-name'],
  ...['proxy-ssl-protocols', 'proxy-ssl-server-name', 'proxy-ssl-verify-depth', 'relative-redirects', 'rewrite-target', 'server-alias'],
  ...['service-upstream', 'session-cookie-change-on-failure', 'session-cookie-conditional-samesite-none', 'session-cookie-domain'],
  ...['session-cookie-expires', 'session-cookie-max-age', 'session-cookie-name', 'session-cookie-path', 'session-cookie-samesite'],
  ...['session-cookie-secure', 'ssl-ciphers', 'ssl-passthrough', 'ssl-prefer-server-ciphers', 'ssl-redirect', 'temporal-redirect'],
  ...['temporal-redirect-code', 'upstream-hash-by', 'upstream-hash-by-subset', 'upstream-hash-by-subset-size', 'upstream-vhost'],
  ...['use-port-in-redirects', 'use-regex', 'x-forwarded-prefix'],
] as const;

/** Every annotation of ingress-nginx 1.15.1, its two aliases among them, without the prefix. Those that no feature defines are not carried out. */
export const keys: ReadonlyMap<string, Effect> = new Map<string, Effect>([
  ...guards.map((key) => [key, 'guard'] as const),
  ['canary', 'guard'],
  ...tuning.map((key) => [key, 'tune'] as const),
]);

/** Keys that no feature will ever carry out, and what to use instead. A snippet is not even looked at. */
export interface Refusal {
  readonly kind: 'snippet' | 'guard' | 'tune';
  readonly instead: string;
}

const waf = 'stock NGINX has no ModSecurity; put a web application firewall in front of Gatehouse or behind it';

/** Keys that are refused by design. */
export const refusals: ReadonlyMap<string, Refusal> = new Map<string, Refusal>([
  ['auth-snippet', { kind: 'snippet', instead: 'auth-proxy-set-headers sends headers to the auth service' }],
  ['configuration-snippet', { kind: 'snippet', instead: 'custom-headers, redirects, limits and lists have annotations of their own' }],
  ['server-snippet', { kind: 'snippet', instead: 'server-alias, app-root, redirects and lists have annotations of their own' }],
  ['stream-snippet', { kind: 'snippet', instead: '--tcp-services-configmap and --udp-services-configmap open ports' }],
  ['modsecurity-snippet', { kind: 'snippet', instead: waf }],
  ['enable-modsecurity', { kind: 'guard', instead: waf }],
  ['enable-owasp-core-rules', { kind: 'guard', instead: waf }],
  ['modsecurity-transaction-id', { kind: 'tune', instead: waf }],
  ['http2-push-preload', { kind: 'tune', instead: 'NGINX no longer pushes; send Link headers, which browsers preload by themselves' }],
]);

const opentelemetry = 'OpenTracing is gone; the opentelemetry annotations replace it';
const noWafNow = 'it was removed from ingress-nginx; put a web application firewall in front of Gatehouse';

/** Keys that ingress-nginx itself dropped, and what replaces them. A key that ends in `*` stands for all that begin so. */
const gone: Readonly<Record<string, string>> = {
  'influxdb-*': 'metrics are at /metrics',
  'enable-influxdb': 'metrics are at /metrics',
  'secure-verify-ca-secret': 'use proxy-ssl-secret and proxy-ssl-verify',
  'secure-backends': 'use backend-protocol: HTTPS',
  'grpc-backend': 'use backend-protocol: GRPC',
  'add-base-url': 'let the application know its path; x-forwarded-prefix tells it',
  'base-url-scheme': 'let the application know its path; x-forwarded-prefix tells it',
  'session-cookie-hash': 'leave it out, the hash cannot be chosen any more',
  'mirror-uri': 'use mirror-target',
  'enable-opentracing': opentelemetry,
  'opentracing-*': opentelemetry,
  'global-rate-limit': 'limit-rps and limit-rpm count in each replica',
  'global-rate-limit-*': 'limit-rps and limit-rpm count in each replica',
  'lua-resty-waf': noWafNow,
  'lua-resty-waf-*': noWafNow,
};

/** What replaces a key that ingress-nginx dropped long ago; undefined for any other. */
export function replacementOf(key: string): string | undefined {
  const found = Object.entries(gone).find(([name]) => (name.endsWith('*') ? key.startsWith(name.slice(0, -1)) : key === name));
  return found?.[1];
}

/** Keys that are dropped or never were, and kept somebody out or can only mean that: leaving one out would open a door. */
export function wasGuard(key: string): boolean {
  const isList = /source-?range/i.test(key);
  return isList || key.startsWith('lua-resty-waf') || key.startsWith('global-rate-limit') || key === 'secure-verify-ca-secret';
}

/** Guards that a `false` switches off: then nothing is left out. */
export const switches: ReadonlySet<string> = new Set(['enable-modsecurity', 'enable-owasp-core-rules']);
