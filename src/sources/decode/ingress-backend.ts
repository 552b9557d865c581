import type { Backend, ServicePortRef } from '../../model/objects.ts';
import { fieldOf } from '../field-path.ts';
import type { backendShape, betaBackendShape, RawResource } from './ingress-shapes.ts';
import type { Issues } from './issues.ts';
import { check, checkPort, label, pathSegment, portName, required, subdomain } from './names.ts';
import type { Of } from './shapes.ts';

/** Reads a backend of one API version; what it returns is of no use if it raised an issue. */
export type BackendReader<B> = (raw: B, field: string, issues: Issues) => Backend;

/** Takes the place of a backend that could not be read; the object that would hold it is refused. */
export const noBackend: Backend = { kind: 'service', name: '', port: { number: 0 } };

/** Reads a backend of networking.k8s.io/v1: exactly one of `service` and `resource`. */
export const readBackend: BackendReader<Of<typeof backendShape>> = (raw, field, issues) => {
  if (raw.service && raw.resource) issues.invalid(field, 'has both `service` and `resource`: only one is allowed');
  if (raw.resource) return readResource(raw.resource, fieldOf(field, 'resource'), issues);
  if (!raw.service) {
    issues.invalid(field, 'needs `service` or `resource`');
    return noBackend;
  }
  const name = required(raw.service.name, label, `${field}.service.name`, issues);
  return { kind: 'service', name, port: readPort(raw.service.port ?? {}, `${field}.service.port`, issues) };
};

interface RawPort {
  readonly name?: string | undefined;
  readonly number?: number | undefined;
}

function readPort(port: RawPort, field: string, issues: Issues): ServicePortRef {
  // Zero and the empty string are what the API takes for "not set".
  const named = port.name !== undefined && port.name !== '';
  const numbered = port.number !== undefined && port.number !== 0;
  if (named && numbered) issues.invalid(field, 'has both `number` and `name`: only one is allowed');
  if (!named && !numbered) issues.invalid(field, 'needs `number` or `name`');
  if (numbered) checkPort(port.number ?? 0, fieldOf(field, 'number'), issues);
  if (named) check(port.name ?? '', portName, fieldOf(field, 'name'), issues);
  return named ? { name: port.name ?? '' } : { number: port.number ?? 0 };
}

/** Reads a backend of the beta versions: `serviceName` and `servicePort`, or `resource`. */
export const readBetaBackend: BackendReader<Of<typeof betaBackendShape>> = (raw, field, issues) => {
  const hasService = Boolean(raw.serviceName) || raw.servicePort !== undefined;
  if (hasService && raw.resource) issues.invalid(field, 'has both `serviceName` and `resource`: only one is allowed');
  if (raw.resource) return readResource(raw.resource, fieldOf(field, 'resource'), issues);
  const name = required(raw.serviceName, label, fieldOf(field, 'serviceName'), issues);
  return { kind: 'service', name, port: readBetaPort(raw.servicePort, fieldOf(field, 'servicePort'), issues) };
};

function readBetaPort(port: number | string | undefined, field: string, issues: Issues): ServicePortRef {
  if (port === undefined || port === '') issues.invalid(field, 'is required');
  else if (typeof port === 'number') checkPort(port, field, issues);
  else if (/^\d{1,9}$/.test(port)) checkPort(Number(port), field, issues);
  else check(port, portName, field, issues);
  if (typeof port === 'number') return { number: port };
  return /^\d+$/.test(port ?? '') ? { number: Number(port) } : { name: port ?? '' };
}

function readResource(raw: RawResource, field: string, issues: Issues): Backend {
  const resourceKind = required(raw.kind, pathSegment, fieldOf(field, 'kind'), issues);
  const name = required(raw.name, pathSegment, fieldOf(field, 'name'), issues);
  if (raw.apiGroup) check(raw.apiGroup, subdomain, fieldOf(field, 'apiGroup'), issues);
  return { kind: 'resource', apiGroup: raw.apiGroup ?? '', resourceKind, name };
}
