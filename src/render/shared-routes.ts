import { hash } from 'node:crypto';
import { joined, variable, type Word } from '../model/directive.ts';
import type { MapBlock } from '../model/http-block.ts';
import { refText } from '../model/objects.ts';
import type { Location, Origin, UpstreamId } from '../model/routing.ts';
import { type BlockText, httpBlockTexts } from './http-blocks.ts';
import { type LocationContext, type LocationView, locationContent, originText } from './location-view.ts';
import { passLine } from './pass.ts';
import { comment, quoteKey, quoteWord } from './quote.ts';

/** A path of a host, and the named location that it leads to. */
export interface Route {
  /** Host and path; an exact one, or the beginning by path element. */
  readonly key: string;
  readonly table: Table;
  /** The name of the location. */
  readonly to: string;
  /** The location, and others that it needs. */
  readonly views: readonly LocationView[];
  /** The same where plain http arrives: the location of that name may send it to https. */
  readonly onHttp: readonly LocationView[];
  readonly origin: Origin | undefined;
}

/** Exact paths, or prefixes by the number of their path elements. */
type Table = 'exact' | 0 | (typeof elements)[number];

const elements = [4, 3, 2, 1] as const;
const nowhere = '@gatehouse_nowhere';

/**
 * What a location may have to be a named one: NGINX checks the size of a body before it goes there, and looks for nothing else of these
 * before that (ngx_http_core_find_config_phase).
 */
const allowed = /^(?:proxy_|grpc_|fastcgi_|limit_(?:req|conn|rate)|access_log$|rewrite_log$|auth_basic|allow$|deny$|satisfy$|client_body_)/;

/** How long keys of a table may be; some of them have to fit into one bucket of its hash. */
const longestKey = 150;

/** Whether a location can be an entry of a table with a named location behind it. */
export function isRoutable({ match, directives, errorPages, standIn }: Location): boolean {
  if (match.kind === 'regex' || errorPages || standIn) return false;
  const isShort = match.path.length <= longestKey && (match.kind === 'exact' || elementsOf(match.path) !== undefined);
  // NGINX looks up keys without regard to case.
  return isShort && !/[A-Z]|\/\//.test(match.path) && directives.every(({ name }) => allowed.test(name));
}

/**
 * The entries of a host; of two with the same key the first counts, as for locations. `sends` is whether its locations send plain http to https
 * one by one.
 */
export function hostRoutes(host: string, locations: readonly Location[], context: LocationContext, sends: boolean): readonly Route[] {
  return locations
    .filter((location) => !isNobodys(location, context) || (sends && location.httpsRedirect))
    .map((location) => {
      const { match, origin } = location;
      const table = match.kind === 'exact' ? 'exact' : (elementsOf(match.path) ?? 0);
      return { key: `${host}${match.path}`, table, origin, ...namedViews(location, context, sends && location.httpsRedirect) };
    });
}

/** The 404 of paths that no rule has is what the tables say about everything else. */
function isNobodys(location: Location, { origin: log }: LocationContext): boolean {
  const { match, target, directives, headers, answers, origin } = location;
  if (target.kind !== 'answer' || target.status !== 404 || target.body !== undefined || (origin && log.variables.length > 0)) return false;
  return match.kind === 'prefix' && match.path === '/' && directives.length === 0 && !headers && !answers;
}

/** Locations with the same content are one, unless an Ingress has put something of its own into it: it is then answerable for it alone. */
function namedViews(location: Location, context: LocationContext, sends: boolean): Pick<Route, 'to' | 'views' | 'onHttp'> {
  const plain = sends || context.origin.variables.length > 0 ? undefined : plainUpstream(location);
  if (plain !== undefined) {
    const views = [plainView(plain)];
    return { to: plainName(plain), views, onHttp: views };
  }
  const { content, failed } = locationContent(location, context, false);
  const onHttp = sends ? locationContent(location, context, true).content : content;
  const told = [location.origin ? refText(location.origin.object) : '', ...textsOf(content), ...(sends ? textsOf(onHttp) : [])];
  const to = `@gatehouse_to_${hash('sha256', told.join('\n')).slice(0, 10)}`;
  const further = failed ? [failed] : [];
  return { to, views: [{ match: to, ...content }, ...further], onHttp: [{ match: to, ...onHttp }, ...(sends ? [] : further)] };
}

function textsOf({ lines, answers, ends }: Omit<LocationView, 'match'>): readonly string[] {
  return [...lines, ...answers.flatMap((one) => [one.condition, ...one.lines]), ...ends];
}

/** Where a location leads that says nothing else: most do, so they are told apart without being printed one by one. */
function plainUpstream({ match, origin, httpsRedirect, redirect, directives, target, ...others }: Location): UpstreamId | undefined {
  if (directives.length > 0 || target.kind !== 'proxy' || target.canary || Object.keys(others).length > 0) return undefined;
  return target.upstream;
}

function plainName(upstream: UpstreamId): string {
  return `@gatehouse_to_${upstream}`;
}

function plainView(upstream: UpstreamId): LocationView {
  return { match: plainName(upstream), comment: undefined, lines: [], answers: [], ends: [passLine('http', upstream)] };
}

/** Undefined for more of them than there are tables. */
function elementsOf(path: string): 0 | (typeof elements)[number] | undefined {
  const count = path === '/' ? 0 : path.split('/').length - 1;
  return count === 0 ? 0 : elements.find((one) => one === count);
}

/** The maps from host and path to the name of a location: the exact path first, then the longest prefix. */
export function routeBlocks(routes: readonly Route[]): readonly BlockText[] {
  const tables = Map.groupBy(routes, ({ table }) => table);
  const used = elements.filter((count) => tables.has(count));
  const chain: readonly Table[] = [...(tables.has('exact') ? (['exact'] as const) : []), ...used, 0];
  return [
    ...httpBlockTexts([...(tables.has('exact') ? [lowerCase] : []), ...used.map(leading)]),
    ...chain.map((table, index) => {
      const next = chain[index + 1];
      const otherwise = next === undefined ? nowhere : `$${tableName(next)}`;
      const name = index === 0 ? 'gatehouse_route' : tableName(table);
      return { head: `map ${quoteWord(source(table))} $${name}`, lines: [`default ${otherwise};`, ...entryLines(tables.get(table) ?? [])] };
    }),
  ];
}

function entryLines(routes: readonly Route[]): readonly string[] {
  const lines: string[] = [];
  const known = new Set<string>();
  for (const { key, to, origin } of routes) {
    if (known.has(key)) continue;
    known.add(key);
    if (origin) lines.push(`# ${comment(originText(origin))}`);
    lines.push(`${quoteKey(key)} ${to};`);
  }
  return lines;
}

function tableName(table: Table): string {
  return `gatehouse_route_${table}`;
}

function source(table: Table): Word {
  if (table === 0) return joined(variable('host'), '/');
  return joined(variable('host'), variable(table === 'exact' ? lowerCase.name : leading(table).name));
}

/** No key has a capital letter; a path with one would be found by another path. */
const lowerCase: MapBlock = {
  kind: 'map',
  name: 'gatehouse_lower_case',
  source: variable('uri'),
  entries: [{ key: { pattern: '[A-Z]', ignoreCase: false }, value: { text: '' } }],
  default: variable('uri'),
};

/** The first elements of the path, if there are so many; empty, which no key is, where one has a capital letter. */
function leading(count: 1 | 2 | 3 | 4): MapBlock {
  const some = count === 1 ? '/[^/A-Z]+' : `(?:/[^/A-Z]+){${count}}`;
  return {
    kind: 'map',
    name: `gatehouse_elements_${count}`,
    source: variable('uri'),
    entries: [{ key: { pattern: `^(${some})(?:/|\\z)`, ignoreCase: false }, value: variable('1') }],
    default: { text: '' },
  };
}

/** Where every request of a shared server begins: `418` is nothing but the way to the named location. */
export const routeStart: readonly LocationView[] = [
  {
    match: '/',
    comment: undefined,
    lines: ['recursive_error_pages on;', 'error_page 418 = $gatehouse_route;'],
    answers: [],
    ends: ['return 418;'],
  },
  { match: nowhere, comment: undefined, lines: [], answers: [], ends: ['return 404;'] },
];
