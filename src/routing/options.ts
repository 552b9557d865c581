import type { NamespacedName } from '../model/objects.ts';
import type { Endpoint } from '../model/runtime.ts';
import type { Http3Obstacle } from './http3.ts';

/** What an operator decides about routing, beyond the objects. The names are those of the flags that set them. */
export interface RoutingOptions {
  /** The value of the legacy annotation `kubernetes.io/ingress.class` that is ours. */
  readonly ingressClass: string;
  /** The `spec.controller` of the IngressClasses that are ours. */
  readonly controllerClass: string;
  /** Whether an IngressClass *named* like `ingressClass` is ours whatever its controller. */
  readonly ingressClassByName: boolean;
  /** What the names of our annotations begin with, before the slash. */
  readonly annotationsPrefix: string;
  /** Whether Ingresses that name no class are ours. */
  readonly watchIngressWithoutClass: boolean;
  /** Whether Ingresses with `spec.defaultBackend` are left alone. */
  readonly disableCatchAll: boolean;
  /** Whether Services of `type: ExternalName` count as without endpoints. */
  readonly disableSvcExternalName: boolean;
  /** The Service whose first TCP port answers what no rule matches; absent: 404. */
  readonly defaultBackendService?: NamespacedName;
  /** The ConfigMap with the settings of the controller; absent: the defaults. */
  readonly configMap?: NamespacedName;
  /** The ConfigMaps of ports that are passed on as they are. */
  readonly tcpServicesConfigmap?: NamespacedName;
  readonly udpServicesConfigmap?: NamespacedName;
  /** Ports that Gatehouse itself needs: who listens there. */
  readonly reservedPorts: ReadonlyMap<number, string>;
  /** Ports that cannot be opened at this moment, by `portKey`: why. */
  readonly takenPorts: ReadonlyMap<string, string>;
  /** Whether the NGINX in use can pass on TCP and UDP. */
  readonly canStream: boolean;
  /** Whether it can trace requests. */
  readonly canTrace: boolean;
  /** Why HTTP/3 cannot be had at this moment; absent: it can. */
  readonly http3Obstacle?: Http3Obstacle;
  /** Whether hosts may ask for their TLS to be passed on. */
  readonly enableSslPassthrough: boolean;
  /** Whether Ingresses with snippets are served without them, instead of being denied. */
  readonly ignoreSnippets: boolean;
  /** The Secret with the certificate for names without one; absent: the self-signed one. */
  readonly defaultSslCertificate?: NamespacedName;
  /** The zone whose endpoints are preferred where EndpointSlices give hints, once it is known; absent: hints are not followed. */
  readonly zone?: { readonly current: string | undefined };
  /** Whether the folder stands for a cluster: the default IngressClass is applied here, and our own class need not exist as an object. */
  readonly local: boolean;
  /** By `namespace/service` or `namespace/service:port`: what answers instead of the Service's endpoints. */
  readonly backends: ReadonlyMap<string, Endpoint>;
  /** Whether the manifests are only looked at: a Service with a selector will have endpoints in the cluster, so their absence is no complaint. */
  readonly assumeEndpoints: boolean;
  /** Whether a built-in stand-in answers for Services without endpoints. */
  readonly echo: boolean;
}

/** What `gatehouse serve` starts from. */
export const defaultRoutingOptions: RoutingOptions = {
  ingressClass: 'nginx',
  controllerClass: 'k8s.io/ingress-nginx',
  ingressClassByName: false,
  annotationsPrefix: 'nginx.ingress.kubernetes.io',
  watchIngressWithoutClass: true,
  disableCatchAll: false,
  disableSvcExternalName: false,
  ignoreSnippets: false,
  reservedPorts: new Map(),
  takenPorts: new Map(),
  canStream: true,
  canTrace: true,
  enableSslPassthrough: false,
  local: true,
  backends: new Map(),
  assumeEndpoints: false,
  echo: false,
};
