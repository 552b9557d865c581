import { type ApiAnswer, fieldsOf } from '../model/api.ts';

/** A Lease (coordination.k8s.io/v1), as far as an election looks at it. */
export interface Lease {
  readonly holder: string;
  readonly durationMs: number;
  readonly transitions: number;
  /** RFC 3339 with microseconds. */
  readonly acquireTime: string;
  readonly renewTime: string;
  readonly resourceVersion: string;
  /** The whole object, so that what others wrote into it survives an update. */
  readonly raw: Readonly<Record<string, unknown>>;
}

/** Where a Lease is. */
export interface LeaseName {
  readonly namespace: string;
  readonly name: string;
}

/** The path of the collection, or of the Lease in it. */
export function leasePath(lease: LeaseName, name = ''): string {
  return `/apis/coordination.k8s.io/v1/namespaces/${lease.namespace}/leases${name === '' ? '' : `/${name}`}`;
}

/** Reads what the API server answered. */
export function readLease(answer: ApiAnswer): Lease {
  const raw = fieldsOf(answer.body);
  const spec = fieldsOf(raw['spec']);
  const text = (name: string): string => (typeof spec[name] === 'string' ? spec[name] : '');
  const number = (name: string): number => (typeof spec[name] === 'number' ? spec[name] : 0);
  const { resourceVersion } = fieldsOf(raw['metadata']);
  return {
    holder: text('holderIdentity'),
    durationMs: number('leaseDurationSeconds') * 1000,
    transitions: number('leaseTransitions'),
    acquireTime: text('acquireTime'),
    renewTime: text('renewTime'),
    resourceVersion: typeof resourceVersion === 'string' ? resourceVersion : '',
    raw,
  };
}

/** The Lease to create when there is none. */
export function newLease(name: LeaseName, spec: LeaseSpec): unknown {
  return { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { ...name }, spec };
}

/** The Lease to write over the one that was read; its resource version makes the API server refuse when somebody was faster. */
export function changedLease(lease: Lease, spec: LeaseSpec): unknown {
  return { ...lease.raw, spec: { ...fieldsOf(lease.raw['spec']), ...spec } };
}

export interface LeaseSpec {
  readonly holderIdentity: string;
  readonly leaseDurationSeconds: number;
  readonly acquireTime: string;
  readonly renewTime: string;
  readonly leaseTransitions: number;
}

/** Kubernetes' `MicroTime`, from milliseconds since 1970. */
export function microTime(epoch: number): string {
  return new Date(epoch).toISOString().replace('Z', '000Z');
}
