import ipaddr from 'ipaddr.js';
import type { EndpointEntry, EndpointSet, EndpointSubset, Key, Service, ServicePort } from '../model/objects.ts';
import { nameKey } from '../model/objects.ts';
import type { Endpoint } from '../model/runtime.ts';
import type { Snapshot } from '../model/snapshot.ts';

/** The endpoint objects of each Service, by `namespace/service`. */
export type EndpointIndex = ReadonlyMap<Key, readonly EndpointSet[]>;

/** Groups all endpoint objects by the Service that they belong to, once for a build. */
export function indexEndpoints(snapshot: Snapshot): EndpointIndex {
  const index = new Map<Key, EndpointSet[]>();
  for (const set of snapshot.endpoints.values()) {
    const key = nameKey(set.metadata.namespace, set.serviceName);
    const sets = index.get(key);
    if (sets) sets.push(set);
    else index.set(key, [set]);
  }
  return index;
}

/**
 * The addresses behind one Service port, sorted and without duplicates. Ready endpoints count; where there is none, those that
 * still serve while they terminate do, as kube-proxy has it (KEP-1669). With `publishNotReadyAddresses` all count. With a zone, those that are
 * meant for it.
 */
export function endpointsOf(service: Service, port: ServicePort, sets: readonly EndpointSet[], zone?: string): readonly Endpoint[] {
  const ready = collect(
    sets,
    port,
    meantFor(zone, sets, (entry) => entry.ready || service.publishNotReadyAddresses),
  );
  if (ready.length > 0) return ready;
  return collect(
    sets,
    port,
    meantFor(zone, sets, (entry) => entry.serving && entry.terminating),
  );
}

type Counts = (entry: EndpointEntry) => boolean;

/**
 * Of the endpoints that count those that are meant for a zone. All of them where one says nothing about zones, as then the hints are just being
 * made or taken away, and where none is meant for the zone: the rules of kube-proxy (KEP-2433).
 */
function meantFor(zone: string | undefined, sets: readonly EndpointSet[], counts: Counts): Counts {
  if (zone === undefined) return counts;
  const entries = sets.flatMap((set) => set.subsets.flatMap((subset) => subset.endpoints)).filter(counts);
  const isNear: Counts = ({ zones = [] }) => zones.includes(zone);
  const follows = entries.every(({ zones }) => zones !== undefined) && entries.some(isNear);
  return follows ? (entry) => counts(entry) && isNear(entry) : counts;
}

function collect(sets: readonly EndpointSet[], port: ServicePort, counts: Counts): readonly Endpoint[] {
  const found = new Map<string, Endpoint>();
  for (const subset of sets.flatMap((set) => set.subsets)) {
    const number = portNumber(subset, port);
    if (number === undefined || subset.addressType === 'FQDN') continue;
    for (const address of subset.endpoints.filter(counts).flatMap((entry) => entry.addresses)) {
      const endpoint = { address: shortest(address), port: number };
      found.set(`${endpoint.address} ${endpoint.port}`, endpoint);
    }
  }
  return [...found.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, endpoint]) => endpoint);
}

/**
 * The slice's port of the same name. An unnamed Service port is the only one of its Service, so the only port of a slice belongs to it
 * under any name. Without such a port a numeric targetPort stands by itself. All of it as in ingress-nginx.
 */
function portNumber(subset: EndpointSubset, port: ServicePort): number | undefined {
  const ports = subset.ports.filter((candidate) => candidate.protocol === port.protocol);
  const found = ports.find((candidate) => candidate.name === port.name) ?? (port.name === '' && ports.length === 1 ? ports[0] : undefined);
  if (found) return found.port;
  return typeof port.targetPort === 'number' ? port.targetPort : undefined;
}

/** Most addresses are plain IPv4 and already in their only form. */
function shortest(address: string): string {
  return address.includes(':') ? ipaddr.parse(address).toString() : address;
}

/** Whether NGINX has to ask for IPv6 addresses too: the Service has that family, or somebody wrote such an address by hand. */
export function wantsIpv6(service: Service, sets: readonly EndpointSet[]): boolean {
  return service.ipFamilies.includes('IPv6') || sets.some((set) => set.subsets.some((subset) => subset.addressType === 'IPv6'));
}
