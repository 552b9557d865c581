import { type Diagnostic, diagnostic } from '../model/diagnostic.ts';
import { type EndpointSet, nameKey, refOf, refText, type Service, type ServicePort } from '../model/objects.ts';
import type { Balancing, Stream, Upstream, UpstreamId } from '../model/routing.ts';
import type { Endpoint, EndpointSource } from '../model/runtime.ts';
import type { Snapshot } from '../model/snapshot.ts';
import { insteadOf } from './backends.ts';
import { endpointsOf, indexEndpoints, wantsIpv6 } from './endpoints.ts';
import { upstreamId } from './identity.ts';
import type { RoutingOptions } from './options.ts';
import { endpointHint, portText, resolutionOf } from './service-ports.ts';
import { readStreamEntries, type StreamEntry } from './stream-entries.ts';

/** The TCP and UDP ports to open, and what stands behind them. */
export interface Streams {
  /** Sorted by port, TCP before UDP. */
  readonly streams: readonly Stream[];
  /** Sorted by id. */
  readonly upstreams: readonly Upstream[];
  readonly endpoints: ReadonlyMap<UpstreamId, EndpointSource>;
  readonly diagnostics: readonly Diagnostic[];
  /** When ports that are taken are to be looked at again; milliseconds since 1970. */
  readonly validUntil?: number;
}

/** A Service port with what stands behind it. */
interface Found {
  readonly upstream: Upstream;
  readonly source: EndpointSource;
  readonly problem?: Problem;
}

interface Problem {
  readonly code: 'ServiceMissing' | 'ServicePortMissing' | 'ServiceWithoutEndpoints' | 'ExternalNameUnusable';
  readonly message: string;
}

interface Context {
  readonly snapshot: Snapshot;
  readonly options: RoutingOptions;
  readonly index: ReturnType<typeof indexEndpoints>;
}

/** How long a port that is taken is left alone. */
const takenAgainMs = 10_000;

/** When a port that is taken is to be looked at again; milliseconds since 1970. */
export function lookAgain(diagnostics: readonly Diagnostic[], now: number): number | undefined {
  return diagnostics.some(({ code }) => code === 'StreamPortTaken') ? now + takenAgainMs : undefined;
}

/** Finds what is behind each port that the ConfigMaps name. A port whose Service, or port of it, is missing is not opened. */
export function buildStreams(snapshot: Snapshot, options: RoutingOptions): Streams {
  const { entries, diagnostics } = readStreamEntries(snapshot, options);
  const again = lookAgain(diagnostics, snapshot.now);
  const validUntil = again === undefined ? {} : { validUntil: again };
  // Most installations open no port, and the endpoints of a cluster are many.
  if (entries.length === 0) return { streams: [], upstreams: [], endpoints: new Map(), diagnostics, ...validUntil };
  const context = { snapshot, options, index: indexEndpoints(snapshot) };
  const upstreams = new Map<UpstreamId, Upstream>();
  const endpoints = new Map<UpstreamId, EndpointSource>();
  const problems: Diagnostic[] = [];
  const streams = entries.flatMap((entry): readonly Stream[] => {
    const found = find(entry, context);
    const problem = 'upstream' in found ? found.problem : found;
    if (problem) problems.push(diagnostic(problem.code, entry.origin.object, entry.origin.field, problem.message));
    if (!('upstream' in found)) return [];
    const { id } = found.upstream;
    upstreams.set(id, found.upstream);
    endpoints.set(id, found.source);
    const { port, protocol, origin, acceptsProxy, sendsProxy } = entry;
    return [{ port, protocol, upstream: id, origin, acceptsProxy, sendsProxy }];
  });
  const sorted = [...upstreams.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
  return { streams, upstreams: sorted, endpoints, diagnostics: [...diagnostics, ...problems], ...validUntil };
}

function find(entry: StreamEntry, context: Context): Found | Problem {
  const { namespace, service: name, servicePort, protocol } = entry;
  const key = nameKey(namespace, name);
  const service = context.snapshot.services.get(key);
  const port = service && findPort(service, entry);
  const instead = insteadOf(context.options, key, [servicePort, ...(port ? [{ number: port.port }, { name: port.name }] : [])]);
  if (instead) return replaced(entry, port ? String(port.port) : portText(servicePort), instead);
  const notOpened = `${protocol} port ${entry.port} is not opened`;
  if (!service) return { code: 'ServiceMissing', message: `there is no Service ${key}, so ${notOpened}. Create it, or correct the name.` };
  if (service.type === 'ExternalName') return external(entry, service, context.options) ?? noPort(service, entry);
  return port ? behind(entry, { service, port, sets: context.index.get(key) ?? [] }, context.options) : noPort(service, entry);
}

/** By number or name, among the ports of the protocol: a DNS server has a TCP and a UDP port of one number. */
function findPort(service: Service, { servicePort, protocol }: StreamEntry): ServicePort | undefined {
  return service.ports.find(
    (port) => port.protocol === protocol && ('number' in servicePort ? port.port === servicePort.number : port.name === servicePort.name),
  );
}

function noPort(service: Service, { protocol, port, servicePort }: StreamEntry): Problem {
  const ports = service.ports.map((one) => `${one.port}${one.name === '' ? '' : ` (${one.name})`} ${one.protocol}`);
  const has = ports.length === 0 ? 'it has no ports' : `it has ${ports.join(', ')}`;
  const message = `${refText(refOf(service))} has no ${protocol} port ${portText(servicePort)}: ${has}. ${protocol} port ${port} is not opened.`;
  return { code: 'ServicePortMissing', message };
}

interface Parts {
  /** The Service's port: a number, or what the entry says where nobody knows the number. */
  readonly port: string;
  readonly resolution: Upstream['resolution'];
  readonly ipv6: boolean;
  readonly balancing?: Balancing;
}

/** The identity is apart from that of http: NGINX asks for the endpoints of both on their own. */
function upstreamOf(entry: StreamEntry, { port, resolution, ipv6, balancing = { kind: 'round_robin' } }: Parts): Upstream {
  const { namespace, service: name, protocol } = entry;
  return {
    id: upstreamId({ namespace, service: name, port: `${protocol} ${port}`, balancing, resolution: resolution.kind }),
    service: { kind: 'Service', namespace, name },
    port,
    resolution,
    ipv6,
    balancing,
  };
}

/** The endpoint that `--backend` names, in place of whatever the manifests say. */
function replaced(entry: StreamEntry, port: string, instead: Endpoint): Found {
  return {
    upstream: upstreamOf(entry, { port, resolution: { kind: 'SRV' }, ipv6: instead.address.includes(':') }),
    source: { kind: 'addresses', endpoints: [instead] },
  };
}

/** `type: ExternalName`: the number counts even where the Service does not list it. Undefined where there is no number. */
function external(entry: StreamEntry, service: Service, options: RoutingOptions): Found | Problem | undefined {
  if (options.disableSvcExternalName) {
    const message = `${refText(refOf(service))} is of type ExternalName, which --disable-svc-external-name switches off; ${entry.protocol} port ${entry.port} is not opened.`;
    return { code: 'ExternalNameUnusable', message };
  }
  const port = 'number' in entry.servicePort ? entry.servicePort.number : findPort(service, entry)?.port;
  if (port === undefined || service.externalName === undefined) return undefined;
  return {
    upstream: upstreamOf(entry, { port: String(port), resolution: { kind: 'A', port }, ipv6: true }),
    source: { kind: 'externalName', name: service.externalName, port },
  };
}

interface ServedPort {
  readonly service: Service;
  readonly port: ServicePort;
  readonly sets: readonly EndpointSet[];
}

function behind(entry: StreamEntry, { service, port, sets }: ServedPort, options: RoutingOptions): Found {
  const addresses = endpointsOf(service, port, sets, options.zone?.current);
  const balancing: Balancing = { kind: service.sessionAffinity === 'ClientIP' ? 'client_ip' : 'round_robin' };
  // The stand-in speaks http, which some clients of a TCP port understand and none of a UDP port.
  const hasStandIn = options.echo && entry.protocol === 'TCP';
  const resolution = resolutionOf(service, port, addresses, balancing.kind === 'client_ip' || hasStandIn);
  const upstream = upstreamOf(entry, { port: String(port.port), resolution, ipv6: wantsIpv6(service, sets), balancing });
  if (addresses.length > 0) return { upstream, source: { kind: 'addresses', endpoints: addresses } };
  const promised = options.assumeEndpoints && service.hasSelector && sets.length === 0;
  if (promised) return { upstream, source: { kind: 'addresses', endpoints: [] } };
  if (hasStandIn) return { upstream, source: { kind: 'standIn', service: upstream.service, port: port.port } };
  const lost =
    entry.protocol === 'TCP' ? `connections to TCP port ${entry.port} are closed` : `what comes to UDP port ${entry.port} is dropped`;
  const message = `${refText(upstream.service)} has no ready endpoint for port ${port.port}${endpointHint(port, sets)}; ${lost} until one appears.`;
  return { upstream, source: { kind: 'addresses', endpoints: [] }, problem: { code: 'ServiceWithoutEndpoints', message } };
}
