import { type Api, type ApiAnswer, apiMessage } from '../model/api.ts';
import type { Timing } from '../model/timing.ts';
import { changedLease, type LeaseName, type LeaseSpec, leasePath, microTime, newLease, readLease } from './leader-lease.ts';

export interface TakeoverOptions {
  readonly api: Api;
  readonly lease: LeaseName;
  /** Written into the Lease; not the name of a replica. */
  readonly identity: string;
  /** How long nobody else may lead, if the Lease is left alone after that. */
  readonly ttlMs: number;
  readonly timing: Timing;
  readonly signal: AbortSignal;
}

const attempts = 10;
/** For the request with which the replica that led finds out. */
const marginMs = 2_000;

/**
 * Takes a Lease from whoever holds it, and resolves when that one has had the time to notice: a replica looks every quarter of the duration that
 * it wrote into the Lease. Nobody leads then for `ttlMs`, and after that the replicas elect one of them as ever. Throws with a sentence.
 */
export async function takeLease({ api, lease: name, identity, ttlMs, timing, signal }: TakeoverOptions): Promise<void> {
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    const found = await api.request({ method: 'GET', path: leasePath(name, name.name) });
    if (found.status !== 200 && found.status !== 404) throw failure(name, found);
    const lease = readLease(found);
    const spec = specOf(identity, ttlMs, timing);
    const answer =
      found.status === 404
        ? await api.request({ method: 'POST', path: leasePath(name), body: newLease(name, spec) })
        : await api.request({ method: 'PUT', path: leasePath(name, name.name), body: changedLease(lease, transition(spec, lease)) });
    if (answer.status === 409) continue;
    if (answer.status !== 200 && answer.status !== 201) throw failure(name, answer);
    if (lease.holder !== '' && lease.holder !== identity) await timing.wait(lease.durationMs / 4 + marginMs, signal);
    return;
  }
  throw new Error(`the Lease ${name.namespace}/${name.name} keeps changing`);
}

function specOf(holderIdentity: string, ttlMs: number, timing: Timing): LeaseSpec {
  const now = microTime(timing.epoch());
  return {
    holderIdentity,
    leaseDurationSeconds: Math.ceil(ttlMs / 1000),
    acquireTime: now,
    renewTime: now,
    leaseTransitions: 0,
  };
}

function transition(spec: LeaseSpec, { transitions }: { readonly transitions: number }): LeaseSpec {
  return { ...spec, leaseTransitions: transitions + 1 };
}

function failure({ namespace, name }: LeaseName, answer: ApiAnswer): Error {
  return new Error(`the Lease ${namespace}/${name} cannot be taken: ${apiMessage(answer)}`);
}
