import { type Ingress, type IngressClass, type Key, nameKey } from '../model/objects.ts';
import type { Snapshot } from '../model/snapshot.ts';
import type { RoutingOptions } from './options.ts';

const legacyClassAnnotation = 'kubernetes.io/ingress.class';

/** The Ingresses that are ours, oldest first: the order in which hosts and paths are given away. */
export function selectIngresses(snapshot: Snapshot, options: RoutingOptions): readonly Ingress[] {
  const ours = [...snapshot.ingresses.values()]
    .filter((ingress) => isOurs(ingress, snapshot.ingressClasses, options))
    .filter((ingress) => !(options.disableCatchAll && ingress.defaultBackend));
  return ours.sort(byAge);
}

/**
 * Oldest `creationTimestamp` first, as ingress-nginx orders them; within one second the larger `namespace/name` first. An object
 * without a timestamp has not been created yet, so it counts as the youngest.
 */
export function byAge(a: Ingress, b: Ingress): number {
  const difference = secondsOf(a) - secondsOf(b);
  if (difference !== 0 && !Number.isNaN(difference)) return difference;
  const [keyA, keyB] = [nameKey(a.metadata.namespace, a.metadata.name), nameKey(b.metadata.namespace, b.metadata.name)];
  return keyA < keyB ? 1 : -1;
}

function secondsOf(ingress: Ingress): number {
  const created = ingress.metadata.creationTimestamp;
  return created === undefined ? Number.POSITIVE_INFINITY : Math.floor(created / 1000);
}

function isOurs(ingress: Ingress, classes: ReadonlyMap<Key, IngressClass>, options: RoutingOptions): boolean {
  if (ingress.ingressClassName !== undefined) return isOurClass(ingress.ingressClassName, classes, options);
  const legacy = ingress.metadata.annotations[legacyClassAnnotation];
  if (legacy !== undefined) return legacy === options.ingressClass;
  const byDefault = options.local ? defaultClass(classes) : undefined;
  if (byDefault) return isOurController(byDefault, options);
  return options.watchIngressWithoutClass;
}

function isOurClass(name: string, classes: ReadonlyMap<Key, IngressClass>, options: RoutingOptions): boolean {
  const found = classes.get(nameKey('', name));
  if (!found) return options.local && name === options.ingressClass;
  return isOurController(found, options);
}

function isOurController(found: IngressClass, options: RoutingOptions): boolean {
  return found.controller === options.controllerClass || (options.ingressClassByName && found.metadata.name === options.ingressClass);
}

/** Of several default classes the API server takes the newest, then the first by name. */
function defaultClass(classes: ReadonlyMap<Key, IngressClass>): IngressClass | undefined {
  return [...classes.values()]
    .filter((one) => one.isDefault)
    .sort((a, b) => newestFirst(a, b) || (a.metadata.name < b.metadata.name ? -1 : 1))[0];
}

function newestFirst(a: IngressClass, b: IngressClass): number {
  return (b.metadata.creationTimestamp ?? 0) - (a.metadata.creationTimestamp ?? 0);
}
