import type { Keys } from './define.ts';
import { bool, int, matching, oneOf } from './parsers.ts';

const longest = 315_360_000;

/** What Ingresses can say about a cookie that keeps a client on its endpoint. */
export const sessionCookieKeys = {
  affinity: {
    parse: oneOf('cookie'),
    doc: 'Keeps a client on one endpoint, by a cookie.',
    example: 'cookie',
    risk: 'low',
    like: {
      different:
        'the cookie holds a random key, and the endpoint is found by consistent hashing; it holds for the paths of this Ingress, whoever else uses the Service',
    },
  },
  'affinity-mode': {
    parse: oneOf('balanced', 'persistent'),
    doc: '`balanced`: a new endpoint takes over its share of the clients; `persistent`: a client stays as long as its endpoint is there.',
    example: 'persistent',
    risk: 'medium',
    default: 'balanced',
    defaultText: 'balanced',
    like: { different: 'persistent sends its cookie with every answer, and on https with an empty Domain where none is given' },
  },
  'session-cookie-name': {
    parse: matching(/[A-Za-z0-9_.~-]+/, 'the name of a cookie: letters, digits and _ . ~ -', 100),
    doc: 'The name of the cookie.',
    example: 'route',
    risk: 'medium',
    default: 'INGRESSCOOKIE',
    defaultText: 'INGRESSCOOKIE',
    like: { stricter: 'blanks, `/` and `:` are refused, as no name of a cookie has them' },
  },
  'session-cookie-path': {
    parse: matching(/\/[A-Za-z0-9/._~:,?&=-]*/, 'a path: a slash, and letters, digits and / . _ ~ : , ? & = -', 500),
    doc: 'The Path of the cookie. Needed where the path of the rule is a regular expression.',
    example: '/shop',
    risk: 'medium',
    defaultText: 'the path of the rule',
    like: { stricter: 'it begins with a slash, as browsers demand' },
  },
  'session-cookie-domain': {
    parse: matching(/\.?[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?/, 'a domain such as example.com', 253),
    doc: 'The Domain of the cookie.',
    example: 'example.com',
    risk: 'medium',
    defaultText: 'none: the host of the request alone',
    like: { stricter: 'what is no domain is refused' },
  },
  'session-cookie-expires': {
    parse: int({ min: 0, max: longest }, ' of seconds'),
    doc: 'Seconds that the browser keeps the cookie; `session-cookie-max-age` comes first.',
    example: '172800',
    risk: 'medium',
    defaultText: 'none: until the browser is closed',
    like: { different: 'sent as Max-Age, which means the same' },
  },
  'session-cookie-max-age': {
    parse: int({ min: -1, max: longest }, ' of seconds'),
    doc: 'Seconds that the browser keeps the cookie; below 1 it is not kept.',
    example: '172800',
    risk: 'medium',
    defaultText: 'none: until the browser is closed',
    like: { stricter: 'numbers below -1 are refused' },
  },
  'session-cookie-samesite': {
    parse: oneOf('None', 'Lax', 'Strict'),
    doc: 'The SameSite of the cookie.',
    example: 'Lax',
    risk: 'low',
    defaultText: 'none',
    like: { stricter: 'other cases of letters are refused; there they are accepted and not sent' },
  },
  'session-cookie-secure': {
    parse: bool,
    doc: '`true`: Secure on plain http, too. On https it always is.',
    example: 'true',
    risk: 'low',
    default: false,
    defaultText: 'false',
    like: { different: 'with `use-forwarded-headers` https is what a trusted proxy says' },
  },
  'session-cookie-conditional-samesite-none': {
    parse: bool,
    doc: 'Leaves `SameSite=None` out for old browsers that take it for something else.',
    example: 'true',
    risk: 'low',
    default: false,
    defaultText: 'false',
    like: 'same',
  },
  'session-cookie-change-on-failure': {
    parse: bool,
    doc: 'A client whose endpoint failed gets a new cookie, and with it maybe another endpoint.',
    example: 'true',
    risk: 'low',
    default: false,
    defaultText: 'false',
    like: { different: 'the new endpoint is chosen at random, so it may be the failed one again; without effect in mode `persistent`' },
  },
} as const satisfies Keys;
