import { type Directive, directive, joined, variable, type Word } from '../model/directive.ts';
import { noEndpointAddress } from '../model/endpoint-names.ts';
import { clientVariables } from '../model/front.ts';
import type { HttpBlock, MapEntry } from '../model/http-block.ts';
import type { Contribution } from './contribution.ts';
import type { FeatureContext, Keys, Values } from './define.ts';
import type { sessionCookieKeys } from './session-cookie-keys.ts';

/** What the keys of the cookie say. */
export type CookieValues = Values<typeof sessionCookieKeys>;

type Cookie = Pick<FeatureContext<Keys>, 'unique' | 'place'> & { readonly values: CookieValues; readonly name: string };

/** Browsers ignore attributes that are longer (RFC 6265bis, 5.6). */
const longestPath = 1024;

/** Keeps clients on their endpoints. */
export function sessionCookie(values: CookieValues, { unique, place }: Pick<FeatureContext<Keys>, 'unique' | 'place'>): Contribution {
  const cookie = { values, unique, place, name: values['session-cookie-name'] ?? 'INGRESSCOOKIE' };
  return values['affinity-mode'] === 'persistent' ? persistent(cookie) : balanced(cookie);
}

/**
 * The cookie holds a random key that is hashed onto the endpoints: every replica finds the same one, without having to know who was
 * there before, and any value will do as a key, also one that somebody else has set.
 */
function balanced(cookie: Cookie): Contribution {
  const { values, name, unique } = cookie;
  const present: MapEntry['key'] = { pattern: `(?:^|; *)${name.replaceAll('.', '\\.')}=([^;]+)`, ignoreCase: false };
  const key = unique('affinity', name);
  const requestId = variable('request_id');
  const { tail, blocks } = attributes(cookie);
  const issued = (id: Word) => joined(`${name}=`, id, ...tail);
  const parts = [name, JSON.stringify(tail)];
  const missing = unique('cookie_new', ...parts);
  const sent = unique('cookie', ...parts, String(values['session-cookie-change-on-failure'] ?? false));
  const cookies = variable('http_cookie');
  return {
    upstream: { directives: [directive('hash', variable(key), 'consistent')], balances: true, needsNames: true },
    headers: { response: [{ name: 'Set-Cookie', value: variable(sent), always: true }] },
    http: [
      ...blocks,
      { kind: 'map', name: key, source: cookies, entries: [{ key: present, value: variable('1') }], default: requestId },
      { kind: 'map', name: missing, source: cookies, entries: [{ key: present, value: { text: '' } }], default: issued(requestId) },
      {
        kind: 'map',
        name: sent,
        source: variable('upstream_addr'),
        entries: [
          ...nowhere,
          // Another key than the one that led to the endpoint that failed.
          {
            key: { pattern: ',', ignoreCase: false },
            value: values['session-cookie-change-on-failure'] ? issued(joined(requestId, '-1')) : { text: '' },
          },
        ],
        default: variable(missing),
      },
    ],
  };
}

/** No endpoint has answered: nobody was asked, the peers changed meanwhile, there are none, or NGINX itself answers in their place. */
const nowhere: readonly MapEntry[] = [
  { key: { exact: '' }, value: { text: '' } },
  {
    key: { pattern: `(?:^|[ ,])(?:[0-9a-f]{10}|${noEndpointAddress.replaceAll('.', '\\.')}:[0-9]+|unix:[^ ,]+)$`, ignoreCase: false },
    value: { text: '' },
  },
];

/** What comes after the value of the cookie, in the order of ingress-nginx. */
function attributes({ values, unique, place }: Cookie): {
  readonly tail: readonly (string | Word)[];
  readonly blocks: readonly HttpBlock[];
} {
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
function persistent(cookie: Cookie): Contribution {
  const { values, name, unique, place } = cookie;
  const age = values['session-cookie-max-age'] ?? values['session-cookie-expires'];
  const path = cookiePath(values, place.path);
  const domain = values['session-cookie-domain'] ?? '';
  const secure = secureOf(values, unique, domain);
  const sameSite = sameSiteOf(values, unique, '');
  const isForced = values['session-cookie-secure'] === true;
  const sticky: Directive = directive(
    'sticky',
    'cookie',
    name,
    ...(age === undefined ? [] : [`expires=${Math.max(age, 0)}`]),
    ...(isForced ? ['secure', ...(domain === '' ? [] : [`domain=${domain}`])] : [joined('domain=', secure.word)]),
    'httponly',
    ...(values['session-cookie-samesite'] === undefined ? [] : [joined('samesite=', sameSite.word)]),
    // NGINX evaluates no variables in it.
    ...(path === undefined ? [] : [{ pattern: `path=${path}` }]),
  );
  return {
    upstream: { directives: [sticky], balances: true, needsNames: false },
    http: [...(isForced ? [] : secure.blocks), ...sameSite.blocks],
  };
}
