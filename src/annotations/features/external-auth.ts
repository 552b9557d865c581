import { directive } from '../../model/directive.ts';
import type { UpstreamSettings } from '../../model/routing.ts';
import { cacheDurations, cacheKey, usualDurations } from '../auth-cache.ts';
import { isExempt } from '../auth-places.ts';
import { type AuthService, askedService } from '../auth-service.ts';
import { authUrl, signinUrl } from '../auth-url.ts';
import { authMethod, fullName, parameterName, requestRedirect, responseHeaders } from '../auth-values.ts';
import type { Complaint, Contribution } from '../contribution.ts';
import { type FeatureContext, feature, type Keys, type Values } from '../define.ts';
import { globalAuth } from '../global-auth-keys.ts';
import { bool, int, seconds } from '../parsers.ts';

const keys = {
  'auth-url': {
    parse: authUrl,
    doc: 'A service that is asked about each request first: with 2xx it passes, 401 and 403 are the answer, and anything else is 500. The service gets the headers of the client, and those that ingress-nginx sends; not the body. Path and query may hold variables. A Service of the cluster is asked at its endpoints.',
    example: 'http://auth.auth-system.svc.cluster.local/check?level=$http_x_level',
    risk: 'high',
    like: {
      stricter:
        'variables that are not known are 503, and of variables the host may only be `$host`, where the rule has one; certificates are checked ([`auth-ssl-verify`](configmap.md#external-authentication)); addresses of this machine and its link are refused',
    },
  },
  'auth-method': {
    parse: authMethod,
    doc: 'The method of the question, in place of GET; the service is then told `X-Original-URI` and `X-Scheme` as well.',
    example: 'POST',
    risk: 'low',
    like: { stricter: '`CONNECT` is refused' },
  },
  'auth-signin': {
    parse: signinUrl,
    doc: 'Where a client is sent with 302 in place of 401. The way back is appended as a parameter, unless the URL has that parameter. It may hold variables.',
    example: 'https://$host/oauth2/start?rd=$escaped_request_uri',
    risk: 'high',
    whenInvalid: 'ignore',
    like: { different: 'a very long way back with hundreds of signs to be escaped becomes the root of the host' },
  },
  'auth-signin-redirect-param': {
    parse: parameterName,
    doc: 'The parameter with the way back.',
    example: 'back',
    risk: 'medium',
    defaultText: 'rd',
    whenInvalid: 'ignore',
    like: 'same',
  },
  'auth-response-headers': {
    parse: responseHeaders,
    doc: 'Headers of the answer that the backend gets in place of those of the client, separated by commas.',
    example: 'X-Auth-User,X-Auth-Groups',
    risk: 'medium',
    like: { stricter: '`Host` and headers that hold a request together are refused' },
  },
  'auth-proxy-set-headers': {
    parse: fullName,
    doc: 'A ConfigMap, as namespace/name, with further headers of the question. Their values may hold variables.',
    example: 'default/auth-headers',
    risk: 'medium',
    names: 'ConfigMap',
    like: { stricter: 'variables that are not known are 503; a header that is sent anyway is replaced instead of sent twice' },
  },
  'auth-request-redirect': {
    parse: requestRedirect,
    doc: 'What the service is told as `X-Auth-Request-Redirect`, in place of path and query.',
    example: 'https://app.example.com/',
    risk: 'medium',
    like: { stricter: 'with a bad value it is 503 instead of no authentication' },
  },
  'auth-cache-key': {
    parse: cacheKey,
    doc: 'Keeps answers, by these variables, for each path of a rule.',
    example: '$remote_user$http_authorization',
    risk: 'medium',
    whenInvalid: 'ignore',
    like: { stricter: 'it has to tell clients apart, or nothing is kept; an answer for a client without any of it is not kept either' },
  },
  'auth-cache-duration': {
    parse: cacheDurations,
    doc: 'How long answers are kept, by their status: statuses and a time, in parts that are separated by commas.',
    example: '200 202 10m,401 1m',
    risk: 'medium',
    defaultText: '200 202 401 5m',
    like: { stricter: 'with a bad value it is 503 instead of no authentication; NGINX keeps nothing for milliseconds' },
  },
  'auth-keepalive': {
    parse: int({ min: 0, max: 100_000 }),
    doc: 'Idle connections to the service that each worker keeps. 0: as many as to other Services.',
    example: '32',
    risk: 'low',
    whenInvalid: 'ignore',
    like: { different: 'connections are kept without it as well, and any 2xx passes with it too' },
  },
  'auth-keepalive-share-vars': {
    parse: bool,
    doc: 'Does nothing, as nothing is shared with the service.',
    example: 'true',
    risk: 'low',
    whenInvalid: 'ignore',
    like: { different: 'it does nothing' },
  },
  'auth-keepalive-requests': {
    parse: int({ min: 1, max: 1_000_000_000 }),
    doc: 'Requests that one connection to the service can carry; only with `auth-keepalive`.',
    example: '100',
    risk: 'low',
    defaultText: '1000',
    whenInvalid: 'ignore',
    like: 'same',
  },
  'auth-keepalive-timeout': {
    parse: seconds(),
    doc: 'Seconds after which an idle connection to the service is closed; only with `auth-keepalive`.',
    example: '30',
    risk: 'low',
    defaultText: '60',
    whenInvalid: 'ignore',
    like: 'same',
  },
  'auth-always-set-cookie': {
    parse: bool,
    doc: 'Whether cookies of the service go to the client with answers of 400 and above as well.',
    example: 'true',
    risk: 'low',
    defaultText: 'false',
    like: { stricter: 'with a bad value it is 503 instead of no authentication' },
  },
  'enable-global-auth': {
    parse: bool,
    doc: 'Whether the `global-auth-url` of the ConfigMap is asked, where there is no `auth-url`.',
    example: 'false',
    risk: 'low',
    defaultText: 'true',
    whenInvalid: 'ignore',
    like: 'same',
  },
} as const satisfies Keys;

type Own = Values<typeof keys>;

/** A service decides about each request: that of the Ingress, or else that of the ConfigMap. */
export default feature(
  {
    title: 'External authentication',
    scope: 'location',
    whenInvalid: 'deny',
    alsoAt: (_, config) => config(globalAuth.url) !== undefined,
    keys,
  },
  {
    emit: (values, context) => {
      if (isExempt(context.place, context.config)) return {};
      const { 'auth-url': url } = values;
      if (url === undefined) return { ...globallyAsked(values, context), withoutEffect: idle(values) };
      const asked = askedService({ ...ofAnnotations(values), url }, context, { url: 'auth-url', setHeaders: 'auth-proxy-set-headers' });
      const shares = values['auth-keepalive-share-vars'] === true;
      const reason = 'auth-keepalive-share-vars has no effect, as nothing is shared with the service.';
      return shares ? { ...asked, withoutEffect: [{ key: 'auth-keepalive-share-vars', reason }] } : asked;
    },
  },
);

function ofAnnotations(values: Own): Omit<AuthService, 'url'> {
  return {
    method: values['auth-method'],
    signin: values['auth-signin'],
    signinParameter: values['auth-signin-redirect-param'] ?? 'rd',
    responseHeaders: values['auth-response-headers'] ?? [],
    requestRedirect: values['auth-request-redirect'],
    cacheKey: values['auth-cache-key'],
    cacheDurations: values['auth-cache-duration'] ?? usualDurations,
    alwaysSetCookie: values['auth-always-set-cookie'] ?? false,
    setHeaders: values['auth-proxy-set-headers'],
    upstream: connections(values),
  };
}

function connections(values: Own): UpstreamSettings | undefined {
  const kept = values['auth-keepalive'] ?? 0;
  if (kept === 0) return undefined;
  return {
    directives: [
      directive('keepalive', String(kept)),
      directive('keepalive_requests', String(values['auth-keepalive-requests'] ?? 1000)),
      directive('keepalive_timeout', `${values['auth-keepalive-timeout'] ?? 60}s`),
    ],
    balances: false,
    needsNames: false,
  };
}

function globallyAsked(values: Own, context: FeatureContext<Keys>): Contribution {
  const { config } = context;
  const url = config(globalAuth.url);
  if (url === undefined || values['enable-global-auth'] === false) return {};
  const [names, durations] = [config(globalAuth.responseHeaders), config(globalAuth.cacheDurations)];
  if (url === 'unusable' || names === 'unusable' || durations === 'unusable')
    return {
      deny: { key: 'auth-url', reason: 'the service that the ConfigMap names cannot be asked, as the diagnostics of the ConfigMap say' },
    };
  const service: AuthService = {
    url,
    method: config(globalAuth.method),
    signin: config(globalAuth.signin),
    signinParameter: config(globalAuth.signinParameter),
    responseHeaders: names,
    requestRedirect: config(globalAuth.requestRedirect),
    cacheKey: config(globalAuth.cacheKey),
    cacheDurations: durations,
    alwaysSetCookie: config(globalAuth.alwaysSetCookie),
  };
  return askedService(service, context, { url: 'auth-url', setHeaders: 'auth-url' });
}

/** What is said about a service, where none is named. */
function idle(values: Own): readonly Complaint[] {
  const said = Object.entries(values).filter(([key, value]) => value !== undefined && key !== 'enable-global-auth');
  return said.map(([key]) => ({ key, reason: `${key} has no effect without auth-url.` }));
}
