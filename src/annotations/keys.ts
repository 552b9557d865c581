/** What leaving an annotation out would do to traffic; decides how it is answered while Gatehouse does not carry it out. */
export type Effect =
  /** It keeps somebody out, or could: without it a door would stand open, so its Ingress answers 503. */
  | 'guard'
  /** It marks an Ingress that must not be served as an ordinary one. */
  | 'canary'
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

/** Every annotation of ingress-nginx 1.15.1, its two aliases among them, without the prefix. None is carried out yet. */
export const keys: ReadonlyMap<string, Effect> = new Map<string, Effect>([
  ...guards.map((key) => [key, 'guard'] as const),
  ['canary', 'canary'],
  ...tuning.map((key) => [key, 'tune'] as const),
]);

/** Guards that a `false` switches off: then nothing is left out. */
export const switches: ReadonlySet<string> = new Set(['enable-modsecurity', 'enable-owasp-core-rules', 'canary']);
