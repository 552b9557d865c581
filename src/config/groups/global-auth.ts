import { cacheDurations, cacheKey } from '../../annotations/auth-cache.ts';
import { authUrl, signinUrl } from '../../annotations/auth-url.ts';
import { authMethod, fullName, parameterName, requestRedirect, responseHeaders } from '../../annotations/auth-values.ts';
import { authAccessLog, authCa, authVerify, globalAuth } from '../../annotations/global-auth-keys.ts';
import { bool } from '../../annotations/parsers.ts';
import { group } from '../define.ts';

const unusable = { value: 'unusable', says: 'Every path that depends on it answers 503.' } as const;
const mustTell = { stricter: 'it has to tell clients apart; an answer for a client without any of it is not kept' } as const;

/** The service that is asked for every Ingress that names none, and how all such services show who they are. */
export default group({
  title: 'External authentication',
  keys: {
    [globalAuth.url.key]: {
      parse: authUrl,
      doc: 'Asked about each request to an Ingress without `auth-url` and without `enable-global-auth: "false"`, as [`auth-url`](annotations.md#external-authentication) is. Hosts that no rule names are not asked about.',
      example: 'http://auth.auth-system.svc.cluster.local/check',
      otherwise: unusable,
      defaultText: '',
      like: { stricter: 'one that cannot be used is 503 for all that depends on it, instead of open hosts or no reload at all' },
    },
    [globalAuth.method.key]: { parse: authMethod, doc: 'The method of the question.', example: 'GET', defaultText: '', like: 'same' },
    [globalAuth.signin.key]: {
      parse: signinUrl,
      doc: 'Where a client is sent in place of 401.',
      example: 'https://login.example.com/start',
      defaultText: '',
      like: 'same',
    },
    [globalAuth.signinParameter.key]: {
      parse: parameterName,
      doc: 'The parameter with the way back.',
      example: 'back',
      default: globalAuth.signinParameter.default,
      defaultText: 'rd',
      like: 'same',
    },
    [globalAuth.responseHeaders.key]: {
      parse: responseHeaders,
      doc: 'Headers of the answer that the backend gets, separated by commas.',
      example: 'X-Auth-User,X-Auth-Groups',
      otherwise: unusable,
      default: globalAuth.responseHeaders.default,
      defaultText: '',
      like: { stricter: '`Host` and headers that hold a request together are refused, and then all that depends on it is 503' },
    },
    [globalAuth.requestRedirect.key]: {
      parse: requestRedirect,
      doc: 'What the service is told as `X-Auth-Request-Redirect`, in place of path and query.',
      example: 'https://app.example.com/',
      defaultText: '',
      like: 'same',
    },
    [globalAuth.cacheKey.key]: {
      parse: cacheKey,
      doc: 'Keeps answers, by these variables.',
      example: '$remote_user$http_authorization',
      defaultText: '',
      like: mustTell,
    },
    [globalAuth.cacheDurations.key]: {
      parse: cacheDurations,
      doc: 'How long answers are kept, by their status.',
      example: '200 202 10m,401 1m',
      otherwise: unusable,
      default: globalAuth.cacheDurations.default,
      defaultText: '200 202 401 5m',
      like: { stricter: 'one that cannot be used is 503 for all that depends on it' },
    },
    [globalAuth.alwaysSetCookie.key]: {
      parse: bool,
      doc: 'Whether cookies of the service go to the client with answers of 400 and above as well.',
      example: 'true',
      default: globalAuth.alwaysSetCookie.default,
      defaultText: 'false',
      like: 'same',
    },
    [authAccessLog.key]: {
      parse: bool,
      doc: 'Whether the access log has a line for each question to an auth service as well, that of an Ingress too. `$status` in it is what the service answered.',
      example: 'true',
      default: authAccessLog.default,
      defaultText: 'false',
      like: 'same',
    },
    [authVerify.key]: {
      parse: bool,
      doc: 'Whether the certificate of an auth service at an `https` URL is checked. One that does not fit is as a service that cannot be asked: 500.',
      example: 'false',
      default: authVerify.default,
      defaultText: 'true',
      like: { different: 'a key of Gatehouse; ingress-nginx never checks' },
    },
    [authCa.key]: {
      parse: fullName,
      names: 'ConfigMap',
      doc: 'A ConfigMap, as namespace/name, whose key `ca.crt` holds further authorities for it, beside those that everybody trusts.',
      example: 'gatehouse/auth-ca',
      defaultText: '',
      like: { different: 'a key of Gatehouse' },
    },
  },
});
