import type { Diagnostic } from '../model/diagnostic.ts';
import { diagnostic } from '../model/diagnostic.ts';
import type { Backend, EndpointSet, Service, ServicePort, ServicePortRef } from '../model/objects.ts';
import { nameKey, refText } from '../model/objects.ts';
import type { Answer, Balancing, Origin, Target, Upstream, UpstreamId } from '../model/routing.ts';
import type { Endpoint, EndpointSource } from '../model/runtime.ts';
import type { Snapshot } from '../model/snapshot.ts';
import { type EndpointIndex, endpointsOf, indexEndpoints, wantsIpv6 } from './endpoints.ts';
import { upstreamId } from './identity.ts';
import type { RoutingOptions } from './options.ts';

/** What a backend that cannot be served answers. */
const unavailable: Answer = { kind: 'answer', status: 503 };

/** Turns the backends of Ingresses into upstreams, once for each Service port, and tells what is wrong with them. */
export interface Backends {
  /** Where the requests of `origin` go. Namespaces do not mix: the Service is looked for beside the Ingress. */
  resolve(backend: Backend, origin: Origin): Target | Answer;
  /** What the operator has chosen for requests that no rule matches: the first TCP port of a Service, or 404. */
  readonly fallback: Target | Answer;
  readonly upstreams: ReadonlyMap<UpstreamId, Upstream>;
  readonly endpoints: ReadonlyMap<UpstreamId, EndpointSource>;
  readonly diagnostics: readonly Diagnostic[];
}

/** A Service port with what stands behind it. */
interface Found {
  readonly upstream: Upstream;
  readonly source: EndpointSource;
  readonly problem?: Problem;
}

interface Problem {
  readonly code: 'ServiceMissing' | 'ServicePortMissing' | 'ServiceWithoutEndpoints' | 'ServicePortIsTargetPort' | 'ExternalNameUnusable';
  readonly field: string;
  readonly message: string;
}

/** Starts the resolution of one build. */
export function createBackends(snapshot: Snapshot, options: RoutingOptions): Backends {
  const index = indexEndpoints(snapshot);
  const upstreams = new Map<UpstreamId, Upstream>();
  const endpoints = new Map<UpstreamId, EndpointSource>();
  const diagnostics: Diagnostic[] = [];
  const known = new Map<string, Found | Problem>();

  function resolve(backend: Backend, origin: Origin): Target | Answer {
    if (backend.kind === 'resource') {
      const message = `${backend.resourceKind} ${backend.name} is not a Service; Gatehouse can only send requests to a Service. Name one under backend.service.`;
      diagnostics.push(diagnostic('BackendResource', origin.object, `${origin.field}.resource`, message));
      return unavailable;
    }
    const key = `${origin.object.namespace}/${backend.name}:${portText(backend.port)}`;
    const found = known.get(key) ?? find(snapshot, index, options, { namespace: origin.object.namespace, ...backend });
    known.set(key, found);
    const problem = 'upstream' in found ? found.problem : found;
    if (problem)
      diagnostics.push(diagnostic(problem.code, origin.object, origin.field === '' ? '' : origin.field + problem.field, problem.message));
    if (!('upstream' in found)) return unavailable;
    upstreams.set(found.upstream.id, found.upstream);
    endpoints.set(found.upstream.id, found.source);
    return { kind: 'proxy', upstream: found.upstream.id };
  }

  return { resolve, fallback: fallbackTarget(snapshot, options, resolve), upstreams, endpoints, diagnostics };
}

/** `--default-backend-service`: a Service that is missing answers 503, as in ingress-nginx. */
function fallbackTarget(snapshot: Snapshot, options: RoutingOptions, resolve: Backends['resolve']): Target | Answer {
  const wanted = options.defaultBackendService;
  if (!wanted) return { kind: 'answer', status: 404 };
  const service = snapshot.services.get(nameKey(wanted.namespace, wanted.name));
  const port = service?.ports.find((candidate) => candidate.protocol === 'TCP')?.port ?? 80;
  const origin = { object: { kind: 'Service', ...wanted }, field: '' };
  return resolve({ kind: 'service', name: wanted.name, port: { number: port } }, origin);
}

interface Wanted {
  readonly namespace: string;
  readonly name: string;
  readonly port: ServicePortRef;
}

function find(snapshot: Snapshot, index: EndpointIndex, options: RoutingOptions, wanted: Wanted): Found | Problem {
  const key = nameKey(wanted.namespace, wanted.name);
  const service = snapshot.services.get(key);
  const match = service && findPort(service, wanted.port);
  const instead = insteadOf(options, key, [wanted.port, ...(match ? [{ number: match.port.port }, { name: match.port.name }] : [])]);
  if (instead) return replaced(wanted, match ? String(match.port.port) : portText(wanted.port), instead);
  if (!service) {
    const message = `there is no Service ${key}, so these paths answer 503. Create it, or correct the name.`;
    return { code: 'ServiceMissing', field: '.service.name', message };
  }
  if (service.type === 'ExternalName') return options.disableSvcExternalName ? externalDisabled(key) : external(service, wanted);
  if (!match) return { code: 'ServicePortMissing', field: '.service.port', message: noPortMessage(service, wanted.port) };
  const found = behind(service, match.port, index.get(key) ?? [], options);
  return match.byTargetPort && !found.problem ? { ...found, problem: targetPortProblem(match.port, wanted.port) } : found;
}

/** What `--backend` names for a port, by its number, its name, or for the whole Service. */
function insteadOf(options: RoutingOptions, key: string, ports: readonly ServicePortRef[]): Endpoint | undefined {
  const keys = [...ports.map((port) => `${key}:${portText(port)}`), key];
  return keys.map((one) => options.backends.get(one)).find((endpoint) => endpoint !== undefined);
}

/** The endpoint that `--backend` names, in place of whatever the manifests say. */
function replaced(wanted: Wanted, port: string, instead: Endpoint): Found {
  const balancing: Balancing = { kind: 'round_robin' };
  return {
    upstream: {
      id: upstreamId({ namespace: wanted.namespace, service: wanted.name, port, balancing }),
      service: { kind: 'Service', namespace: wanted.namespace, name: wanted.name },
      port,
      resolution: { kind: 'SRV' },
      ipv6: instead.address.includes(':'),
      balancing,
    },
    source: { kind: 'addresses', endpoints: [instead] },
  };
}

function externalDisabled(key: string): Problem {
  const message = `Service ${key} is of type ExternalName, which --disable-svc-external-name switches off; these paths answer 503.`;
  return { code: 'ExternalNameUnusable', field: '.service.name', message };
}

/** `type: ExternalName`: the rule's port number counts even where the Service does not list it. */
function external(service: Service, wanted: Wanted): Found | Problem {
  const named = 'name' in wanted.port ? findPort(service, wanted.port)?.port.port : wanted.port.number;
  if (named === undefined || service.externalName === undefined) {
    return { code: 'ServicePortMissing', field: '.service.port', message: noPortMessage(service, wanted.port) };
  }
  const balancing: Balancing = { kind: 'round_robin' };
  return {
    upstream: {
      id: upstreamId({ namespace: service.metadata.namespace, service: service.metadata.name, port: String(named), balancing }),
      service: { kind: 'Service', namespace: service.metadata.namespace, name: service.metadata.name },
      port: String(named),
      resolution: { kind: 'A', port: named },
      ipv6: true,
      balancing,
    },
    source: { kind: 'externalName', name: service.externalName, port: named },
  };
}

function behind(service: Service, port: ServicePort, sets: readonly EndpointSet[], options: RoutingOptions): Found {
  const addresses = endpointsOf(service, port, sets);
  const balancing: Balancing = { kind: service.sessionAffinity === 'ClientIP' ? 'client_ip' : 'round_robin' };
  const ref = { kind: 'Service', namespace: service.metadata.namespace, name: service.metadata.name };
  const upstream: Upstream = {
    id: upstreamId({ namespace: ref.namespace, service: ref.name, port: String(port.port), balancing }),
    service: ref,
    port: String(port.port),
    resolution: resolutionOf(service, port, addresses, balancing.kind === 'client_ip' || options.echo),
    ipv6: wantsIpv6(service, sets),
    balancing,
  };
  if (addresses.length > 0) return { upstream, source: { kind: 'addresses', endpoints: addresses } };
  const promised = options.assumeEndpoints && service.hasSelector && sets.length === 0;
  if (promised) return { upstream, source: { kind: 'addresses', endpoints: [] } };
  if (options.echo) return { upstream, source: { kind: 'standIn', service: ref, port: port.port } };
  const message = `${refText(ref)} has no ready endpoint for port ${port.port}${endpointHint(port, sets)}; these paths answer 503 until one appears.`;
  return {
    upstream,
    source: { kind: 'addresses', endpoints: [] },
    problem: { code: 'ServiceWithoutEndpoints', field: '.service', message },
  };
}

/**
 * Addresses alone are cheaper for NGINX to ask for, but need one port that is known even while there are no endpoints: a numeric
 * targetPort of a Service whose endpoints Kubernetes writes. Everything else gets records that carry their port. So a change of
 * endpoints changes the configuration only where somebody writes endpoints by hand whose port is not the one that the selector leads to.
 */
function resolutionOf(service: Service, port: ServicePort, addresses: readonly Endpoint[], wantsNames: boolean): Upstream['resolution'] {
  const { targetPort } = port;
  const onePort = typeof targetPort === 'number' && service.hasSelector && addresses.every((endpoint) => endpoint.port === targetPort);
  return onePort && !wantsNames ? { kind: 'A', port: targetPort } : { kind: 'SRV' };
}

/** Services of old manifests are sometimes named by their targetPort; ingress-nginx accepts that, so it works here too. */
function findPort(service: Service, wanted: ServicePortRef): { readonly port: ServicePort; readonly byTargetPort: boolean } | undefined {
  const tcp = service.ports.filter((port) => port.protocol === 'TCP');
  const port = tcp.find((candidate) => ('number' in wanted ? candidate.port === wanted.number : candidate.name === wanted.name));
  if (port) return { port, byTargetPort: false };
  const target = 'number' in wanted ? wanted.number : wanted.name;
  const byTarget = tcp.find((candidate) => candidate.targetPort === target);
  return byTarget && { port: byTarget, byTargetPort: true };
}

function targetPortProblem(port: ServicePort, wanted: ServicePortRef): Problem {
  const message = `${portText(wanted)} is the targetPort of the Service; an Ingress names the Service's own port, which is ${port.port}. It is served as meant.`;
  return { code: 'ServicePortIsTargetPort', field: '.service.port', message };
}

function noPortMessage(service: Service, wanted: ServicePortRef): string {
  const ports = service.ports.map((port) => `${port.port}${port.name === '' ? '' : ` (${port.name})`} ${port.protocol}`);
  const has = ports.length === 0 ? 'it has no ports' : `it has ${ports.join(', ')}`;
  return `${refText({ kind: 'Service', namespace: service.metadata.namespace, name: service.metadata.name })} has no TCP port ${portText(wanted)}: ${has}. These paths answer 503.`;
}

/** Why a Service with endpoint objects may still have no endpoint: their ports are named otherwise, or nobody is ready. */
function endpointHint(port: ServicePort, sets: readonly EndpointSet[]): string {
  const subsets = sets.flatMap((set) => set.subsets);
  if (subsets.length === 0) return ' (no EndpointSlice or Endpoints object belongs to it)';
  const names = new Set(subsets.flatMap((subset) => subset.ports.map((candidate) => candidate.name)));
  if (names.size === 0 || names.has(port.name)) return '';
  const list = [...names].sort().map((name) => `"${name}"`);
  return ` (its endpoints name their ports ${list.join(', ')}, the Service names this one "${port.name}")`;
}

function portText(port: ServicePortRef): string {
  return 'number' in port ? String(port.number) : port.name;
}
