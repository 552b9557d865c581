import { noFront } from '../model/front.ts';
import { refText } from '../model/objects.ts';
import type { Overrides } from '../model/overrides.ts';
import type { Passthrough, Stream, Topology } from '../model/routing.ts';
import { type NginxSettings, runPaths } from '../model/settings.ts';
import { streamLogLines } from './access-log-view.ts';
import { addressPrefixes, deferral } from './listens.ts';
import { comment, printDirective, quoteLiteral } from './quote.ts';
import { serverNameText } from './server-view.ts';
import { upstreamViews } from './upstream-view.ts';

/** What the block `stream` prints; undefined: there is no port to pass on, and no such block. */
export function streamView({ streams, streamUpstreams = [], passthrough = [], base }: Topology, settings: NginxSettings) {
  if (streams.length + passthrough.length === 0) return undefined;
  const overrides = base?.overrides ?? {};
  const lines = (base?.stream ?? []).toSorted((a, b) => (a.name < b.name ? -1 : 1)).map(printDirective);
  return {
    log: streamLogLines(settings, overrides.streamLog),
    lines: [
      ...lines,
      ...(streams.some((stream) => stream.acceptsProxy) || (passthrough.length > 0 && base?.front?.proxyProtocol)
        ? trustLines(base?.front ?? noFront)
        : []),
    ],
    upstreams: upstreamViews(streamUpstreams, settings, 'gatehouse_streams'),
    // With a list of addresses that nobody understands none of them is served.
    servers: overrides.addresses?.length === 0 ? [] : streams.map((stream) => serverView(stream, settings, overrides)),
    passthrough: passthrough.length === 0 ? undefined : passthroughView(passthrough, settings, base),
    closedListens: closedListens(streams, settings, overrides),
  };
}

/** What has to be loaded for it; undefined where nothing has to be. */
export function streamModule({ streams, passthrough = [] }: Topology, { streamModule: path }: NginxSettings): string | undefined {
  return path === undefined || streams.length + passthrough.length === 0 ? undefined : path;
}

/** The https port, where the name in the handshake decides: what no host has asked for is ended here. */
function passthroughView(passthrough: readonly Passthrough[], settings: NginxSettings, base: Topology['base']) {
  const end = base?.front?.proxyProtocol ? ' proxy_protocol' : '';
  const listens = addressPrefixes(settings, base?.overrides ?? {}).map((prefix) => `${prefix}${settings.httpsPort}`);
  return {
    listens: listens.map((listen) => `${listen} default_server${end}${deferral(settings)}`),
    socket: quoteLiteral(`unix:${runPaths(settings.runDirectory).httpsSocket}`),
    servers: passthrough.map(({ name, upstream, origin }) => ({
      comment: comment(`${refText(origin.object)} ${origin.field}`),
      listens: listens.map((listen) => `${listen}${end}`),
      name: serverNameText(name),
      upstream,
    })),
  };
}

/** Whose PROXY protocol headers name the client, to the log, the backend and the hash alike. A port takes the header from everybody. */
function trustLines({ trusted }: { readonly trusted: 'all' | readonly string[] }): readonly string[] {
  const networks = trusted === 'all' ? ['0.0.0.0/0', '::/0'] : trusted;
  return networks.map((network) => `set_real_ip_from ${quoteLiteral(network)};`);
}

function serverView(stream: Stream, settings: NginxSettings, overrides: Overrides) {
  const { port, upstream, origin, sendsProxy } = stream;
  const suffix = listenSuffix(stream, overrides.addresses === undefined);
  return {
    comment: comment(`${refText(origin.object)} ${origin.field}`),
    listens: addressPrefixes(settings, overrides).map((prefix) => `${prefix}${port}${suffix}`),
    upstream,
    sendsProxy,
  };
}

/**
 * All datagrams of one UDP client have to reach the same worker, which knows the client's session: `reuseport` has the system see to
 * that, with a socket for each worker. NGINX takes it once, where the port is bound.
 */
function listenSuffix({ protocol, acceptsProxy }: Stream, isBound: boolean): string {
  if (protocol === 'UDP') return isBound ? ' udp reuseport' : ' udp';
  return acceptsProxy ? ' proxy_protocol' : '';
}

/** Where only some addresses are served, the ports are bound on all of them all the same, as those of http are. */
function closedListens(streams: readonly Stream[], settings: NginxSettings, { addresses, ...others }: Overrides): readonly string[] {
  if (!addresses) return [];
  const prefixes = addressPrefixes(settings, others);
  return streams.flatMap((stream) => prefixes.map((prefix) => `${prefix}${stream.port}${listenSuffix(stream, true)}`));
}
