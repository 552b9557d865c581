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

/** Whose headers, and whose PROXY protocol, tell the truth about clients. */
export type TrustedPeers =
  /** Nobody said: everybody, as in ingress-nginx. */
  | { readonly kind: 'anybody' }
  | { readonly kind: 'networks'; readonly networks: readonly string[] }
  /** What was said cannot be understood: nobody. */
  | { readonly kind: 'unusable' };

export const useForwardedHeaders: ConfigKey<boolean> = { key: 'use-forwarded-headers', default: false };
export const enableRealIp: ConfigKey<boolean> = { key: 'enable-real-ip', default: false };
export const useProxyProtocol: ConfigKey<boolean> = { key: 'use-proxy-protocol', default: false };
export const proxyRealIpCidr: ConfigKey<TrustedPeers> = { key: 'proxy-real-ip-cidr', default: { kind: 'anybody' } };
/** Empty where what was said cannot be used: no header is read. */
export const forwardedForHeader: ConfigKey<string> = { key: 'forwarded-for-header', default: 'X-Forwarded-For' };
export const forwardedHostHeader: ConfigKey<string> = { key: 'forwarded-host-header', default: 'X-Forwarded-Host' };
/** An addition of ours: whether a regular expression makes one of every path of its host, as in ingress-nginx. */
export const regexScope: ConfigKey<'ingress' | 'host'> = { key: 'regex-scope', default: 'ingress' };
/** The NGINX variable that limits count by, without its `$`; none that a client can choose. */
export const limitKey: ConfigKey<'binary_remote_addr' | 'remote_addr' | 'realip_remote_addr' | 'server_name'> = {
  key: 'limit-conn-zone-variable',
  default: 'binary_remote_addr',
};
