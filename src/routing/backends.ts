import { isIP, isIPv6 } from 'node:net';
import { accepted, type Parsed, refused } from '../annotations/parsers.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import { diagnostic } from '../model/diagnostic.ts';
import type { Backend, EndpointSet, Service, ServicePort, ServicePortRef } from '../model/objects.ts';
import { nameKey } from '../model/objects.ts';
import type { Answer, Balancing, Origin, Target, Upstream, UpstreamId, UpstreamSettings } from '../model/routing.ts';
import type { Endpoint, EndpointSource } from '../model/runtime.ts';
import type { Snapshot } from '../model/snapshot.ts';
import { type EndpointIndex, endpointsOf, indexEndpoints, wantsIpv6 } from './endpoints.ts';
import { upstreamId } from './identity.ts';
import { namedHost, serviceInName } from './named-hosts.ts';
import type { RoutingOptions } from './options.ts';
import {
  type BackendProblem,
  endpointsMissing,
  externalDisabled,
  findPort,
  type Instead,
  portMissing,
  portText,
  problemText,
  resolutionOf,
  serviceMissing,
  targetPortProblem,
  unavailable,
} from './service-ports.ts';

/** Turns the backends of Ingresses into upstreams, once for each Service port, and tells what is wrong with them. */
export interface Backends {
  /** Where the requests of `origin` go, with its settings. Namespaces do not mix: the Service is looked for beside the Ingress. */
  resolve(backend: Backend, origin: Origin, how?: Resolving): Target | Answer;
  /** The first TCP port of a Service that an annotation names; what is wrong with it is for the annotation to say. */
  named(namespace: string, name: string): Parsed<Target>;
  /** A host that a URL names. A Service by its name in the cluster is asked at its endpoints, as there need not be a DNS server that knows it. */
  host(name: string, port: number, settings?: UpstreamSettings): Parsed<Target>;
  /** What the operator has chosen for requests that no rule matches: the first TCP port of a Service, or 404. */
  readonly fallback: Target | Answer;
  readonly upstreams: ReadonlyMap<UpstreamId, Upstream>;
  readonly endpoints: ReadonlyMap<UpstreamId, EndpointSource>;
  readonly diagnostics: readonly Diagnostic[];
}

/** How a backend is to be used, and who answers where it does not; nobody: 503. */
export interface Resolving {
  readonly settings?: UpstreamSettings | undefined;
  readonly instead?: Instead | undefined;
}

/** A Service port with what stands behind it. */
interface Found {
  readonly upstream: Upstream;
  readonly source: EndpointSource;
  readonly problem?: BackendProblem;
}

/** What one build has found so far. */
interface Lookup {
  readonly snapshot: Snapshot;
  readonly options: RoutingOptions;
  readonly index: EndpointIndex;
  readonly known: Map<string, Found | BackendProblem>;
  readonly upstreams: Map<UpstreamId, Upstream>;
  readonly endpoints: Map<UpstreamId, EndpointSource>;
  /** One for all locations that go there. */
  readonly targets: Map<UpstreamId, Target>;
  readonly diagnostics: Diagnostic[];
}

/** Starts the resolution of one build. */
export function createBackends(snapshot: Snapshot, options: RoutingOptions): Backends {
  const found = { known: new Map(), upstreams: new Map(), endpoints: new Map(), targets: new Map(), diagnostics: [] };
  const lookup: Lookup = { snapshot, options, index: indexEndpoints(snapshot), ...found };
  const resolve: Backends['resolve'] = (backend, origin, how = {}) => resolveBackend(lookup, backend, origin, how);
  return {
    resolve,
    named: (namespace, name) => {
      const found = lookUp(lookup, { namespace, name, port: firstPort(snapshot, namespace, name) });
      return 'upstream' in found ? accepted(use(lookup, found)) : refused(`there is no Service ${namespace}/${name} with a TCP port`);
    },
    host: (name, port, settings) => resolveHost(lookup, { name, port, ...(settings ? { settings } : {}) }),
    fallback: fallbackTarget(snapshot, options, resolve),
    upstreams: lookup.upstreams,
    endpoints: lookup.endpoints,
    diagnostics: lookup.diagnostics,
  };
}

function lookUp({ snapshot, options, index, known }: Lookup, wanted: Wanted): Found | BackendProblem {
  const settings = wanted.settings ? JSON.stringify(wanted.settings) : '';
  const key = `${wanted.namespace}/${wanted.name}:${portText(wanted.port)}${settings}`;
  const found = known.get(key) ?? find(snapshot, index, options, wanted);
  known.set(key, found);
  return found;
}

function use({ upstreams, endpoints, targets }: Lookup, { upstream, source }: Found): Target {
  upstreams.set(upstream.id, upstream);
  endpoints.set(upstream.id, source);
  const target = targets.get(upstream.id) ?? { kind: 'proxy', upstream: upstream.id };
  targets.set(upstream.id, target);
  return target;
}

function resolveBackend(lookup: Lookup, backend: Backend, { object, field }: Origin, { settings, instead }: Resolving): Target | Answer {
  if (backend.kind === 'resource') {
    const message = `${backend.resourceKind} ${backend.name} is not a Service; Gatehouse can only send requests to a Service. Name one under backend.service.`;
    lookup.diagnostics.push(diagnostic('BackendResource', object, `${field}.resource`, message));
    return unavailable;
  }
  const { name, port } = backend;
  const found = lookUp(lookup, { namespace: object.namespace, name, port, ...(settings ? { settings } : {}) });
  const problem = 'upstream' in found ? found.problem : found;
  if (problem)
    lookup.diagnostics.push(diagnostic(problem.code, object, field === '' ? '' : field + problem.field, problemText(problem, instead)));
  return 'upstream' in found ? use(lookup, found) : unavailable;
}

interface HostAt {
  readonly name: string;
  readonly port: number;
  readonly settings?: UpstreamSettings;
}

function resolveHost(lookup: Lookup, { name, port, settings }: HostAt): Parsed<Target> {
  const asService = serviceInName(name);
  const service = asService && lookup.snapshot.services.get(nameKey(asService.namespace, asService.name));
  if (!asService || !service || (service.clusterIP === 'None' && !findPort(service, { number: port }))) {
    const host = namedHost(name, port, settings);
    return host.ok ? accepted(use(lookup, host.value)) : host;
  }
  const found = lookUp(lookup, { ...asService, port: { number: port }, ...(settings ? { settings } : {}) });
  return 'upstream' in found ? accepted(use(lookup, found)) : refused(found.reason);
}

/** The first TCP port of a Service; 80 where nobody knows. */
function firstPort(snapshot: Snapshot, namespace: string, name: string): ServicePortRef {
  const service = snapshot.services.get(nameKey(namespace, name));
  return { number: service?.ports.find((candidate) => candidate.protocol === 'TCP')?.port ?? 80 };
}

/** `--default-backend-service`: a Service that is missing answers 503, as in ingress-nginx. */
function fallbackTarget(snapshot: Snapshot, options: RoutingOptions, resolve: Backends['resolve']): Target | Answer {
  const wanted = options.defaultBackendService;
  if (!wanted) return { kind: 'answer', status: 404 };
  const origin = { object: { kind: 'Service', ...wanted }, field: '' };
  return resolve({ kind: 'service', name: wanted.name, port: firstPort(snapshot, wanted.namespace, wanted.name) }, origin);
}

interface Wanted {
  readonly namespace: string;
  readonly name: string;
  readonly port: ServicePortRef;
  readonly settings?: UpstreamSettings;
}

function find(snapshot: Snapshot, index: EndpointIndex, options: RoutingOptions, wanted: Wanted): Found | BackendProblem {
  const key = nameKey(wanted.namespace, wanted.name);
  const service = snapshot.services.get(key);
  const match = service && findPort(service, wanted.port);
  const instead = insteadOf(options, key, [wanted.port, ...(match ? [{ number: match.port.port }, { name: match.port.name }] : [])]);
  if (instead) return replaced(wanted, match ? String(match.port.port) : portText(wanted.port), instead);
  if (!service) return serviceMissing(key);
  if (service.type === 'ExternalName') return options.disableSvcExternalName ? externalDisabled(key) : external(service, wanted);
  const direct = wanted.settings?.clusterIp ? throughClusterIp(service, wanted, match?.port.port) : undefined;
  if (direct) return direct;
  if (!match) return portMissing(service, wanted.port);
  const found = behind({ service, port: match.port, sets: index.get(key) ?? [] }, options, wanted.settings);
  return match.byTargetPort && !found.problem ? { ...found, problem: targetPortProblem(match.port, wanted.port) } : found;
}

/** What `--backend` names for a port, by its number, its name, or for the whole Service. */
export function insteadOf(options: RoutingOptions, key: string, ports: readonly ServicePortRef[]): Endpoint | undefined {
  const keys = [...ports.map((port) => `${key}:${portText(port)}`), key];
  return keys.map((one) => options.backends.get(one)).find((endpoint) => endpoint !== undefined);
}

/** An upstream about which the endpoints of the Service say nothing. */
function upstreamOf(wanted: Wanted, port: string, how: Pick<Upstream, 'resolution' | 'ipv6'>): Upstream {
  const { namespace, name, settings } = wanted;
  const balancing: Balancing = { kind: 'round_robin' };
  return {
    id: upstreamId({ namespace, service: name, port, balancing, resolution: how.resolution.kind, ...(settings ? { settings } : {}) }),
    service: { kind: 'Service', namespace, name },
    port,
    ...how,
    balancing,
    ...directivesOf(settings),
  };
}

/** The endpoint that `--backend` names, in place of whatever the manifests say. */
function replaced(wanted: Wanted, port: string, instead: Endpoint): Found {
  const upstream = upstreamOf(wanted, port, { resolution: { kind: 'SRV' }, ipv6: instead.address.includes(':') });
  return { upstream, source: { kind: 'addresses', endpoints: [instead] } };
}

/** `type: ExternalName`: the rule's port number counts even where the Service does not list it. */
function external(service: Service, wanted: Wanted): Found | BackendProblem {
  const named = 'name' in wanted.port ? findPort(service, wanted.port)?.port.port : wanted.port.number;
  if (named === undefined || service.externalName === undefined) return portMissing(service, wanted.port);
  return {
    upstream: upstreamOf(wanted, String(named), { resolution: { kind: 'A', port: named }, ipv6: true }),
    source: { kind: 'externalName', name: service.externalName, port: named },
  };
}

/** `service-upstream`: nobody looks at endpoints, nor whether the Service has the port. A headless Service has no address of its own. */
function throughClusterIp({ clusterIP }: Service, wanted: Wanted, known: number | undefined): Found | undefined {
  const port = known ?? ('number' in wanted.port ? wanted.port.number : undefined);
  if (clusterIP === undefined || isIP(clusterIP) === 0 || port === undefined) return undefined;
  const upstream = upstreamOf(wanted, String(port), { resolution: { kind: 'A', port }, ipv6: isIPv6(clusterIP) });
  return { upstream, source: { kind: 'addresses', endpoints: [{ address: clusterIP, port }] } };
}

function directivesOf(settings: UpstreamSettings | undefined, isByService = false): Pick<Upstream, 'directives'> {
  return settings ? { directives: [...settings.directives, ...((isByService ? undefined : settings.unlessService) ?? [])] } : {};
}

/** A port of a Service and what is known of its endpoints. */
interface Port {
  readonly service: Service;
  readonly port: ServicePort;
  readonly sets: readonly EndpointSet[];
}

/** What an Ingress says about balancing counts in place of what the Service says. */
function behind({ service, port, sets }: Port, options: RoutingOptions, settings?: UpstreamSettings): Found {
  const addresses = endpointsOf(service, port, sets, options.zone?.current);
  const isByClient = service.sessionAffinity === 'ClientIP' && !settings?.balances;
  const balancing: Balancing = { kind: isByClient ? 'client_ip' : 'round_robin' };
  const ref = { kind: 'Service', namespace: service.metadata.namespace, name: service.metadata.name };
  const wantsNames = isByClient || options.echo || settings?.needsNames === true;
  const resolution = resolutionOf(service, port, addresses, wantsNames);
  const identity = { namespace: ref.namespace, service: ref.name, port: String(port.port), balancing, resolution: resolution.kind };
  const upstream: Upstream = {
    id: upstreamId(settings ? { ...identity, settings } : identity),
    service: ref,
    port: String(port.port),
    resolution,
    ipv6: wantsIpv6(service, sets),
    balancing,
    ...directivesOf(settings, isByClient),
  };
  if (addresses.length > 0) return { upstream, source: { kind: 'addresses', endpoints: addresses } };
  const promised = options.assumeEndpoints && service.hasSelector && sets.length === 0;
  if (promised) return { upstream, source: { kind: 'addresses', endpoints: [] } };
  if (options.echo) return { upstream, source: { kind: 'standIn', service: ref, port: port.port } };
  return { upstream, source: { kind: 'addresses', endpoints: [] }, problem: endpointsMissing(ref, port, sets) };
}
