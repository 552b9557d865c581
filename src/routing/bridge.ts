import type { Location, PathMatch, Server, ServerName, Topology } from '../model/routing.ts';

/**
 * The step between two topologies where requests that are served now would go to an upstream that NGINX does not know yet: the old
 * routes, with the new upstreams beside those that are there. NGINX has no endpoints for a new upstream until its first worker has asked for
 * them, and answers 502 meanwhile; once it knows them, the next reload takes them along. Undefined where no step is needed, as
 * for new hosts and paths, which nobody is served from yet.
 */
export function bridgeTopology(before: Topology, next: Topology): Topology | undefined {
  const known = new Set(before.upstreams.map(({ id }) => id));
  const fresh = next.upstreams.filter(({ id }) => !known.has(id));
  if (fresh.length === 0) return undefined;
  const isFresh = new Set(fresh.map(({ id }) => id));
  const servers = new Map(before.servers.map((server) => [nameKey(server.name), server]));
  const isSwitched = next.servers.some((server) => {
    const locations = server.locations.filter(({ target }) => target.kind === 'proxy' && isFresh.has(target.upstream));
    const serving = locations.length > 0 ? serverBefore(servers, server.name) : undefined;
    return serving !== undefined && locations.some(({ match }) => isServed(serving, match));
  });
  if (!isSwitched) return undefined;
  return { ...before, upstreams: [...before.upstreams, ...fresh].sort((a, b) => (a.id < b.id ? -1 : 1)) };
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
