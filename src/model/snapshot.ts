import type { ConfigMap, EndpointSet, Ingress, IngressClass, Key, Namespace, Secret, Service } from './objects.ts';

/** All facts at one moment. Never changed after it was handed out; the next batch makes a new one. */
export interface Snapshot {
  /** Counts the changes that the store has seen, so that a log line or a test can name one state. */
  readonly revision: number;
  /** Milliseconds since 1970: what "expired" is measured against. */
  readonly now: number;
  readonly ingresses: ReadonlyMap<Key, Ingress>;
  readonly ingressClasses: ReadonlyMap<Key, IngressClass>;
  readonly services: ReadonlyMap<Key, Service>;
  /** By `Endpoints/namespace/name` or `EndpointSlice/namespace/name`. */
  readonly endpoints: ReadonlyMap<Key, EndpointSet>;
  readonly secrets: ReadonlyMap<Key, Secret>;
  readonly configMaps: ReadonlyMap<Key, ConfigMap>;
  readonly namespaces: ReadonlyMap<Key, Namespace>;
  /** Ingresses of which NGINX has refused what they lead to: only their hosts and paths count, which answer 503. */
  readonly refused?: ReadonlySet<Key>;
}
