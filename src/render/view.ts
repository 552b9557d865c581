import { type Directive, variable } from '../model/directive.ts';
import { noEndpointAddress, upstreamIdPattern } from '../model/endpoint-names.ts';
import { clientVariables, type Front, noFront } from '../model/front.ts';
import type { Overrides } from '../model/overrides.ts';
import type { Base, Topology } from '../model/routing.ts';
import { type NginxSettings, runPaths } from '../model/settings.ts';
import { accessLogView } from './access-log-view.ts';
import { allServers } from './all-servers.ts';
import { certificateMaps } from './certificate-maps.ts';
import { clientMaps } from './client-maps.ts';
import { direct, directWords, withDirectVariables } from './direct-variables.ts';
import { hashLines } from './hash-sizes.ts';
import { headerLines, noHeaders } from './headers.ts';
import { httpBlockTexts, zoneLines } from './http-blocks.ts';
import { http3Lines, withAltSvc } from './http3.ts';
import { closedListens } from './listens.ts';
import type { OriginView } from './origin-variables.ts';
import { printDirective, quoteLiteral, quoteWord, withFiles } from './quote.ts';
import { onAll } from './server-view.ts';
import { streamModule, streamView } from './stream-view.ts';
import { httpUpstreamViews, resolverText } from './upstream-view.ts';

/** What the templates print: strings that are nginx.conf text already, lists of them, and switches. */
export type View = ReturnType<typeof viewOf>;

/** Flattens the topology into what the templates name. `generation` is what NGINX answers on the private socket. */
export function viewOf(topology: Topology, settings: NginxSettings, generation: string) {
  const front = topology.base?.front ?? noFront;
  const base = withDirectVariables(withAltSvc(topology.base ?? noBase, settings), front);
  const { overrides = {} } = base;
  const log = accessLogView(settings, overrides.accessLog);
  const listening = { settings, front, overrides, isPassedOn: (topology.passthrough?.length ?? 0) > 0 };
  const context = { base, front, unmatchedLines: log.unmatched, ...commonContext(topology, settings, overrides) };
  const servers = allServers(topology, listening, context);
  return {
    generation,
    settings: settingsView(settings, overrides),
    log: log.lines,
    closedListens: closedListens(listening),
    hasHttp3: overrides.http3 !== undefined,
    hosts: hostVariables(overrides, front),
    paths: pathsView(settings),
    resolver: resolverText(settings),
    hashes: hashLines(topology.servers.length, servers.entries, overrides.leastSizes),
    ...failurePatterns,
    client: httpBlockTexts(clientMaps(front, settings)),
    certificates: certificateMaps(topology.servers, settings),
    main: printSorted(base.main),
    events: printSorted(base.events),
    http: httpLines(topology, base, settings),
    blocks: httpBlockTexts(base.blocks),
    upstreams: httpUpstreamViews(topology.upstreams, settings, printSorted(base.upstream)),
    routes: servers.maps,
    servers: servers.views,
    stream: streamView(topology, settings),
    modules: modulesOf(topology, settings),
    untraced: untraced(topology),
  };
}

/** Where the host stands that the client asked for: in the Host header, and for us. */
function hostVariables({ http3 }: Overrides, front: Front) {
  const client = direct(variable(clientVariables.host), directWords(front));
  return { header: http3 ? '$gatehouse_host_header' : '$http_host', client: quoteWord(client) };
}

/** What `$upstream_addr` ends with where an upstream had no endpoint to give: while they change, and where there are none. */
const failurePatterns = {
  busyUpstream: `~(?:^|[ ,])(?<gatehouse_busy>${upstreamIdPattern})$`,
  noEndpoint: `~(?:^|[ ,])${noEndpointAddress.replaceAll('.', '\\.')}:[0-9]+$`,
} as const;

/** What locations need to know that no switch of the front decides. */
function commonContext(topology: Topology, settings: NginxSettings, overrides: Overrides) {
  return {
    http: topology.http,
    files: runPaths(settings.runDirectory).files,
    httpsPort: settings.publicHttpsPort ?? settings.httpsPort,
    origin: originViewOf(topology, overrides),
    untraced: untraced(topology),
  };
}

/** What `load_module` has to load first. */
function modulesOf(topology: Topology, settings: NginxSettings): readonly string[] {
  const traces = topology.base?.blocks.some(({ kind }) => kind === 'exporter') ?? false;
  const paths = [streamModule(topology, settings), traces ? settings.otelModule : undefined];
  return paths.flatMap((path) => (path === undefined ? [] : [quoteLiteral(path)]));
}

/** In what NGINX answers to the controller and to probes, where everything else is traced. */
function untraced({ http }: Topology): readonly string[] {
  return http.some(({ name }) => name === 'otel_trace') ? ['otel_trace off;'] : [];
}

function httpLines(topology: Topology, base: Base, settings: NginxSettings): readonly string[] {
  const { files } = runPaths(settings.runDirectory);
  const directives = topology.http.map((one) => withFiles(one, files));
  return [
    ...printSorted(directives),
    ...zoneLines(base.blocks, settings),
    ...http3Lines(base, settings),
    ...headerLines(noHeaders, base.headers),
  ];
}

const noBase: Base = { main: [], events: [], upstream: [], blocks: [], headers: noHeaders };

/** By name, so that it does not matter which setting asked for it first. */
function printSorted(directives: readonly Directive[]): readonly string[] {
  return directives.toSorted((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0)).map(printDirective);
}

function settingsView(settings: NginxSettings, { workerProcesses, withoutRequestIds }: Overrides) {
  return {
    givesRequestIds: !withoutRequestIds,
    user: settings.user === undefined ? undefined : quoteLiteral(settings.user),
    workerProcesses: workerProcesses ?? settings.workerProcesses,
    statusListens: settings.statusPort === undefined ? undefined : onAll(settings, settings.statusPort, ''),
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

/** The upstreams are only looked up where the log asks for what is behind them. */
function originViewOf({ upstreams }: Topology, { accessLog }: Overrides): OriginView {
  const variables = accessLog?.origin ?? [];
  return { variables, upstreams: new Map(variables.length === 0 ? [] : upstreams.map((one) => [one.id, one])) };
}
