import type { Metadata, Service, ServicePort } from '../../model/objects.ts';
import { fieldOf, itemOf } from '../field-path.ts';
import { ip, loadBalancerAddresses, loadBalancerStatus } from './addresses.ts';
import { createDecoder, type Decoder } from './decoder.ts';
import type { Issues } from './issues.ts';
import { metadataShape } from './metadata.ts';
import { check, checkPort, label, oneOf, portName, qualifiedName, required, subdomain } from './names.ts';
import { flag, integer, integerOrText, listOf, type Of, object, text, textMap } from './shapes.ts';

const portShape = object({ appProtocol: text, name: text, nodePort: integer, port: integer, protocol: text, targetPort: integerOrText });

const specShape = object({
  allocateLoadBalancerNodePorts: flag,
  clusterIP: text,
  clusterIPs: listOf(text),
  externalIPs: listOf(text),
  externalName: text,
  externalTrafficPolicy: text,
  healthCheckNodePort: integer,
  internalTrafficPolicy: text,
  ipFamilies: listOf(text),
  ipFamily: text,
  ipFamilyPolicy: text,
  loadBalancerClass: text,
  loadBalancerIP: text,
  loadBalancerSourceRanges: listOf(text),
  ports: listOf(portShape),
  publishNotReadyAddresses: flag,
  selector: textMap,
  sessionAffinity: text,
  sessionAffinityConfig: object({ clientIP: object({ timeoutSeconds: integer }) }),
  topologyKeys: listOf(text),
  trafficDistribution: text,
  type: text,
});

type RawSpec = Of<typeof specShape>;

/** v1 Service. */
export const service: Decoder = createDecoder({
  kind: 'Service',
  apiKind: 'Service',
  naming: { namespaced: true, name: label },
  shape: object({ apiVersion: text, kind: text, metadata: metadataShape, spec: specShape, status: loadBalancerStatus }),
  build: (fields, metadata, issues) => readService(fields.spec ?? {}, fields.status, metadata, issues),
});

const types = ['ClusterIP', 'NodePort', 'LoadBalancer', 'ExternalName'] as const;

function readService(raw: RawSpec, status: unknown, metadata: Metadata, issues: Issues): Service {
  const { clusterIP = '', ports = [], selector = {}, externalIPs = [] } = raw;
  const type = oneOf(raw.type || 'ClusterIP', types, 'spec.type', issues) ?? 'ClusterIP';
  checkClusterIP(clusterIP, type, issues);
  for (const [index, address] of externalIPs.entries()) check(address, ip, itemOf('spec.externalIPs', index), issues);
  if (ports.length === 0 && clusterIP !== 'None' && type !== 'ExternalName') issues.invalid('spec.ports', 'needs at least one port');
  return {
    kind: 'Service',
    metadata,
    type,
    ...(clusterIP === '' ? {} : { clusterIP }),
    ...(type === 'ExternalName' ? { externalName: readExternalName(raw.externalName, issues) } : {}),
    ports: readPorts(ports, issues),
    hasSelector: Object.keys(selector).length > 0,
    sessionAffinity: oneOf(raw.sessionAffinity || 'None', ['None', 'ClientIP'] as const, 'spec.sessionAffinity', issues) ?? 'None',
    publishNotReadyAddresses: raw.publishNotReadyAddresses ?? false,
    ipFamilies: readFamilies(raw.ipFamilies ?? [], issues),
    loadBalancer: loadBalancerAddresses(status, issues),
    externalIPs,
  };
}

function checkClusterIP(address: string, type: Service['type'], issues: Issues): void {
  const field = 'spec.clusterIP';
  if (address === '') return;
  if (address !== 'None') check(address, ip, field, issues);
  if (type === 'ExternalName') issues.invalid(field, 'is not allowed in a Service of type ExternalName');
  else if (address === 'None' && type !== 'ClusterIP') issues.invalid(field, `"None" is not allowed in a Service of type ${type}`);
}

/** A trailing dot is allowed and kept: it says that no search domain is to be tried. */
function readExternalName(name: string | undefined, issues: Issues): string {
  return required(name, (value) => subdomain(value.replace(/\.$/, '')), 'spec.externalName', issues);
}

function readFamilies(families: readonly string[], issues: Issues): Service['ipFamilies'] {
  return families.flatMap((family, index) => oneOf(family, ['IPv4', 'IPv6'] as const, itemOf('spec.ipFamilies', index), issues) ?? []);
}

function readPorts(raw: readonly Of<typeof portShape>[], issues: Issues): readonly ServicePort[] {
  const names = new Set<string>();
  const numbers = new Set<string>();
  return raw.map((entry, index) => {
    const field = itemOf('spec.ports', index);
    const port = readPort(entry, field, issues);
    const number = `${port.port}/${port.protocol}`;
    if (raw.length > 1 && port.name === '') issues.invalid(fieldOf(field, 'name'), 'is required when there is more than one port');
    else if (names.has(port.name)) issues.invalid(fieldOf(field, 'name'), `"${port.name}" is the name of another port`);
    if (numbers.has(number)) issues.invalid(fieldOf(field, 'port'), `${number} is there twice`);
    names.add(port.name);
    numbers.add(number);
    return port;
  });
}

function readPort(raw: Of<typeof portShape>, field: string, issues: Issues): ServicePort {
  const { name = '', port, appProtocol } = raw;
  if (name !== '') check(name, label, fieldOf(field, 'name'), issues);
  if (port === undefined) issues.invalid(fieldOf(field, 'port'), 'is required');
  else checkPort(port, fieldOf(field, 'port'), issues);
  if (appProtocol !== undefined) check(appProtocol, qualifiedName, fieldOf(field, 'appProtocol'), issues);
  const protocols = ['TCP', 'UDP', 'SCTP'] as const;
  return {
    name,
    port: port ?? 0,
    protocol: oneOf(raw.protocol || 'TCP', protocols, fieldOf(field, 'protocol'), issues) ?? 'TCP',
    targetPort: readTargetPort(raw.targetPort, port ?? 0, fieldOf(field, 'targetPort'), issues),
    ...(appProtocol === undefined ? {} : { appProtocol }),
  };
}

function readTargetPort(written: number | string | undefined, port: number, field: string, issues: Issues): number | string {
  // Zero and the empty string are what the API takes for "not set".
  if (written === undefined || written === 0 || written === '') return port;
  if (typeof written === 'number') checkPort(written, field, issues);
  else if (/^\d+$/.test(written)) issues.invalid(field, `"${written.slice(0, 20)}" is text: write the number without quotes`);
  else check(written, portName, field, issues);
  return written;
}
