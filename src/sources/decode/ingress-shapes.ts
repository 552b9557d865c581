import { loadBalancerStatus } from './addresses.ts';
import { metadataShape } from './metadata.ts';
import { integer, integerOrText, listOf, type Of, object, type Shape, text } from './shapes.ts';

const resource = object({ apiGroup: text, kind: text, name: text });

/** `IngressBackend` of networking.k8s.io/v1. */
export const backendShape = object(
  { resource, service: object({ name: text, port: object({ name: text, number: integer }) }) },
  {
    serviceName: 'networking.k8s.io/v1 calls it `service.name`',
    servicePort: 'networking.k8s.io/v1 calls it `service.port.number` or `service.port.name`',
  },
);

/** `IngressBackend` of the beta versions. */
export const betaBackendShape = object(
  { resource, serviceName: text, servicePort: integerOrText },
  { service: 'write `serviceName` and `servicePort`, or use apiVersion networking.k8s.io/v1' },
);

export type RawResource = Of<typeof resource>;

function rules<B>(backend: Shape<B>) {
  const path = object({ path: text, pathType: text, backend });
  return listOf(object({ host: text, http: object({ paths: listOf(path) }) }));
}

const tls = listOf(object({ hosts: listOf(text), secretName: text }));

/** The whole Ingress of networking.k8s.io/v1. */
export const ingressShape = object({
  apiVersion: text,
  kind: text,
  metadata: metadataShape,
  spec: object(
    { defaultBackend: backendShape, ingressClassName: text, rules: rules(backendShape), tls },
    { backend: 'networking.k8s.io/v1 calls it `defaultBackend`' },
  ),
  status: loadBalancerStatus,
});

/** The whole Ingress of networking.k8s.io/v1beta1 and extensions/v1beta1. */
export const betaIngressShape = object({
  apiVersion: text,
  kind: text,
  metadata: metadataShape,
  spec: object(
    { backend: betaBackendShape, ingressClassName: text, rules: rules(betaBackendShape), tls },
    { defaultBackend: 'this version calls it `backend`, or use apiVersion networking.k8s.io/v1' },
  ),
  status: loadBalancerStatus,
});

/** One rule with the backends of its version. */
export interface RawRule<B> {
  readonly host?: string | undefined;
  readonly http?: { readonly paths?: readonly RawPath<B>[] | undefined } | undefined;
}

/** One path with the backend of its version. */
export interface RawPath<B> {
  readonly path?: string | undefined;
  readonly pathType?: string | undefined;
  readonly backend?: B | undefined;
}

export type RawTls = Of<typeof tls>[number];
