import { type CacheDuration, usualDurations } from './auth-cache.ts';
import type { AuthUrl, SigninUrl } from './auth-url.ts';
import type { ConfigKey } from './define.ts';
import type { ObjectName } from './parsers.ts';
import type { RequestTemplate } from './request-template.ts';

/**
 * Keys of the ConfigMap about the service that is asked for every Ingress that names none itself. Their parsers are in
 * `config/groups/global-auth.ts`. `unusable` is what cannot be used, where without it somebody could get in.
 */
export const globalAuth = {
  url: { key: 'global-auth-url', default: undefined } as ConfigKey<AuthUrl | 'unusable' | undefined>,
  method: { key: 'global-auth-method', default: undefined } as ConfigKey<string | undefined>,
  signin: { key: 'global-auth-signin', default: undefined } as ConfigKey<SigninUrl | undefined>,
  signinParameter: { key: 'global-auth-signin-redirect-param', default: 'rd' } as ConfigKey<string>,
  responseHeaders: { key: 'global-auth-response-headers', default: [] } as ConfigKey<readonly string[] | 'unusable'>,
  requestRedirect: { key: 'global-auth-request-redirect', default: undefined } as ConfigKey<string | undefined>,
  cacheKey: { key: 'global-auth-cache-key', default: undefined } as ConfigKey<RequestTemplate | undefined>,
  cacheDurations: { key: 'global-auth-cache-duration', default: usualDurations } as ConfigKey<readonly CacheDuration[] | 'unusable'>,
  alwaysSetCookie: { key: 'global-auth-always-set-cookie', default: false } as ConfigKey<boolean>,
};

/** Additions of ours: how the certificates of auth services are checked. */
export const authVerify: ConfigKey<boolean> = { key: 'auth-ssl-verify', default: true };
export const authCa: ConfigKey<ObjectName | undefined> = { key: 'auth-ssl-ca-configmap', default: undefined };

/** Whether what auth services are asked is in the access log too. */
export const authAccessLog: ConfigKey<boolean> = { key: 'enable-auth-access-log', default: false };
