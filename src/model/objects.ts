/**
 * The Kubernetes objects that Gatehouse reads, narrowed to the fields it uses. Decoders make them and refuse what an API
 * server would refuse, so that the pure core can rely on names being names and paths being absolute.
 */

/** The kinds of object that a source can deliver. `Endpoints` and `EndpointSlice` both become an `EndpointSet`. */
export const kinds = ['Ingress', 'IngressClass', 'Service', 'EndpointSet', 'Secret', 'ConfigMap', 'Namespace'] as const;
export type Kind = (typeof kinds)[number];

/** Names one object. `namespace` is empty for objects of the cluster; `kind` is Kubernetes' own word (`EndpointSlice`, `Endpoints`, …). */
export interface ObjectRef {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

/** A namespace and a name, as flags write them: `namespace/name`. */
export interface NamespacedName {
  readonly namespace: string;
  readonly name: string;
}

/** `namespace/name`: how objects of one kind are told apart. */
export type Key = string;

export interface Metadata {
  readonly namespace: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  /** Milliseconds since 1970; absent in a manifest that no API server has seen: such an object counts as the youngest. */
  readonly creationTimestamp?: number;
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly generation?: number;
}

/** `networking.k8s.io/v1` Ingress; older versions are decoded into it. */
export interface Ingress {
  readonly kind: 'Ingress';
  readonly metadata: Metadata;
  readonly ingressClassName?: string;
  readonly defaultBackend?: Backend;
  readonly rules: readonly Rule[];
  readonly tls: readonly IngressTls[];
  /** The addresses in `status.loadBalancer.ingress`, as they are in the cluster. */
  readonly loadBalancer: readonly LoadBalancerAddress[];
}

export type LoadBalancerAddress = { readonly ip: string } | { readonly hostname: string };

export interface Rule {
  /** Lower case, without trailing dot; `*.` may lead. Absent: the rule holds for every host that no other rule names. */
  readonly host?: string;
  /** Absent when the rule has no `http`. */
  readonly paths?: readonly Path[];
}

export type PathType = 'Exact' | 'Prefix' | 'ImplementationSpecific';

export interface Path {
  /** Begins with `/`. */
  readonly path: string;
  readonly pathType: PathType;
  readonly backend: Backend;
}

export type Backend =
  | { readonly kind: 'service'; readonly name: string; readonly port: ServicePortRef }
  | { readonly kind: 'resource'; readonly apiGroup: string; readonly resourceKind: string; readonly name: string };

export type ServicePortRef = { readonly number: number } | { readonly name: string };

export interface IngressTls {
  /** Lower case, without trailing dot. */
  readonly hosts: readonly string[];
  readonly secretName?: string;
}

export interface IngressClass {
  readonly kind: 'IngressClass';
  readonly metadata: Metadata;
  /** `spec.controller`. */
  readonly controller: string;
  /** The annotation `ingressclass.kubernetes.io/is-default-class` is `"true"`. */
  readonly isDefault: boolean;
}

export interface Service {
  readonly kind: 'Service';
  readonly metadata: Metadata;
  readonly type: 'ClusterIP' | 'NodePort' | 'LoadBalancer' | 'ExternalName';
  /** Absent, or `None` for a headless Service. */
  readonly clusterIP?: string;
  readonly externalName?: string;
  readonly ports: readonly ServicePort[];
  /** Without a selector nobody but the owner writes the endpoints. */
  readonly hasSelector: boolean;
  readonly sessionAffinity: 'None' | 'ClientIP';
  readonly publishNotReadyAddresses: boolean;
  readonly ipFamilies: readonly ('IPv4' | 'IPv6')[];
  /** `status.loadBalancer.ingress` and `spec.externalIPs`: for publishing our own address. */
  readonly loadBalancer: readonly LoadBalancerAddress[];
  readonly externalIPs: readonly string[];
}

export interface ServicePort {
  /** Empty when the Service's only port is unnamed. */
  readonly name: string;
  readonly port: number;
  readonly protocol: 'TCP' | 'UDP' | 'SCTP';
  /** A number, or the name of a container port. Defaults to `port`. */
  readonly targetPort: number | string;
  readonly appProtocol?: string;
}

/** An `Endpoints` object (one subset for each of its own) or an `EndpointSlice` (exactly one subset). */
export interface EndpointSet {
  readonly kind: 'EndpointSet';
  /** Kubernetes' own kind. */
  readonly apiKind: 'Endpoints' | 'EndpointSlice';
  readonly metadata: Metadata;
  /** The Service in the same namespace that these endpoints belong to. */
  readonly serviceName: string;
  readonly subsets: readonly EndpointSubset[];
}

export interface EndpointSubset {
  readonly addressType: 'IPv4' | 'IPv6' | 'FQDN';
  readonly endpoints: readonly EndpointEntry[];
  readonly ports: readonly EndpointPort[];
}

/** One endpoint. Conditions that an object leaves out are filled in as the API documents them (`ready` and `serving` true, `terminating` false). */
export interface EndpointEntry {
  readonly addresses: readonly string[];
  readonly ready: boolean;
  readonly serving: boolean;
  readonly terminating: boolean;
  /** The zones that an EndpointSlice means it for (`hints.forZones`); absent: it says nothing about zones. */
  readonly zones?: readonly string[];
}

export interface EndpointPort {
  readonly name: string;
  readonly port: number;
  readonly protocol: 'TCP' | 'UDP' | 'SCTP';
}

export interface Secret {
  readonly kind: 'Secret';
  readonly metadata: Metadata;
  readonly type: string;
  /** Decoded bytes by key; `stringData` is merged in. */
  readonly data: ReadonlyMap<string, Uint8Array>;
}

export interface ConfigMap {
  readonly kind: 'ConfigMap';
  readonly metadata: Metadata;
  readonly data: Readonly<Record<string, string>>;
}

export interface Namespace {
  readonly kind: 'Namespace';
  readonly metadata: Metadata;
}

export type KubeObject = Ingress | IngressClass | Service | EndpointSet | Secret | ConfigMap | Namespace;

/** `namespace/name` of an object or reference; an `EndpointSet` also names its API kind, as both kinds may share a name. */
export function keyOf(object: KubeObject): Key {
  const { namespace, name } = object.metadata;
  // Joined, as tables keep it, and a text put together by a template stays in its parts in memory.
  return (object.kind === 'EndpointSet' ? [object.apiKind, namespace, name] : [namespace, name]).join('/');
}

/** `namespace/name`. */
export function nameKey(namespace: string, name: string): Key {
  return `${namespace}/${name}`;
}

/** The reference that diagnostics and logs use for an object. */
export function refOf(object: KubeObject): ObjectRef {
  const kind = object.kind === 'EndpointSet' ? object.apiKind : object.kind;
  return { kind, namespace: object.metadata.namespace, name: object.metadata.name };
}

/** `Ingress default/web`, or `IngressClass nginx` for an object of the cluster. */
export function refText(ref: ObjectRef): string {
  return ref.namespace === '' ? `${ref.kind} ${ref.name}` : `${ref.kind} ${ref.namespace}/${ref.name}`;
}
