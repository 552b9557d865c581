import { endpointsName, noEndpointAddress, srvService } from '../model/endpoint-names.ts';
import { refText } from '../model/objects.ts';
import type { Location, Origin, Server, ServerName, Topology, Upstream } from '../model/routing.ts';
import { type NginxSettings, runPaths } from '../model/settings.ts';
import { certificateMaps } from './certificate-maps.ts';
import { locationBlocks } from './locations.ts';
import { comment, printDirective, quoteHost, quoteLiteral, quotePath, quoteWord } from './quote.ts';

/** What the templates print: strings that are nginx.conf text already, lists of them, and switches. */
export type View = ReturnType<typeof viewOf>;

/** Flattens the topology into what the templates name. `generation` is what NGINX answers on the private socket. */
export function viewOf(topology: Topology, settings: NginxSettings, generation: string) {
  const listens = { default: listensOf(settings, ' default_server'), named: listensOf(settings, '') };
  return {
    generation,
    settings: settingsView(settings),
    paths: pathsView(settings),
    resolver: resolverText(settings),
    hash: hashSizes(topology),
    busyUpstream: '~(?:^|[ ,])(?<gatehouse_busy>[0-9a-f]{10})$',
    noEndpoint: `~(?:^|[ ,])${noEndpointAddress.replaceAll('.', '\\.')}:[0-9]+$`,
    certificates: certificateMaps(topology.servers, settings),
    http: topology.http.map(printDirective),
    upstreams: upstreamViews(topology.upstreams, settings),
    servers: topology.servers.flatMap((server) => serverViews(server, listens[server.name.kind === 'default' ? 'default' : 'named'])),
  };
}

function settingsView(settings: NginxSettings) {
  return {
    user: settings.user === undefined ? undefined : quoteLiteral(settings.user),
    workerProcesses: settings.workerProcesses,
    statusListens: settings.statusPort === undefined ? undefined : onAll(settings, settings.statusPort, ''),
    accessLog: settings.accessLog === 'off' ? 'off' : `${quoteWord({ text: settings.accessLog })} upstreaminfo`,
  };
}

function pathsView(settings: NginxSettings) {
  const paths = runPaths(settings.runDirectory);
  return {
    pid: quoteLiteral(paths.pid),
    draining: quoteLiteral(paths.draining),
    ready: quoteLiteral(paths.ready),
    temporary: quoteLiteral(paths.temporary),
    generationSocket: quoteLiteral(`unix:${paths.generationSocket}`),
    unavailableSocket: quoteLiteral(`unix:${paths.unavailableSocket}`),
    brokenSocket: quoteLiteral(`unix:${paths.brokenSocket}`),
  };
}

function resolverText(settings: NginxSettings): string {
  return settings.resolverPorts.map((port) => `127.0.0.1:${port}`).join(' ');
}

/** NGINX refuses a configuration whose names do not fit, so the sizes grow with it: two to four times the number of names. */
function hashSizes(topology: Topology) {
  return { max: powerOfTwo(Math.max(1024, 2 * topology.servers.length)) };
}

/** About 16 KiB for each upstream; pages that are never touched cost nothing. */
function zoneMegabytes(upstreams: number): number {
  return powerOfTwo(Math.max(32, (upstreams * 16) / 1024));
}

function powerOfTwo(least: number): number {
  return 2 ** Math.ceil(Math.log2(least));
}

/** NGINX wants the size of a shared zone once, where it is named first. */
function upstreamViews(upstreams: readonly Upstream[], settings: NginxSettings) {
  const resolver = resolverText(settings);
  const size = ` ${zoneMegabytes(upstreams.length)}m`;
  return upstreams.map((upstream, index) => upstreamView(upstream, resolver, index === 0 ? size : ''));
}

function upstreamView(upstream: Upstream, resolver: string, zoneSize: string) {
  const name = endpointsName(upstream.id);
  return {
    id: upstream.id,
    comment: comment(`${refText(upstream.service)} port ${upstream.port}`),
    server: upstream.resolution.kind === 'A' ? `${name}:${upstream.resolution.port} resolve` : `${name} service=${srvService} resolve`,
    zoneSize,
    ipv6Resolver: upstream.ipv6 ? resolver : undefined,
    hashByClient: upstream.balancing.kind === 'client_ip',
  };
}

interface BlockView {
  readonly comment: string;
  readonly name: string;
  readonly listens: readonly string[];
  readonly certificate: boolean;
  readonly redirects: boolean;
  readonly health: boolean;
  readonly directives: readonly string[];
  readonly locations: readonly LocationView[];
}

/** The arguments of `listen` for each port. */
interface Listens {
  readonly http: readonly string[];
  readonly https: readonly string[];
  readonly both: readonly string[];
}

function listensOf(settings: NginxSettings, suffix: string): Listens {
  const http = onAll(settings, settings.httpPort, suffix);
  const https = onAll(settings, settings.httpsPort, ` ssl${suffix}`);
  return { http, https, both: [...http, ...https] };
}

/** The arguments of `listen` for a port on all addresses. */
function onAll(settings: NginxSettings, port: number, suffix: string): readonly string[] {
  return (settings.ipv6 ? ['', '[::]:'] : ['']).map((address) => `${address}${port}${suffix}`);
}

/** One block for both ports; a host whose plain http goes to https has a block for each. */
function serverViews(server: Server, listens: Listens): readonly BlockView[] {
  if (!server.locations.some((location) => location.httpsRedirect)) return [blockView(server, listens.both)];
  const everything = server.locations.every((location) => location.httpsRedirect);
  const http = blockView(server, listens.http, { plain: true });
  return [everything ? { ...http, redirects: true, locations: [] } : http, blockView(server, listens.https)];
}

function blockView(server: Server, listens: readonly string[], options: { readonly plain?: boolean } = {}): BlockView {
  const blocks = locationBlocks(server.locations);
  const isDefault = server.name.kind === 'default';
  return {
    comment: comment(serverComment(server)),
    name: serverNameText(server.name),
    listens,
    certificate: isDefault && options.plain !== true,
    redirects: false,
    health: isDefault && !blocks.some((block) => block.modifier === '= ' && block.path === '/healthz'),
    directives: server.directives.map(printDirective),
    locations: blocks.map(({ modifier, path, location }) => locationView(modifier + quotePath(path), location, options.plain === true)),
  };
}

function serverComment(server: Server): string {
  if (server.name.kind === 'default') return 'every host that no rule names';
  const host = server.name.kind === 'exact' ? server.name.host : `*.${server.name.suffix}`;
  return `${host}: ${[...new Set(server.origins.map((origin) => refText(origin.object)))].join(', ')}`;
}

/** A wildcard is exactly one label of letters, digits, `_` and `-`; NGINX's own `*.` would take any number of labels. */
function serverNameText(name: ServerName): string {
  if (name.kind === 'default') return '_';
  return name.kind === 'exact' ? quoteHost(name.host) : quoteLiteral(`~^[\\w-]+\\.${name.suffix.replace(/[^a-z0-9-]/gu, '\\$&')}$`);
}

interface LocationView {
  readonly match: string;
  readonly comment: string | undefined;
  readonly directives: readonly string[];
  readonly upstream: string | undefined;
  readonly status: number | undefined;
  readonly redirects: boolean;
}

function locationView(match: string, location: Location, plain: boolean): LocationView {
  const redirects = plain && location.httpsRedirect;
  const { target } = location;
  return {
    match,
    comment: location.origin && comment(originText(location.origin)),
    directives: redirects ? [] : location.directives.map(printDirective),
    upstream: !redirects && target.kind === 'proxy' ? target.upstream : undefined,
    status: !redirects && target.kind === 'answer' ? target.status : undefined,
    redirects,
  };
}

/** How a block names what asked for it; `origin.ts` reads it back when NGINX complains about a line. */
export function originText(origin: Origin): string {
  return `${refText(origin.object)} ${origin.field}`;
}
