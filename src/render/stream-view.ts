import { noFront } from '../model/front.ts';
import { refText } from '../model/objects.ts';
import type { Stream, Topology } from '../model/routing.ts';
import type { NginxSettings } from '../model/settings.ts';
import { comment, printDirective, quoteLiteral, quoteWord } from './quote.ts';
import { onAll } from './server-view.ts';
import { upstreamViews } from './upstream-view.ts';

/** What the block `stream` prints; undefined: there is no port to pass on, and no such block. */
export function streamView({ streams, streamUpstreams = [], base }: Topology, settings: NginxSettings) {
  if (streams.length === 0) return undefined;
  const lines = (base?.stream ?? []).toSorted((a, b) => (a.name < b.name ? -1 : 1)).map(printDirective);
  return {
    accessLog: settings.accessLog === 'off' ? 'off' : `${quoteWord({ text: settings.accessLog })} log_stream`,
    lines: [...lines, ...(streams.some((stream) => stream.acceptsProxy) ? trustLines(base?.front ?? noFront) : [])],
    upstreams: upstreamViews(streamUpstreams, settings, 'gatehouse_streams'),
    servers: streams.map((stream) => serverView(stream, settings)),
  };
}

/** What `load_module` has to load first; undefined where nothing has to be. */
export function streamModule({ streams }: Topology, { streamModule: path }: NginxSettings): string | undefined {
  return path === undefined || streams.length === 0 ? undefined : quoteLiteral(path);
}

/** Whose PROXY protocol headers name the client, to the log, the backend and the hash alike. A port takes the header from everybody. */
function trustLines({ trusted }: { readonly trusted: 'all' | readonly string[] }): readonly string[] {
  const networks = trusted === 'all' ? ['0.0.0.0/0', '::/0'] : trusted;
  return networks.map((network) => `set_real_ip_from ${quoteLiteral(network)};`);
}

/**
 * All datagrams of one UDP client have to reach the same worker, which knows the client's session: `reuseport` has the system see to
 * that, with a socket for each worker.
 */
function serverView({ port, protocol, upstream, origin, acceptsProxy, sendsProxy }: Stream, settings: NginxSettings) {
  const suffix = protocol === 'UDP' ? ' udp reuseport' : acceptsProxy ? ' proxy_protocol' : '';
  return {
    comment: comment(`${refText(origin.object)} ${origin.field}`),
    listens: onAll(settings, port, suffix),
    upstream,
    sendsProxy,
  };
}
