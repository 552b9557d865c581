import type { Kind } from '../model/objects.ts';

/** One kind of object as the API serves it. */
export interface Resource {
  readonly kind: Kind;
  readonly apiVersion: string;
  readonly apiKind: string;
  readonly plural: string;
  readonly namespaced: boolean;
  /** Only objects that something refers to are read and kept; of the others their names are. */
  readonly onlyReferenced: boolean;
  /** A controller that may read one namespace only does without; see section 4.3 of ingress-nginx's rules: no IngressClass then matches. */
  readonly optional: boolean;
  readonly fieldSelector?: string;
}

const plain = { namespaced: true, onlyReferenced: false, optional: false };

/** What Gatehouse reads from a cluster. */
export const resources: readonly Resource[] = [
  { ...plain, kind: 'Ingress', apiVersion: 'networking.k8s.io/v1', apiKind: 'Ingress', plural: 'ingresses' },
  {
    ...plain,
    kind: 'IngressClass',
    apiVersion: 'networking.k8s.io/v1',
    apiKind: 'IngressClass',
    plural: 'ingressclasses',
    namespaced: false,
    optional: true,
  },
  { ...plain, kind: 'Service', apiVersion: 'v1', apiKind: 'Service', plural: 'services' },
  { ...plain, kind: 'EndpointSet', apiVersion: 'discovery.k8s.io/v1', apiKind: 'EndpointSlice', plural: 'endpointslices' },
  {
    ...plain,
    kind: 'Secret',
    apiVersion: 'v1',
    apiKind: 'Secret',
    plural: 'secrets',
    onlyReferenced: true,
    // The two types that there are many of, large, and never used by an Ingress.
    fieldSelector: 'type!=helm.sh/release.v1,type!=kubernetes.io/service-account-token',
  },
  { ...plain, kind: 'ConfigMap', apiVersion: 'v1', apiKind: 'ConfigMap', plural: 'configmaps', onlyReferenced: true },
  { ...plain, kind: 'Namespace', apiVersion: 'v1', apiKind: 'Namespace', plural: 'namespaces', namespaced: false, optional: true },
];

/** The path of a collection: in one namespace, or in all. */
export function collectionPath(resource: Resource, namespace: string | undefined): string {
  const root = resource.apiVersion === 'v1' ? '/api/v1' : `/apis/${resource.apiVersion}`;
  const inNamespace = namespace === undefined || !resource.namespaced ? '' : `/namespaces/${namespace}`;
  return `${root}${inNamespace}/${resource.plural}`;
}

/** The path of one object. */
export function objectPath(resource: Resource, namespace: string, name: string): string {
  return `${collectionPath(resource, namespace)}/${name}`;
}
