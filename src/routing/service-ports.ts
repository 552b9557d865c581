import type { EndpointSet, Service, ServicePort, ServicePortRef } from '../model/objects.ts';
import { refOf, refText } from '../model/objects.ts';
import type { Upstream } from '../model/routing.ts';
import type { Endpoint } from '../model/runtime.ts';

/** What is wrong with a backend; `field` goes on after the field of the backend. */
export interface BackendProblem {
  readonly code: 'ServiceMissing' | 'ServicePortMissing' | 'ServiceWithoutEndpoints' | 'ServicePortIsTargetPort' | 'ExternalNameUnusable';
  readonly field: string;
  readonly message: string;
}

/**
 * Addresses alone are cheaper for NGINX to ask for, but need one port that is known even while there are no endpoints: a numeric
 * targetPort of a Service whose endpoints Kubernetes writes. Everything else gets records that carry their port. So a change of
 * endpoints changes the configuration only where somebody writes endpoints by hand whose port is not the one that the selector leads to.
 */
export function resolutionOf(
  service: Service,
  port: ServicePort,
  addresses: readonly Endpoint[],
  wantsNames: boolean,
): Upstream['resolution'] {
  const { targetPort } = port;
  const onePort = typeof targetPort === 'number' && service.hasSelector && addresses.every((endpoint) => endpoint.port === targetPort);
  return onePort && !wantsNames ? { kind: 'A', port: targetPort } : { kind: 'SRV' };
}

/** Services of old manifests are sometimes named by their targetPort; ingress-nginx accepts that, so it works here too. */
export function findPort(
  service: Service,
  wanted: ServicePortRef,
): { readonly port: ServicePort; readonly byTargetPort: boolean } | undefined {
  const tcp = service.ports.filter((port) => port.protocol === 'TCP');
  const port = tcp.find((candidate) => ('number' in wanted ? candidate.port === wanted.number : candidate.name === wanted.name));
  if (port) return { port, byTargetPort: false };
  const target = 'number' in wanted ? wanted.number : wanted.name;
  const byTarget = tcp.find((candidate) => candidate.targetPort === target);
  return byTarget && { port: byTarget, byTargetPort: true };
}

/** Says that a rule names what stands behind the Service's port. */
export function targetPortProblem(port: ServicePort, wanted: ServicePortRef): BackendProblem {
  const message = `${portText(wanted)} is the targetPort of the Service; an Ingress names the Service's own port, which is ${port.port}. It is served as meant.`;
  return { code: 'ServicePortIsTargetPort', field: '.service.port', message };
}

/** Says which ports there are instead. */
export function noPortMessage(service: Service, wanted: ServicePortRef): string {
  const ports = service.ports.map((port) => `${port.port}${port.name === '' ? '' : ` (${port.name})`} ${port.protocol}`);
  const has = ports.length === 0 ? 'it has no ports' : `it has ${ports.join(', ')}`;
  return `${refText(refOf(service))} has no TCP port ${portText(wanted)}: ${has}. These paths answer 503.`;
}

/** Why a Service with endpoint objects may still have no endpoint: their ports are named otherwise, or nobody is ready. */
export function endpointHint(port: ServicePort, sets: readonly EndpointSet[]): string {
  const subsets = sets.flatMap((set) => set.subsets);
  if (subsets.length === 0) return ' (no EndpointSlice or Endpoints object belongs to it)';
  const names = new Set(subsets.flatMap((subset) => subset.ports.map((candidate) => candidate.name)));
  if (names.size === 0 || names.has(port.name)) return '';
  const list = [...names].sort().map((name) => `"${name}"`);
  return ` (its endpoints name their ports ${list.join(', ')}, the Service names this one "${port.name}")`;
}

/** A port as a rule writes it. */
export function portText(port: ServicePortRef): string {
  return 'number' in port ? String(port.number) : port.name;
}
