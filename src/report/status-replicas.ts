import { fieldsOf } from '../model/api.ts';
import { type ReplicaOptions, readReplicas } from './replicas.ts';

/**
 * Whether our Pod is being deleted and no other one with its labels lives or is about to. A controller that is only started again within its
 * Pod is not the last: NGINX goes on. When it cannot be found out the answer is no: a stale address is the lesser harm.
 */
export async function isLastReplica(options: ReplicaOptions): Promise<boolean> {
  const replicas = await readReplicas(options);
  if (!replicas || fieldsOf(fieldsOf(replicas.own)['metadata'])['deletionTimestamp'] === undefined) return false;
  return !replicas.all.some((item) => isOther(item, options.pod));
}

function isOther(item: unknown, pod: string): boolean {
  const { name, deletionTimestamp } = fieldsOf(fieldsOf(item)['metadata']);
  const { phase } = fieldsOf(fieldsOf(item)['status']);
  return name !== pod && deletionTimestamp === undefined && phase !== 'Succeeded' && phase !== 'Failed';
}
