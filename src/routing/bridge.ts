import {
  type Location,
  type PathMatch,
  portKey,
  type Server,
  type ServerName,
  type Topology,
  type Upstream,
  type UpstreamId,
} from '../model/routing.ts';

/**
 * The step between two topologies where requests that are served now would go to an upstream that NGINX does not know yet: the old
 * routes, with the new upstreams beside those that are there. NGINX has no endpoints for a new upstream until its first worker has asked for
 * them, and answers 502 meanwhile; once it knows them, the next reload takes them along. Undefined where no step is needed, as
 * for new hosts and paths, which nobody is served from yet.
 */
export function bridgeTopology(before: Topology, next: Topology): Topology | undefined {
  const upstreams = withFresh(before.upstreams, next.upstreams);
  const streamUpstreams = withFresh(before.streamUpstreams ?? [], next.streamUpstreams ?? []);
  const isStreamSwitched = streamUpstreams !== undefined && isPortSwitched(before, next);
  if (!(upstreams && isRouteSwitched(before, next)) && !isStreamSwitched) return undefined;
  return { ...before, ...(upstreams ? { upstreams } : {}), ...(streamUpstreams ? { streamUpstreams } : {}) };
}

function freshOf(before: readonly Upstream[], next: readonly Upstream[]): readonly Upstream[] {
  const known = new Set(before.map(({ id }) => id));
  return next.filter(({ id }) => !known.has(id));
}

/** Undefined where nothing is new. */
function withFresh(before: readonly Upstream[], next: readonly Upstream[]): readonly Upstream[] | undefined {
  const fresh = freshOf(before, next);
  return fresh.length === 0 ? undefined : [...before, ...fresh].sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** Whether an open port leads to an upstream that is new. */
function isPortSwitched(before: Topology, next: Topology): boolean {
  const isFresh = new Set(freshOf(before.streamUpstreams ?? [], next.streamUpstreams ?? []).map(({ id }) => id));
  const open = new Set(before.streams.map(portKey));
  const isOpen = next.streams.some((stream) => isFresh.has(stream.upstream) && open.has(portKey(stream)));
  // Without a port before there is no block that could know them.
  return isOpen || (hasStreams(before) && (next.passthrough ?? []).some(({ upstream }) => isFresh.has(upstream)));
}

function isRouteSwitched(before: Topology, next: Topology): boolean {
  const fresh = freshOf(before.upstreams, next.upstreams);
  const isFresh = new Set(fresh.map(({ id }) => id));
  const servers = new Map(before.servers.map((server) => [nameKey(server.name), server]));
  return next.servers.some((server) => {
    const asks = (server.sides ?? []).some(({ target }) => target.kind === 'question' && isFresh.has(target.upstream));
    const locations = server.locations.filter(({ target }) => asks || upstreamsOf(target).some((id) => isFresh.has(id)));
    const serving = locations.length > 0 ? serverBefore(servers, server.name) : undefined;
    return serving !== undefined && locations.some(({ match }) => isServed(serving, match));
  });
}

function hasStreams({ streams, passthrough = [] }: Topology): boolean {
  return streams.length + passthrough.length > 0;
}

function upstreamsOf(target: Location['target']): readonly UpstreamId[] {
  if (target.kind !== 'proxy') return [];
  return target.canary ? [target.upstream, target.canary.upstream] : [target.upstream];
}

function nameKey(name: ServerName): string {
  return name.kind === 'default' ? '' : name.kind === 'exact' ? name.host : `*.${name.suffix}`;
}

/** What answered a host: the server of its name, or of its wildcard, or the one for all other hosts. */
function serverBefore(servers: ReadonlyMap<string, Server>, name: ServerName): Server | undefined {
  const own = servers.get(nameKey(name));
  if (own) return own;
  const parent = name.kind === 'exact' ? servers.get(`*${name.host.slice(name.host.indexOf('.'))}`) : undefined;
  return parent ?? servers.get('');
}

function isServed(server: Server, match: PathMatch): boolean {
  return coveringLocation(server.locations, match)?.target.kind === 'proxy';
}

/** The location of the same match, or the longest prefix that takes its path. */
function coveringLocation(locations: readonly Location[], match: PathMatch): Location | undefined {
  const same = locations.find((location) => location.match.kind === match.kind && location.match.path === match.path);
  if (same) return same;
  return locations
    .filter((location) => location.match.kind === 'prefix' && isUnder(location.match.path, match.path))
    .sort((a, b) => b.match.path.length - a.match.path.length)[0];
}

function isUnder(prefix: string, path: string): boolean {
  return prefix === '/' || path === prefix || path.startsWith(`${prefix}/`);
}
