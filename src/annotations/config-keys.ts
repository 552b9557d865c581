import type { ConfigKey } from './define.ts';

/**
 * ConfigMap keys that features read beside those of their own. Their parsers and their place on the page are in `config/groups`,
 * which takes the defaults from here.
 */

export const risks = ['Low', 'Medium', 'High', 'Critical'] as const;

export const riskLevel: ConfigKey<(typeof risks)[number]> = { key: 'annotations-risk-level', default: 'High' };
export const wordBlocklist: ConfigKey<readonly string[]> = { key: 'annotation-value-word-blocklist', default: [] };
export const allowCrossNamespace: ConfigKey<boolean> = { key: 'allow-cross-namespace-resources', default: false };
export const allowedResponseHeaders: ConfigKey<readonly string[]> = { key: 'global-allowed-response-headers', default: [] };
export const noAuthLocations: ConfigKey<readonly string[]> = { key: 'no-auth-locations', default: ['/.well-known/acme-challenge'] };
export const noTlsRedirectLocations: ConfigKey<readonly string[]> = {
  key: 'no-tls-redirect-locations',
  default: ['/.well-known/acme-challenge'],
};
export const httpRedirectCode: ConfigKey<301 | 302 | 307 | 308> = { key: 'http-redirect-code', default: 308 };
export const retryNonIdempotent: ConfigKey<boolean> = { key: 'retry-non-idempotent', default: false };
/** An addition of ours: whether a regular expression makes one of every path of its host, as in ingress-nginx. */
export const regexScope: ConfigKey<'ingress' | 'host'> = { key: 'regex-scope', default: 'ingress' };
