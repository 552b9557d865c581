import { type Directive, directive, joined, variable } from '../model/directive.ts';
import type { Base, Location, Server } from '../model/routing.ts';
import { namesScheme } from './client-maps.ts';
import type { BlockText } from './http-blocks.ts';
import { answerView, type LocationContext, type LocationView } from './location-view.ts';
import { printDirective } from './quote.ts';
import { commonRedirect, type Listens, type ServerView } from './server-view.ts';
import { hostRoutes, isRoutable, type Route, routeBlocks, routeStart } from './shared-routes.ts';

/** The hosts that share servers, and what is printed for all of them. */
export interface SharedHosts {
  readonly hosts: ReadonlySet<Server>;
  readonly maps: readonly BlockText[];
  readonly servers: readonly ServerView[];
  /** How many entries the largest map has at most. */
  readonly entries: number;
}

/** How many hosts that can share servers have servers of their own all the same: with so few of them it makes no difference but to the reader. */
const hostsApart = 200;

/** NGINX looks through the named locations of a server one by one. */
const namedLocations = 64;

/** What hosts that share servers have in common. */
export interface SharingContext extends LocationContext {
  readonly listens: Listens;
  /** With fewer hosts than this that can share servers none does. */
  readonly least?: number | undefined;
}

/** A host that can share a server. */
interface Candidate {
  readonly host: string;
  readonly server: Server;
  /** What happens to plain http: it is served, the whole host sends it to https by one line, or its locations do one by one. */
  readonly plain: 'served' | { readonly redirect: string } | 'sent by locations';
}

/** One whose routes are entries of maps. */
interface Shared extends Candidate {
  readonly routes: readonly Route[];
}

/**
 * A server and the locations in it take some 60 KiB of NGINX's memory for each host, and time for each reload; an entry of a map takes 100 bytes.
 * So where there are many hosts, those that need nothing of their own share servers: a map tells the named location that a host and a path
 * lead to, and locations that pass on in the same way are there once. What a request costs is the same.
 */
export function shareHosts(servers: readonly Server[], context: SharingContext): SharedHosts {
  const candidates = servers.flatMap((server) => candidateOf(server, context) ?? []);
  if (candidates.length < (context.least ?? hostsApart)) return { hosts: new Set(), maps: [], servers: [], entries: 0 };
  const shared = candidates.map((one) => ({
    ...one,
    routes: hostRoutes(one.host, one.server.locations, context, one.plain === 'sent by locations'),
  }));
  const routes = shared.flatMap((one) => one.routes);
  return {
    hosts: new Set(shared.map(({ server }) => server)),
    maps: routeBlocks(routes),
    servers: [...redirectingServers(shared, context), ...routingServers(shared, context)],
    entries: routes.length,
  };
}

/** A host shares a server when all that it needs can be said in maps and in named locations. */
function candidateOf(server: Server, context: LocationContext): Candidate | undefined {
  const { name, aliases = [], directives, answers = [], headers, sides = [], locations } = server;
  const isBare = [aliases, directives, answers, sides].every((list) => list.length === 0) && !headers;
  if (name.kind !== 'exact' || !isBare || !locations.every(isRoutable)) return undefined;
  const plain = plainOf(locations, context);
  return plain && { host: name.host, server, plain };
}

/** Undefined where it cannot be told by the port what a client speaks, as somebody in front says so. */
function plainOf(locations: readonly Location[], context: LocationContext): Shared['plain'] | undefined {
  if (!locations.some(({ httpsRedirect }) => httpsRedirect)) return 'served';
  if (namesScheme(context.front)) return undefined;
  const redirect = commonRedirect(locations, context);
  return redirect === undefined ? 'sent by locations' : { redirect };
}

/** The names of hosts that send plain http to https, a server for each way to do so. */
function redirectingServers(shared: readonly Shared[], { base, listens }: SharingContext): readonly ServerView[] {
  const ways = Map.groupBy(shared, ({ plain }) => (typeof plain === 'string' ? undefined : plain.redirect));
  return [...ways].flatMap(([redirect, hosts]) =>
    redirect === undefined ? [] : [{ ...serverView(hosts, base, listens.http), comment: 'hosts whose plain http goes to https', redirect }],
  );
}

function routingServers(shared: readonly Shared[], context: SharingContext): readonly ServerView[] {
  const { http, https, quic } = context.listens;
  const { both = [], apart = [] } = Object.groupBy(shared, ({ plain }) => (plain === 'served' ? 'both' : 'apart'));
  const byLocation = apart.filter(({ plain }) => plain === 'sent by locations');
  const servers = (hosts: readonly Shared[], views: ViewsOf, listens: readonly string[]) =>
    inServers(hosts, views).map((some) => routingServer(some, views, context, listens));
  return [
    ...servers(both, anywhere, [...http, ...https, ...quic]),
    ...servers(byLocation, onHttp, http),
    ...servers(apart, anywhere, [...https, ...quic]),
  ];
}

/** Which locations of a route a server has. */
type ViewsOf = (route: Route) => readonly LocationView[];
const anywhere: ViewsOf = ({ views }) => views;
const onHttp: ViewsOf = (route) => route.onHttp;

/** Hosts that lead to the same locations are put together, so that the locations are printed less often. */
function inServers(shared: readonly Shared[], views: ViewsOf): readonly (readonly Shared[])[] {
  const sorted = shared.map((one) => ({ one, ...placesOf(one, views) })).sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  const servers: Shared[][] = [];
  let taken = new Set<string>();
  for (const { one, places } of sorted) {
    const more = places.filter((place) => !taken.has(place));
    const isFull = servers.length === 0 || (taken.size + more.length > namedLocations && taken.size > 0);
    if (isFull) servers.push([one]);
    else servers.at(-1)?.push(one);
    taken = isFull ? new Set(places) : taken;
    for (const place of more) taken.add(place);
  }
  return servers;
}

/** The named locations of a host, and all of them as one text. */
function placesOf({ routes }: Shared, views: ViewsOf): { readonly places: readonly string[]; readonly key: string } {
  const found = new Set<string>();
  for (const route of routes) for (const { match } of views(route)) found.add(match);
  const places = [...found].sort();
  return { places, key: places.join() };
}

function routingServer(hosts: readonly Shared[], views: ViewsOf, context: LocationContext, listens: readonly string[]): ServerView {
  const found = new Map<string, LocationView>();
  for (const { routes } of hosts) for (const route of routes) for (const view of views(route)) found.set(view.match, view);
  return {
    ...serverView(hosts, context.base, listens),
    directives: spanNames(context.http),
    comment: 'hosts that share a server, as maps tell where their paths lead',
    locations: [...routeStart, ...[...found.values()].sort((a, b) => (a.match < b.match ? -1 : 1))],
  };
}

/** The usual name of a span is that of the location, which says nothing here. */
function spanNames(http: readonly Directive[]): readonly string[] {
  const has = (wanted: string) => http.some(({ name }) => name === wanted);
  if (!has('otel_trace') || has('otel_span_name')) return [];
  return [printDirective(directive('otel_span_name', joined(variable('request_method'), ' ', variable('host'))))];
}

function serverView(hosts: readonly Shared[], base: Base, listens: readonly string[]): Omit<ServerView, 'comment'> {
  const names = hosts.map(({ host }) => host).sort();
  return {
    names: names.join('\n            '),
    listens,
    certificate: false,
    redirect: undefined,
    health: undefined,
    directives: [],
    answers: (base.answers ?? []).map((one) => answerView(one, base.headers.response)),
    locations: [],
  };
}
