import type { EndpointSet, Key, ObjectRef, Service, ServicePort, ServicePortRef } from '../model/objects.ts';
import { refOf, refText } from '../model/objects.ts';
import type { Answer, Upstream } from '../model/routing.ts';
import type { Endpoint } from '../model/runtime.ts';

/** What a backend that cannot be served answers. */
export const unavailable: Answer = { kind: 'answer', status: 503 };

/** What is wrong with a backend; `field` goes on after the field of the backend. */
export interface BackendProblem {
  readonly code: 'ServiceMissing' | 'ServicePortMissing' | 'ServiceWithoutEndpoints' | 'ServicePortIsTargetPort' | 'ExternalNameUnusable';
  readonly field: string;
  /** A beginning of a sentence. */
  readonly reason: string;
  /** How the sentence goes on, where it says what becomes of requests. */
  readonly ending?: (consequence: string) => string;
}

/** Who answers in place of a Service that does not. */
export type Instead = 'default backend' | 'primary';

const consequences = {
  nobody: 'these paths answer 503',
  'default backend': 'the default backend answers for these paths',
  primary: 'the requests of this canary stay with the primary',
} as const;

/** The whole sentence about a backend. */
export function problemText({ reason, ending = () => '' }: BackendProblem, instead?: Instead): string {
  return reason + ending(consequences[instead ?? 'nobody']);
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
  const reason = `${portText(wanted)} is the targetPort of the Service; an Ingress names the Service's own port, which is ${port.port}. It is served as meant.`;
  return { code: 'ServicePortIsTargetPort', field: '.service.port', reason };
}

/** Says that nothing has the name. */
export function serviceMissing(key: Key): BackendProblem {
  const ending = (consequence: string) => `, so ${consequence}. Create it, or correct the name.`;
  return { code: 'ServiceMissing', field: '.service.name', reason: `there is no Service ${key}`, ending };
}

/** Says that the operator does not want names from outside. */
export function externalDisabled(key: Key): BackendProblem {
  const reason = `Service ${key} is of type ExternalName, which --disable-svc-external-name switches off`;
  return { code: 'ExternalNameUnusable', field: '.service.name', reason, ending: (consequence) => `; ${consequence}.` };
}

/** Says that nobody is ready behind a port, and why that may be. */
export function endpointsMissing(service: ObjectRef, port: ServicePort, sets: readonly EndpointSet[]): BackendProblem {
  const reason = `${refText(service)} has no ready endpoint for port ${port.port}${endpointHint(port, sets)}`;
  return { code: 'ServiceWithoutEndpoints', field: '.service', reason, ending: (consequence) => `; ${consequence} until one appears.` };
}

/** Says which ports there are instead. */
export function portMissing(service: Service, wanted: ServicePortRef): BackendProblem {
  const ports = service.ports.map((port) => `${port.port}${port.name === '' ? '' : ` (${port.name})`} ${port.protocol}`);
  const has = ports.length === 0 ? 'it has no ports' : `it has ${ports.join(', ')}`;
  const reason = `${refText(refOf(service))} has no TCP port ${portText(wanted)}: ${has}`;
  return { code: 'ServicePortMissing', field: '.service.port', reason, ending: (consequence) => `; ${consequence}.` };
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
