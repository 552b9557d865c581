import { isIPv6 } from 'node:net';
import { type EndpointSet, type KubeObject, keyOf, kinds, nameKey, type Service } from '../../src/model/objects.ts';
import { readFolder } from '../../src/sources/folder.ts';
import { parseManifest } from '../../src/sources/manifest.ts';
import { createStore } from '../../src/sources/store.ts';
import type { BackendAddress } from './backends.ts';

/** An endpoint that refuses connections. */
const portOfNobody = 1;

/**
 * Where backends have to listen: at every loopback address that endpoint objects name, ready or not, at the ports of the objects and
 * at the numeric target ports of their Service. A request that goes to the wrong one is noticed so.
 */
export async function backendAddresses(paths: readonly string[], later: string | undefined): Promise<readonly BackendAddress[]> {
  const store = createStore({ kinds, now: Date.now });
  await readFolder({ paths, sink: (event) => void store.apply(event) });
  const { endpoints, services } = store.snapshot();
  const objects = [...endpoints.values(), ...services.values(), ...objectsIn(later)];
  const known = new Map(objects.flatMap((object) => (object.kind === 'Service' ? [[keyOf(object), object] as const] : [])));
  const found = new Map<string, { address: string; port: number; services: Set<string> }>();
  for (const { service, address, port } of objects.flatMap((object) => (object.kind === 'EndpointSet' ? namedBy(object, known) : []))) {
    const key = `${address} ${port}`;
    const entry = found.get(key) ?? { address, port, services: new Set() };
    found.set(key, entry);
    entry.services.add(service);
  }
  return [...found.values()].map((one) => ({ ...one, services: [...one.services] }));
}

/** IPv6 addresses can be written in many ways. */
function shortest(address: string): string {
  return isIPv6(address) ? new URL(`http://[${address}]`).hostname.slice(1, -1) : address;
}

function objectsIn(text: string | undefined): readonly KubeObject[] {
  const manifest = parseManifest('later.yaml', text ?? '');
  return 'code' in manifest ? [] : manifest.objects.flatMap(({ decoded }) => decoded.object ?? []);
}

function namedBy({ metadata, serviceName, subsets }: EndpointSet, services: ReadonlyMap<string, Service>) {
  const service = nameKey(metadata.namespace, serviceName);
  const targets = (services.get(service)?.ports ?? []).flatMap(({ targetPort }) => (typeof targetPort === 'number' ? [targetPort] : []));
  return subsets.flatMap((subset) => {
    const ports = new Set([...subset.ports.map(({ port }) => port), ...targets].filter((port) => port !== portOfNobody));
    const addresses = subset.endpoints
      .flatMap((entry) => entry.addresses)
      .map(shortest)
      .filter((address) => /^127\.|^::1$/.test(address));
    return addresses.flatMap((address) => [...ports].map((port) => ({ service, address, port })));
  });
}
