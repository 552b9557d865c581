import { endpointsName, otherEndpointsName, srvService } from '../model/endpoint-names.ts';
import { refText } from '../model/objects.ts';
import type { Upstream } from '../model/routing.ts';
import type { NginxSettings } from '../model/settings.ts';
import { comment, printDirective } from './quote.ts';

/** Upstreams of http, with the lines that all of them have. */
export function httpUpstreamViews(upstreams: readonly Upstream[], settings: NginxSettings, directives: readonly string[]) {
  const views = upstreamViews(upstreams, settings, 'gatehouse');
  return views.map((view, index) => {
    const own = upstreams[index]?.directives ?? [];
    const isOwn = (line: string) => own.some(({ name }) => line.startsWith(`${name} `));
    return { ...view, balancing: own.map(printDirective), directives: directives.filter((line) => !isOwn(line)) };
  });
}

/** What `http` and `stream` have in common. Each has shared memory of its own; NGINX wants its size once, where it is named first. */
export function upstreamViews(upstreams: readonly Upstream[], settings: NginxSettings, zone: string) {
  const size = ` ${zoneMegabytes(upstreams.length)}m`;
  return upstreams.map((upstream, index) => ({ ...upstreamView(upstream, settings), zone: `${zone}${index === 0 ? size : ''}` }));
}

/** The addresses of the controller's name server. */
export function resolverText(settings: NginxSettings): string {
  return settings.resolverPorts.map((port) => `127.0.0.1:${port}`).join(' ');
}

/** About 16 KiB for each upstream; pages that are never touched cost nothing. */
function zoneMegabytes(upstreams: number): number {
  return powerOfTwo(Math.max(32, (upstreams * 16) / 1024));
}

/** The smallest power of two that is not less. */
export function powerOfTwo(least: number): number {
  return 2 ** Math.ceil(Math.log2(least));
}

/**
 * An upstream with a resolver of its own has sockets of its own. One is enough for the two questions about addresses; SRV records bring one
 * more for each endpoint, all at once.
 */
function resolverOf({ id, resolution }: Upstream, settings: NginxSettings): string {
  const { resolverPorts: ports } = settings;
  if (resolution.kind === 'SRV') return resolverText(settings);
  // As many digits as a number can hold.
  return `127.0.0.1:${ports[Number.parseInt(id.slice(0, 10), 16) % ports.length] ?? ports[0]}`;
}

function namesOf({ id }: Upstream, { endpointNames = 'usual' }: NginxSettings): readonly string[] {
  const usual = endpointNames === 'other' ? [] : [endpointsName(id)];
  return endpointNames === 'usual' ? usual : [...usual, otherEndpointsName(id)];
}

function serverText(name: string, { resolution }: Upstream): string {
  return resolution.kind === 'A' ? `${name}:${resolution.port} resolve` : `${name} service=${srvService} resolve`;
}

function upstreamView(upstream: Upstream, settings: NginxSettings) {
  return {
    id: upstream.id,
    comment: comment(`${refText(upstream.service)} port ${upstream.port}`),
    servers: namesOf(upstream, settings).map((name) => serverText(name, upstream)),
    ipv6Resolver: upstream.ipv6 ? resolverOf(upstream, settings) : undefined,
    hashByClient: upstream.balancing.kind === 'client_ip',
  };
}
