import { type Api, fieldsOf } from '../model/api.ts';

export interface ReplicaOptions {
  readonly api: Api;
  readonly namespace: string;
  /** The name of our own Pod. */
  readonly pod: string;
}

/** Our own Pod and all with its labels, itself included, as the API sent them. */
export interface Replicas {
  readonly own: unknown;
  readonly all: readonly unknown[];
}

/** Labels that differ between the Pods of one workload, or between its revisions. */
const revisionLabels = new Set([
  'pod-template-hash',
  'controller-revision-hash',
  'pod-template-generation',
  'statefulset.kubernetes.io/pod-name',
  'apps.kubernetes.io/pod-index',
]);

/** Finds the replicas of our workload; undefined when they cannot be found out. */
export async function readReplicas({ api, namespace, pod }: ReplicaOptions): Promise<Replicas | undefined> {
  const path = `/api/v1/namespaces/${namespace}/pods`;
  try {
    const own = await api.request({ method: 'GET', path: `${path}/${pod}` });
    if (own.status !== 200) return undefined;
    const labels = Object.entries(fieldsOf(fieldsOf(fieldsOf(own.body)['metadata'])['labels'])).filter(
      ([name]) => !revisionLabels.has(name),
    );
    if (labels.length === 0) return undefined;
    const labelSelector = labels.map(([name, value]) => `${name}=${value}`).join(',');
    const list = await api.request({ method: 'GET', path, query: { labelSelector } });
    const { items } = fieldsOf(list.body);
    return list.status === 200 && Array.isArray(items) ? { own: own.body, all: items } : undefined;
  } catch {
    return undefined;
  }
}
