import { joined, variable, type Word } from '../../model/directive.ts';
import type { HttpBlock, MapEntry } from '../../model/http-block.ts';
import type { ResponseHeader } from '../../model/routing.ts';
import type { Contribution } from '../contribution.ts';
import { type FeatureContext, feature, type Keys, type Values } from '../define.ts';
import { shown } from '../messages.ts';
import { accepted, bool, headerNames, int, type Parser, refused } from '../parsers.ts';
import { methods } from '../parsers-http.ts';

/** Origins that may read answers, and what was written but is none. */
interface Origins {
  readonly all: boolean;
  readonly entries: readonly MapEntry['key'][];
  readonly strange: readonly string[];
}

/** A list of origins. What is no origin is left out, and never makes the list mean everybody. */
const origins: Parser<Origins> = (text) => {
  const parts = text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
  const strange = parts.filter((part) => part !== '*' && keyOf(part) === undefined);
  if (parts.includes('*')) return accepted({ all: true, entries: [], strange });
  // NGINX refuses a map in which a key stands twice.
  const byKey = new Map(parts.flatMap((part) => keyOf(part) ?? []).map((key) => [JSON.stringify(key), key]));
  if (byKey.size === 0) return refused('write origins as scheme://host');
  if (byKey.size > mostOrigins) return refused(`it has ${byKey.size} origins, and at most ${mostOrigins} are taken`);
  return accepted({ all: false, entries: [...byKey.values()], strange });
};

const mostOrigins = 500;

/** In lower case, as schemes and hosts are the same in both; a star stands for one label. The longest host is that of DNS. */
function keyOf(origin: string): MapEntry['key'] | undefined {
  if (origin === 'null') return { exact: 'null' };
  const [, scheme, star, name, port = ''] =
    /^([a-z][a-z0-9+.-]{0,31}):\/\/(\*\.)?([A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?)(:\d{1,5})?$/.exec(origin) ?? [];
  if (scheme === undefined || name === undefined) return undefined;
  const host = name.toLowerCase();
  if (star === undefined) return { exact: `${scheme}://${host}${port}` };
  const literal = (text: string) => text.replace(/[.+]/g, '\\$&');
  return { pattern: `^${literal(scheme)}://[a-z0-9-]+\\.${literal(host)}${port}$`, ignoreCase: true };
}

/** A list that is sent as it was written. A word of NGINX's configuration has less than 4,096 bytes. */
function listText(list: Parser<readonly string[]>): Parser<string> {
  return (text) => {
    if (text.length > 3000) return refused(`it has ${text.length} characters, and at most 3000 are taken`);
    const parsed = list(text);
    return parsed.ok ? accepted(text) : parsed;
  };
}

const names = listText(headerNames);

const exposed: Parser<string> = (text) => (text === '*' ? accepted(text) : names(text));

const maxAge: Parser<number> = (text) => {
  const parsed = int({ min: -1, max: 2_147_483_647 }, ' of seconds')(text);
  return parsed.ok ? parsed : refused('write a number of seconds');
};

const defaultHeaders = 'DNT,Keep-Alive,User-Agent,X-Requested-With,If-Modified-Since,Cache-Control,Content-Type,Range,Authorization';

const keys = {
  'enable-cors': {
    parse: bool,
    doc: 'Whether pages of other origins may read the answers. A preflight (any `OPTIONS` of an allowed origin) is answered with 204, before anybody is asked for a password. The headers are on errors too, and take the place of those of the backend.',
    example: 'true',
    risk: 'low',
    default: false,
    defaultText: 'false',
    like: 'same',
  },
  'cors-allow-origin': {
    parse: origins,
    doc: 'The origins, separated by commas: `scheme://host[:port]`, with `*.` in front of the host for one label, `null`, or `*` for all.',
    example: 'https://app.example.com,https://*.example.org',
    risk: 'medium',
    defaultText: '*',
    like: {
      stricter:
        'what is no origin is left out; a list without any, an empty value and a misspelt key allow nobody, where ingress-nginx allows everybody',
    },
    refusedAs: { value: { all: false, entries: [], strange: [] }, consequence: 'Pages of other origins may not read.' },
  },
  'cors-allow-methods': {
    parse: listText(methods),
    doc: 'The methods that are allowed.',
    example: 'GET, POST',
    risk: 'medium',
    default: 'GET, PUT, POST, DELETE, PATCH, OPTIONS',
    defaultText: 'GET, PUT, POST, DELETE, PATCH, OPTIONS',
    like: { stricter: 'a comma has to stand between two methods' },
  },
  'cors-allow-headers': {
    parse: names,
    doc: 'The headers of requests that are allowed.',
    example: 'X-Token,Content-Type',
    risk: 'medium',
    default: defaultHeaders,
    defaultText: defaultHeaders,
    like: { stricter: 'a comma has to stand between two names' },
  },
  'cors-allow-credentials': {
    parse: bool,
    doc: 'Whether cookies and passwords may be sent along.',
    example: 'false',
    risk: 'low',
    default: true,
    defaultText: 'true',
    like: { stricter: 'a value that is no boolean, an empty one and a misspelt key do not allow it, where ingress-nginx does' },
    refusedAs: { value: false, consequence: 'Neither cookies nor passwords may be sent along.' },
  },
  'cors-expose-headers': {
    parse: exposed,
    doc: 'The headers of answers that may be read, or `*`.',
    example: 'X-Total-Count',
    risk: 'medium',
    defaultText: 'none',
    like: { stricter: 'a comma has to stand between two names' },
  },
  'cors-max-age': {
    parse: maxAge,
    doc: 'Seconds that a browser may keep the answer to a preflight.',
    example: '600',
    risk: 'low',
    default: 1_728_000,
    defaultText: '1728000',
    like: 'same',
  },
} as const satisfies Keys;

type Own = Values<typeof keys>;

/** Cross-origin requests: what browsers of pages of other origins are told. */
export default feature(
  { title: 'Cross-origin requests (CORS)', scope: 'location', whenInvalid: 'ignore', keys },
  {
    emit: (values, context) => {
      const idle = Object.entries(values).filter(([key, value]) => key !== 'enable-cors' && value !== undefined);
      if (values['enable-cors'] !== true)
        return { withoutEffect: idle.map(([key]) => ({ key, reason: `${key} has no effect without enable-cors: "true".` })) };
      const wanted = values['cors-allow-origin'] ?? { all: true, entries: [], strange: [] };
      if (!wanted.all && wanted.entries.length === 0) return {};
      const withoutEffect = wanted.strange.length === 0 ? [] : [{ key: 'cors-allow-origin', reason: strangeText(wanted.strange) }];
      return { ...(wanted.all ? forAll(values) : forSome(values, wanted, context)), withoutEffect };
    },
  },
);

function strangeText(strange: readonly string[]): string {
  const [are, have] = strange.length === 1 ? ['is no origin', 'is'] : ['are no origins', 'are'];
  const quoted = strange.map(shown).join(', ');
  return `${quoted} in cors-allow-origin ${are} and ${have} left out; write scheme://host, such as https://app.example.com.`;
}

/** The headers with their values, that of the origin apart. */
function valuesOf(values: Own): readonly (readonly [string, string])[] {
  const exposedNames = values['cors-expose-headers'];
  return [
    ...((values['cors-allow-credentials'] ?? true) ? [['Access-Control-Allow-Credentials', 'true'] as const] : []),
    ['Access-Control-Allow-Methods', values['cors-allow-methods'] ?? keys['cors-allow-methods'].default],
    ['Access-Control-Allow-Headers', values['cors-allow-headers'] ?? keys['cors-allow-headers'].default],
    ...(exposedNames ? [['Access-Control-Expose-Headers', exposedNames] as const] : []),
    ['Access-Control-Max-Age', String(values['cors-max-age'] ?? keys['cors-max-age'].default)],
  ];
}

const originHeader = 'Access-Control-Allow-Origin';

function header(name: string, value: Word): ResponseHeader {
  return { name, value, always: true };
}

function forAll(values: Own): Contribution {
  const isPreflight: HttpBlock = {
    kind: 'map',
    name: 'gatehouse_options',
    source: variable('request_method'),
    entries: [{ key: { exact: 'OPTIONS' }, value: { text: '1' } }],
    default: { text: '' },
  };
  const response = [header(originHeader, { text: '*' }), ...valuesOf(values).map(([name, value]) => header(name, { text: value }))];
  return {
    http: [isPreflight],
    headers: { response, hidden: response.map(({ name }) => name) },
    answers: [{ variable: isPreflight.name, answer: { kind: 'answer', status: 204 }, headers: [] }],
  };
}

/** For an origin that is not allowed nothing is added, and what the backend says stays. */
function forSome(values: Own, { entries }: Origins, context: FeatureContext<Keys>): Contribution {
  const map = (purpose: string, block: Omit<Extract<HttpBlock, { kind: 'map' }>, 'kind' | 'name'>): HttpBlock => ({
    kind: 'map',
    name: context.unique(purpose, JSON.stringify(block)),
    ...block,
  });
  const origin = map('origin', {
    source: variable('http_origin'),
    entries: entries.map((key) => ({ key, value: variable('http_origin') })),
    default: { text: '' },
  });
  const preflight = map('preflight', {
    source: joined(variable('request_method'), ' ', variable(origin.name)),
    entries: [{ key: { pattern: '^OPTIONS .', ignoreCase: false }, value: { text: '1' } }],
    default: { text: '' },
  });
  const own = [[originHeader, variable(origin.name)] as const, ...valuesOf(values).map(([name, text]) => [name, { text }] as const)];
  const blocks = own.map(([name, value]) => {
    const fromBackend = variable(`upstream_http_${name.toLowerCase().replaceAll('-', '_')}`);
    return {
      name,
      block: map('cors', { source: variable(origin.name), entries: [{ key: { exact: '' }, value: fromBackend }], default: value }),
    };
  });
  return {
    http: [origin, preflight, ...blocks.map(({ block }) => block)],
    headers: {
      response: blocks.map(({ name, block }) => header(name, variable(block.name))),
      hidden: blocks.map(({ name }) => name),
    },
    answers: [{ variable: preflight.name, answer: { kind: 'answer', status: 204 }, headers: [] }],
  };
}
