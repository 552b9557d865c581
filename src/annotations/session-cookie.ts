import { joined, variable, type Word } from '../model/directive.ts';
import { clientVariables } from '../model/front.ts';
import type { HttpBlock } from '../model/http-block.ts';
import { type Affinity, backendKey, issuedCookie, stickyUpstream } from './affinity.ts';
import type { Contribution } from './contribution.ts';
import type { FeatureContext, Keys, Values } from './define.ts';
import type { sessionCookieKeys } from './session-cookie-keys.ts';

/** What the keys of the cookie say. */
export type CookieValues = Values<typeof sessionCookieKeys>;

type Context = Pick<FeatureContext<Keys>, 'unique' | 'place' | 'ingress'>;
type Cookie = Omit<Context, 'ingress'> & { readonly values: CookieValues };

/** Browsers ignore attributes that are longer (RFC 6265bis, 5.6). */
const longestPath = 1024;

/**
 * Keeps clients on their endpoints. A balanced cookie holds a random key that is hashed onto the endpoints: every replica finds the same one,
 * without having to know who was there before, and any value will do as a key, also one that somebody else has set.
 */
export function sessionCookie(values: CookieValues, { unique, place, ingress }: Context): Contribution {
  const isPersistent = values['affinity-mode'] === 'persistent';
  const { tail, blocks } = (isPersistent ? stickyAttributes : attributes)({ values, unique, place });
  const affinity: Affinity = {
    kind: isPersistent ? 'persistent' : 'balanced',
    cookie: values['session-cookie-name'] ?? 'INGRESSCOOKIE',
    backend: backendKey(ingress.namespace, place.service?.name ?? '', place.service?.port ?? ''),
    attributes: tail,
    changesOnFailure: values['session-cookie-change-on-failure'] ?? false,
  };
  const sticky = stickyUpstream(affinity);
  const common = { affinity, upstream: sticky.upstream };
  if (isPersistent) return { ...common, http: [...blocks, ...sticky.blocks] };
  const issued = issuedCookie(affinity, { backend: affinity.backend, only: false });
  return {
    ...common,
    headers: { response: [{ name: 'Set-Cookie', value: issued.value, always: true }] },
    http: [...blocks, ...sticky.blocks, ...issued.blocks],
  };
}

interface Attributes {
  readonly tail: Affinity['attributes'];
  readonly blocks: readonly HttpBlock[];
}

/** What comes after the value of the cookie, in the order of ingress-nginx. */
function attributes({ values, unique, place }: Cookie): Attributes {
  const age = values['session-cookie-max-age'] ?? values['session-cookie-expires'];
  const domain = values['session-cookie-domain'];
  const path = cookiePath(values, place.path);
  const secure = secureOf(values, unique, '');
  const sameSite = sameSiteOf(values, unique, '; SameSite=');
  return {
    tail: [
      ...(age === undefined ? [] : [`; Max-Age=${age}`]),
      ...(domain === undefined ? [] : [`; Domain=${domain}`]),
      ...(path === undefined ? [] : [`; Path=${path}`]),
      secure.word,
      '; HttpOnly',
      sameSite.word,
    ],
    blocks: [...secure.blocks, ...sameSite.blocks],
  };
}

interface Part {
  readonly word: Word;
  readonly blocks: readonly HttpBlock[];
}

function secureOf(values: CookieValues, unique: Cookie['unique'], domain: string): Part {
  if (values['session-cookie-secure']) return { word: { text: `${domain}; Secure` }, blocks: [] };
  const name = unique('cookie_secure', domain);
  const entries = [{ key: { exact: 'https' }, value: { text: `${domain}; Secure` } }];
  return {
    word: variable(name),
    blocks: [{ kind: 'map', name, source: variable(clientVariables.scheme), entries, default: { text: domain } }],
  };
}

/** Browsers that take `SameSite=None` for `Strict`, or refuse it: the list of ingress-nginx. */
const oldBrowsers = 'Chrome/[456]|CPU iPhone OS 12|iPad; CPU OS 12|^(?!.*Chrome)(?=.*Macintosh)(?=.*Intel Mac OS X 10_14)(?=.*Safari)';

function sameSiteOf(values: CookieValues, unique: Cookie['unique'], before: string): Part {
  const sameSite = values['session-cookie-samesite'];
  if (sameSite === undefined) return { word: { text: '' }, blocks: [] };
  const text = { text: before + sameSite };
  if (sameSite !== 'None' || !values['session-cookie-conditional-samesite-none']) return { word: text, blocks: [] };
  const name = unique('cookie_same_site', before);
  const entries = [{ key: { pattern: oldBrowsers, ignoreCase: false }, value: { text: '' } }];
  return { word: variable(name), blocks: [{ kind: 'map', name, source: variable('http_user_agent'), entries, default: text }] };
}

/** A path as browsers compare it; undefined where they would not take it. */
function cookiePath(values: CookieValues, rule: string): string | undefined {
  const path = values['session-cookie-path'] ?? rule.replace(/[^!-:<-~]/gu, encodeURIComponent);
  return path.length > longestPath ? undefined : path;
}

/**
 * NGINX's own cookie names the endpoint. It knows `secure` only for all requests of an upstream, while its domain may differ in each: so
 * Secure stands behind the domain.
 */
function stickyAttributes({ values, unique, place }: Cookie): Attributes {
  const age = values['session-cookie-max-age'] ?? values['session-cookie-expires'];
  const path = cookiePath(values, place.path);
  const domain = values['session-cookie-domain'] ?? '';
  const secure = secureOf(values, unique, domain);
  const sameSite = sameSiteOf(values, unique, '');
  const isForced = values['session-cookie-secure'] === true;
  return {
    tail: [
      ...(age === undefined ? [] : [`expires=${Math.max(age, 0)}`]),
      ...(isForced ? ['secure', ...(domain === '' ? [] : [`domain=${domain}`])] : [joined('domain=', secure.word)]),
      'httponly',
      ...(values['session-cookie-samesite'] === undefined ? [] : [joined('samesite=', sameSite.word)]),
      // NGINX evaluates no variables in it.
      ...(path === undefined ? [] : [{ pattern: `path=${path}` }]),
    ],
    blocks: [...(isForced ? [] : secure.blocks), ...sameSite.blocks],
  };
}
