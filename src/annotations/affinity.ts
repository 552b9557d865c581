import { hash } from 'node:crypto';
import { directive, joined, variable, type Word } from '../model/directive.ts';
import { noEndpointAddress, upstreamIdPattern } from '../model/endpoint-names.ts';
import type { HttpBlock, MapEntry } from '../model/http-block.ts';
import type { UpstreamSettings } from '../model/routing.ts';
import { named } from './named-block.ts';

/** A cookie that keeps clients on their endpoints: all that has to be known to keep those of a canary as well. */
export interface Affinity {
  readonly kind: 'balanced' | 'persistent';
  /** The name of the cookie. */
  readonly cookie: string;
  /** Which backend the cookie is for, in the form of `backendKey`. */
  readonly backend: string;
  /** What comes after the value in `Set-Cookie`, or after the name in NGINX's `sticky cookie`. */
  readonly attributes: readonly (string | Word)[];
  readonly changesOnFailure: boolean;
}

/** Text of a header, and what has to be defined for it. */
export interface CookieText {
  readonly value: Word;
  readonly blocks: readonly HttpBlock[];
}

/** What ingress-nginx writes behind a cookie's key to say which backend it is for, so that a cookie means the same before and after a move. */
export function backendKey(namespace: string, service: string, port: string): string {
  const name = `${namespace}-${service}-${port}`;
  return hash('md5', hash('md5', name) + name);
}

/** The upstream of a location, or of its canary under another cookie name, with what has to be defined for it. */
export function stickyUpstream(
  affinity: Affinity,
  cookie = affinity.cookie,
): { readonly upstream: UpstreamSettings; readonly blocks: readonly HttpBlock[] } {
  if (affinity.kind === 'persistent') {
    const sticky = directive('sticky', 'cookie', cookie, ...affinity.attributes);
    return { upstream: { directives: [sticky], balances: true, needsNames: false }, blocks: [] };
  }
  const key = keyBlock(affinity);
  return {
    upstream: { directives: [directive('hash', variable(key.name), 'consistent')], balances: true, needsNames: true },
    blocks: [key],
  };
}

/**
 * The `Set-Cookie` of a balanced cookie: empty for a client that has one. With `only` a cookie for another backend does not count, and the
 * client gets the same key for this one.
 */
export function issuedCookie(affinity: Affinity, { backend, only }: { readonly backend: string; readonly only: boolean }): CookieText {
  const key = keyBlock(affinity);
  const issued = (id: Word) => joined(`${affinity.cookie}=`, id, `|${backend}`, ...affinity.attributes);
  const seen = seenBackend(affinity);
  const nothing = { text: '' };
  const missing = only
    ? named('cookie_new', {
        kind: 'map',
        source: variable(seen.name),
        entries: [{ key: { exact: backend }, value: nothing }],
        default: issued(variable(key.name)),
      })
    : named('cookie_new', {
        kind: 'map',
        source: variable('http_cookie'),
        entries: [{ key: present(affinity.cookie), value: nothing }],
        default: issued(variable(key.name)),
      });
  // Another key than the one that led to the endpoint that failed.
  const another = affinity.changesOnFailure ? issued(joined('0', variable('request_id'))) : nothing;
  const sent = named('cookie', {
    kind: 'map',
    source: variable('upstream_addr'),
    entries: [...nowhere, { key: { pattern: ',', ignoreCase: false }, value: another }],
    default: variable(missing.name),
  });
  return { value: variable(sent.name), blocks: [key, ...(only ? [seen] : []), missing, sent] };
}

/** Holds the backend that a client's cookie is for; empty where it has none, or one that does not say. */
export function seenBackend({ cookie }: Affinity): ReturnType<typeof named> {
  return named('cookie_backend', {
    kind: 'map',
    source: variable('http_cookie'),
    entries: [{ key: present(cookie, '\\|([0-9a-f]{32})'), value: variable('1') }],
    default: { text: '' },
  });
}

/** Finds the cookie of a name; what follows is the rest of its value. */
export function present(cookie: string, rest = ''): MapEntry['key'] {
  return cookieKey(cookie, `[^;|]+${rest}`);
}

function cookieKey(cookie: string, value: string): MapEntry['key'] {
  return { pattern: `(?:^|; *)${cookie.replaceAll('.', '\\.')}=${value}`, ignoreCase: false };
}

/** What is hashed onto the endpoints: the key of the cookie, or the one that the client is about to get. */
function keyBlock({ cookie }: Affinity): ReturnType<typeof named> {
  return named('affinity', {
    kind: 'map',
    source: variable('http_cookie'),
    entries: [{ key: cookieKey(cookie, '([^;|]+)'), value: variable('1') }],
    default: variable('request_id'),
  });
}

/** No endpoint has answered: nobody was asked, the peers changed meanwhile, there are none, or NGINX itself answers in their place. */
const nowhere: readonly MapEntry[] = [
  { key: { exact: '' }, value: { text: '' } },
  {
    key: {
      pattern: `(?:^|[ ,])(?:${upstreamIdPattern}|${noEndpointAddress.replaceAll('.', '\\.')}:[0-9]+|unix:[^ ,]+)$`,
      ignoreCase: false,
    },
    value: { text: '' },
  },
];
