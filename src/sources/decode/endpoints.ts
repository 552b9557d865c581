import type { EndpointEntry, EndpointSet, EndpointSubset } from '../../model/objects.ts';
import { fieldOf, itemOf } from '../field-path.ts';
import { ip } from './addresses.ts';
import { createDecoder, type Decoder } from './decoder.ts';
import { endpointPortsShape, readEndpointPorts } from './endpoint-ports.ts';
import type { Issues } from './issues.ts';
import { metadataShape } from './metadata.ts';
import { required, subdomain } from './names.ts';
import { listOf, type Of, object, text } from './shapes.ts';

/** `ObjectReference` of the Kubernetes API. */
export const objectReference = object({
  apiVersion: text,
  fieldPath: text,
  kind: text,
  name: text,
  namespace: text,
  resourceVersion: text,
  uid: text,
});

const addressesShape = listOf(object({ hostname: text, ip: text, nodeName: text, targetRef: objectReference }));
const subsetShape = object({ addresses: addressesShape, notReadyAddresses: addressesShape, ports: endpointPortsShape });

/**
 * v1 Endpoints. An API server refuses loopback and link-local addresses here; they are let through, as hand-written manifests
 * for a local NGINX need them, and what may be proxied to is decided when routes are built.
 */
export const endpoints: Decoder = createDecoder({
  kind: 'EndpointSet',
  apiKind: 'Endpoints',
  naming: { namespaced: true, name: subdomain },
  shape: object({ apiVersion: text, kind: text, metadata: metadataShape, subsets: listOf(subsetShape) }),
  build: (fields, metadata, issues): EndpointSet => ({
    kind: 'EndpointSet',
    apiKind: 'Endpoints',
    metadata,
    serviceName: metadata.name,
    subsets: (fields.subsets ?? []).flatMap((subset, index) => readSubset(subset, itemOf('subsets', index), issues)),
  }),
});

function readSubset(raw: Of<typeof subsetShape>, field: string, issues: Issues): readonly EndpointSubset[] {
  const ready = readAddresses(raw.addresses ?? [], fieldOf(field, 'addresses'), true, issues);
  const notReady = readAddresses(raw.notReadyAddresses ?? [], fieldOf(field, 'notReadyAddresses'), false, issues);
  const entries = [...ready, ...notReady];
  if (entries.length === 0) issues.invalid(field, 'needs `addresses` or `notReadyAddresses`');
  const ports = readEndpointPorts(raw.ports ?? [], fieldOf(field, 'ports'), issues);
  for (const [index, port] of (raw.ports ?? []).entries()) {
    if (port.port === undefined) issues.invalid(fieldOf(itemOf(fieldOf(field, 'ports'), index), 'port'), 'is required');
  }
  // A subset of the model has one address family, as a slice has.
  return (['IPv4', 'IPv6'] as const)
    .map((addressType) => ({ addressType, endpoints: entries.filter((entry) => familyOf(entry) === addressType), ports }))
    .filter((subset) => subset.endpoints.length > 0);
}

function readAddresses(raw: Of<typeof addressesShape>, field: string, ready: boolean, issues: Issues): readonly EndpointEntry[] {
  return raw.map((entry, index) => {
    const address = required(entry.ip, ip, fieldOf(itemOf(field, index), 'ip'), issues);
    return { addresses: [address], ready, serving: ready, terminating: false };
  });
}

function familyOf(entry: EndpointEntry): 'IPv4' | 'IPv6' {
  return entry.addresses[0]?.includes(':') ? 'IPv6' : 'IPv4';
}
