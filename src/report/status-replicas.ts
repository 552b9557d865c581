import { type Api, fieldsOf } from '../model/api.ts';

export interface ReplicaOptions {
  readonly api: Api;
  readonly namespace: string;
  /** The name of our own Pod. */
  readonly pod: string;
}

/** Labels that differ between the Pods of one workload, or between its revisions. */
const revisionLabels = new Set([
  'pod-template-hash',
  'controller-revision-hash',
  'pod-template-generation',
  'statefulset.kubernetes.io/pod-name',
  'apps.kubernetes.io/pod-index',
]);

/**
 * Whether our Pod is being deleted and no other one with its labels lives or is about to. A controller that is only started again within its
 * Pod is not the last: NGINX goes on. When it cannot be found out the answer is no: a stale address is the lesser harm.
 */
export async function isLastReplica({ api, namespace, pod }: ReplicaOptions): Promise<boolean> {
  const path = `/api/v1/namespaces/${namespace}/pods`;
  try {
    const own = await api.request({ method: 'GET', path: `${path}/${pod}` });
    if (own.status !== 200) return false;
    const metadata = fieldsOf(fieldsOf(own.body)['metadata']);
    if (metadata['deletionTimestamp'] === undefined) return false;
    const labels = Object.entries(fieldsOf(metadata['labels'])).filter(([name]) => !revisionLabels.has(name));
    if (labels.length === 0) return false;
    const labelSelector = labels.map(([name, value]) => `${name}=${value}`).join(',');
    const list = await api.request({ method: 'GET', path, query: { labelSelector } });
    const { items } = fieldsOf(list.body);
    return list.status === 200 && Array.isArray(items) && !items.some((item) => isOther(item, pod));
  } catch {
    return false;
  }
}

function isOther(item: unknown, pod: string): boolean {
  const { name, deletionTimestamp } = fieldsOf(fieldsOf(item)['metadata']);
  const { phase } = fieldsOf(fieldsOf(item)['status']);
  return name !== pod && deletionTimestamp === undefined && phase !== 'Succeeded' && phase !== 'Failed';
}
