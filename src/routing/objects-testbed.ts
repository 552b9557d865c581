import type { Built } from '../model/built.ts';
import {
  type Backend,
  type EndpointSet,
  type Ingress,
  type IngressClass,
  type KubeObject,
  keyOf,
  type Path,
  type PathType,
  type Rule,
  refText,
  type Secret,
  type Service,
  type ServicePort,
} from '../model/objects.ts';
import type { Location, ServerName, Topology } from '../model/routing.ts';
import type { Snapshot } from '../model/snapshot.ts';
import { buildRouting } from './build.ts';
import { defaultRoutingOptions, type RoutingOptions } from './options.ts';

/** The time at which the snapshots of tests are taken. */
export const testNow = Date.parse('2026-06-01T00:00:00Z');

/** `namespace/name`, or a name in `default`. */
function metadata(name: string, more: Partial<Ingress['metadata']> = {}): Ingress['metadata'] {
  const [last = '', namespace = 'default'] = name.split('/').reverse();
  return { namespace, name: last, labels: {}, annotations: {}, ...more };
}

/** An Ingress with rules; `created` counts seconds. */
export function ingress(
  name: string,
  spec: Partial<Omit<Ingress, 'kind' | 'metadata'>> & { readonly created?: number; readonly annotations?: Record<string, string> } = {},
): Ingress {
  const { created, annotations = {}, ...rest } = spec;
  const times = created === undefined ? {} : { creationTimestamp: created * 1000 };
  return { kind: 'Ingress', metadata: metadata(name, { annotations, ...times }), rules: [], tls: [], loadBalancer: [], ...rest };
}

/** The rule of one host; an empty host stands for none. */
export function rule(host: string, ...paths: readonly Path[]): Rule {
  return { ...(host === '' ? {} : { host }), paths };
}

/** A path whose type is Prefix and whose Service is `web:80`, unless it says otherwise. */
export function path(text: string, pathType: PathType = 'Prefix', backend: Backend = to('web')): Path {
  return { path: text, pathType, backend };
}

/** A backend that names a Service and one of its ports, by number or by name. */
export function to(name: string, port: number | string = 80): Backend {
  return { kind: 'service', name, port: typeof port === 'number' ? { number: port } : { name: port } };
}

/** A port of a Service: TCP, with the targetPort that the API fills in. */
export function port(number: number, more: Partial<ServicePort> = {}): ServicePort {
  return { name: '', port: number, protocol: 'TCP', targetPort: number, ...more };
}

/** A ClusterIP Service with a selector and port 80. */
export function service(name: string, more: Partial<Omit<Service, 'kind' | 'metadata'>> = {}): Service {
  return {
    kind: 'Service',
    metadata: metadata(name),
    type: 'ClusterIP',
    clusterIP: '10.96.0.1',
    ports: [port(80)],
    hasSelector: true,
    sessionAffinity: 'None',
    publishNotReadyAddresses: false,
    ipFamilies: ['IPv4'],
    loadBalancer: [],
    externalIPs: [],
    ...more,
  };
}

/** An EndpointSlice of a Service: ready addresses, and a port in the form `80` or `http=8080`. */
export function slice(
  name: string,
  addresses: readonly (string | EndpointSet['subsets'][0]['endpoints'][0])[],
  ...ports: readonly string[]
): EndpointSet {
  const endpoints = addresses.map((one) => (typeof one === 'string' ? endpoint(one) : one));
  const [serviceName = name] = name.split('#');
  return {
    kind: 'EndpointSet',
    apiKind: 'EndpointSlice',
    metadata: metadata(name.replace('#', '-')),
    serviceName: serviceName.split('/').at(-1) ?? '',
    subsets: [
      {
        addressType: endpoints[0]?.addresses[0]?.includes(':') ? 'IPv6' : 'IPv4',
        endpoints,
        ports: (ports.length === 0 ? ['80'] : ports).map((text) => {
          const [number = '', portName = ''] = text.split('=').reverse();
          return { name: portName, port: Number(number), protocol: 'TCP' };
        }),
      },
    ],
  };
}

/** One endpoint; ready unless it says otherwise. */
export function endpoint(
  address: string,
  more: Partial<EndpointSet['subsets'][0]['endpoints'][0]> = {},
): EndpointSet['subsets'][0]['endpoints'][0] {
  return { addresses: [address], ready: true, serving: true, terminating: false, ...more };
}

export function ingressClass(
  name: string,
  controller: string,
  more: { readonly isDefault?: boolean; readonly created?: number } = {},
): IngressClass {
  const times = more.created === undefined ? {} : { creationTimestamp: more.created * 1000 };
  return { kind: 'IngressClass', metadata: { ...metadata(name, times), namespace: '' }, controller, isDefault: more.isDefault ?? false };
}

/** A kubernetes.io/tls Secret, or whatever keys it is given. */
export function secret(name: string, data: Readonly<Record<string, string>>): Secret {
  const bytes = Object.entries(data).map(([key, text]) => [key, Buffer.from(text)] as const);
  return { kind: 'Secret', metadata: metadata(name), type: 'kubernetes.io/tls', data: new Map(bytes) };
}

/** The snapshot that holds these objects. */
export function snapshot(...objects: readonly KubeObject[]): Snapshot {
  const of = <K extends KubeObject['kind']>(kind: K) =>
    new Map(objects.flatMap((one) => (one.kind === kind ? [[keyOf(one), one as Extract<KubeObject, { kind: K }>] as const] : [])));
  return {
    revision: 1,
    now: testNow,
    ingresses: of('Ingress'),
    ingressClasses: of('IngressClass'),
    services: of('Service'),
    endpoints: of('EndpointSet'),
    secrets: of('Secret'),
    configMaps: of('ConfigMap'),
    namespaces: of('Namespace'),
  };
}

/** Builds what these objects lead to. */
export function build(objects: readonly KubeObject[], options: Partial<RoutingOptions> = {}): Built {
  return buildRouting(snapshot(...objects), { ...defaultRoutingOptions, ...options });
}

/** One line for each location: `host kind path -> namespace/service:port (Ingress field)`. */
export function routes({ topology }: Built): readonly string[] {
  return topology.servers.flatMap((server) =>
    server.locations.map((location) => `${hostText(server.name)} ${locationText(topology, location)}`),
  );
}

function hostText(name: ServerName): string {
  if (name.kind === 'default') return '(any)';
  return name.kind === 'exact' ? name.host : `*.${name.suffix}`;
}

function locationText(topology: Topology, { match, target, origin, httpsRedirect }: Location): string {
  const by = origin ? ` (${origin.object.namespace}/${origin.object.name} ${origin.field})` : '';
  return `${match.kind} ${match.path} -> ${targetText(topology, target)}${httpsRedirect ? ' https' : ''}${by}`;
}

function targetText(topology: Topology, target: Location['target']): string {
  if (target.kind === 'answer') return String(target.status);
  const upstream = topology.upstreams.find((one) => one.id === target.upstream);
  return upstream ? `${upstream.service.namespace}/${upstream.service.name}:${upstream.port}` : 'nowhere';
}

/** One line for each complaint: `severity Code Ingress default/web field: message`. */
export function complaints({ diagnostics }: Pick<Built, 'diagnostics'>): readonly string[] {
  return diagnostics.map((one) => `${one.severity} ${one.code} ${refText(one.object)} ${one.field}: ${one.message}`);
}
