import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** The programs of a control plane without nodes. */
export interface Programs {
  readonly etcd: string;
  readonly apiServer: string;
  /** Only to look at what a person would see. */
  readonly kubectl?: string;
}

/**
 * Finds etcd and kube-apiserver: `$ETCD` and `$KUBE_APISERVER`, the folder `$KUBEBUILDER_ASSETS` (as `setup-envtest` fills it), or PATH.
 * A text says what is missing.
 */
export function findPrograms(environment: NodeJS.ProcessEnv): Programs | string {
  const etcd = find('etcd', environment['ETCD'], environment);
  const apiServer = find('kube-apiserver', environment['KUBE_APISERVER'], environment);
  const kubectl = find('kubectl', environment['KUBECTL'], environment);
  if (etcd !== undefined && apiServer !== undefined) return { etcd, apiServer, ...(kubectl === undefined ? {} : { kubectl }) };
  const missing = [...(etcd === undefined ? ['etcd'] : []), ...(apiServer === undefined ? ['kube-apiserver'] : [])].join(' and ');
  return `${missing} not found: set ETCD and KUBE_APISERVER, or KUBEBUILDER_ASSETS, or put them on PATH`;
}

function find(name: string, given: string | undefined, environment: NodeJS.ProcessEnv): string | undefined {
  if (given) return given;
  const folders = [environment['KUBEBUILDER_ASSETS'] ?? '', ...(environment['PATH'] ?? '').split(delimiter)];
  return folders
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, name))
    .find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
