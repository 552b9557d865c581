import type { EndpointEntry, EndpointSet, EndpointSubset } from '../../model/objects.ts';
import { fieldOf, itemOf } from '../field-path.ts';
import { domainName, ipv4, ipv6 } from './addresses.ts';
import { createDecoder, type Decoder } from './decoder.ts';
import { endpointPortsShape, readEndpointPorts } from './endpoint-ports.ts';
import { objectReference } from './endpoints.ts';
import type { Issues } from './issues.ts';
import { metadataShape } from './metadata.ts';
import { check, oneOf, subdomain } from './names.ts';
import { flag, listOf, type Of, object, text, textMap } from './shapes.ts';

const endpointShape = object({
  addresses: listOf(text),
  conditions: object({ ready: flag, serving: flag, terminating: flag }),
  deprecatedTopology: textMap,
  hints: object({ forNodes: listOf(object({ name: text })), forZones: listOf(object({ name: text })) }),
  hostname: text,
  nodeName: text,
  targetRef: objectReference,
  topology: textMap,
  zone: text,
});

/** Names the Service that a slice belongs to. */
const serviceLabel = 'kubernetes.io/service-name';

const addressRules = { IPv4: ipv4, IPv6: ipv6, FQDN: domainName } as const;

/**
 * discovery.k8s.io/v1 and v1beta1 EndpointSlice. The API accepts a slice without the label that names its Service; it is kept
 * with an empty service name, which no Service has, and a warning. For addresses see `endpoints`.
 */
export const endpointSlice: Decoder = createDecoder({
  kind: 'EndpointSet',
  apiKind: 'EndpointSlice',
  naming: { namespaced: true, name: subdomain },
  shape: object({
    apiVersion: text,
    kind: text,
    metadata: metadataShape,
    addressType: text,
    endpoints: listOf(endpointShape),
    ports: endpointPortsShape,
  }),
  build: (fields, metadata, issues): EndpointSet => {
    const serviceName = metadata.labels[serviceLabel] ?? '';
    if (serviceName === '') {
      const message = `the label ${serviceLabel} is missing, so the slice belongs to no Service and is not used`;
      issues.warn('ServiceNameMissing', 'metadata.labels', message);
    }
    return { kind: 'EndpointSet', apiKind: 'EndpointSlice', metadata, serviceName, subsets: [readSlice(fields, issues)] };
  },
});

interface RawSlice {
  readonly addressType?: string | undefined;
  readonly endpoints?: readonly Of<typeof endpointShape>[] | undefined;
  readonly ports?: Of<typeof endpointPortsShape> | undefined;
}

function readSlice(raw: RawSlice, issues: Issues): EndpointSubset {
  const words = ['IPv4', 'IPv6', 'FQDN'] as const;
  const addressType = raw.addressType ? (oneOf(raw.addressType, words, 'addressType', issues) ?? 'IPv4') : 'IPv4';
  if (!raw.addressType) issues.invalid('addressType', 'is required: use IPv4, IPv6 or FQDN');
  return {
    addressType,
    endpoints: (raw.endpoints ?? []).map((entry, index) => readEndpoint(entry, itemOf('endpoints', index), addressType, issues)),
    ports: readEndpointPorts(raw.ports ?? [], 'ports', issues),
  };
}

type AddressType = EndpointSubset['addressType'];

function readEndpoint(raw: Of<typeof endpointShape>, field: string, type: AddressType, issues: Issues): EndpointEntry {
  const addresses = raw.addresses ?? [];
  const at = fieldOf(field, 'addresses');
  if (addresses.length === 0) issues.invalid(at, 'needs at least one address');
  if (addresses.length > 100) issues.invalid(at, `has ${addresses.length} addresses: at most 100 are allowed`);
  for (const [index, address] of addresses.entries()) check(address, addressRules[type], itemOf(at, index), issues);
  // `EndpointConditions` of the API: ready and serving left out mean true, terminating left out means false.
  const { ready = true, serving = true, terminating = false } = raw.conditions ?? {};
  const zones = (raw.hints?.forZones ?? []).flatMap(({ name }) => (name === undefined || name === '' ? [] : [name]));
  return { addresses, ready, serving, terminating, ...(zones.length === 0 ? {} : { zones }) };
}
