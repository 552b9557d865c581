import { refText } from '../model/objects.ts';
import type { Location, Server, Topology, Upstream, UpstreamId } from '../model/routing.ts';

/** How a person reaches what is served: what the table and the curl lines are made of. */
export interface Route {
  readonly host: string;
  readonly path: string;
  readonly type: 'Exact' | 'Prefix';
  readonly to: string;
  readonly from: string;
  readonly https: boolean;
}

/** The routes of a topology, host by host; what no Ingress asked for is left out. */
export function routesOf(topology: Topology): readonly Route[] {
  const upstreams = new Map(topology.upstreams.map((upstream) => [upstream.id, upstream]));
  return topology.servers.flatMap((server) =>
    server.locations.filter((location) => location.origin !== undefined).map((location) => routeOf(server, location, upstreams)),
  );
}

function routeOf(server: Server, location: Location, upstreams: ReadonlyMap<UpstreamId, Upstream>): Route {
  return {
    host: hostText(server),
    path: location.match.path,
    type: location.match.kind === 'exact' ? 'Exact' : 'Prefix',
    to: targetText(location, upstreams),
    from: location.origin ? refText(location.origin.object).replace('Ingress ', '') : '',
    https: location.httpsRedirect,
  };
}

function hostText({ name }: Server): string {
  if (name.kind === 'default') return '*';
  return name.kind === 'exact' ? name.host : `*.${name.suffix}`;
}

function targetText({ target }: Location, upstreams: ReadonlyMap<UpstreamId, Upstream>): string {
  if (target.kind === 'answer') return String(target.status);
  const upstream = upstreams.get(target.upstream);
  return upstream ? `${upstream.service.namespace}/${upstream.service.name}:${upstream.port}` : target.upstream;
}

/** A table of at most `limit` routes. */
export function routesTable(routes: readonly Route[], limit: number): string {
  const rows = [
    ['HOST', 'PATH', 'TYPE', 'SERVICE', 'INGRESS'],
    ...routes.slice(0, limit).map((r) => [r.host, r.path, r.type, r.to, r.from]),
  ];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map((row) => `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd());
  if (routes.length > limit) lines.push(`  … and ${routes.length - limit} more`);
  return lines.join('\n');
}

/** A curl line for the first route of each host, at most `limit`, ready to paste. */
export function curlLines(
  routes: readonly Route[],
  ports: { readonly http: number; readonly https: number },
  limit: number,
): readonly string[] {
  const hosts = new Map<string, Route>();
  for (const route of routes) if (!hosts.has(route.host)) hosts.set(route.host, route);
  return [...hosts.values()].slice(0, limit).map((route) => {
    const host = route.host === '*' ? 'anything.example.org' : route.host.replace(/^\*/, 'any');
    const path = shellSafe(encodeURI(route.path));
    if (!route.https) return `curl --resolve ${host}:${ports.http}:127.0.0.1 http://${host}:${ports.http}${path}`;
    return `curl --insecure --resolve ${host}:${ports.https}:127.0.0.1 https://${host}:${ports.https}${path}`;
  });
}

function shellSafe(path: string): string {
  return /^[\w./%-]*$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}
