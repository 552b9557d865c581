import { type Api, apiMessage, fieldsOf } from '../model/api.ts';
import { isWrittenBy } from './status-manager.ts';

export interface WithdrawalOptions {
  readonly api: Api;
  /** The name under which the API server remembers our writes; see `fieldManagerOf`. */
  readonly fieldManager: string;
  /** The one namespace to look at; absent: all. */
  readonly namespace?: string;
  /** Which of them are ours. */
  readonly isOurs?: (namespace: string) => boolean;
}

/** What a withdrawal came to. */
export interface Withdrawal {
  readonly withdrawn: number;
  /** What went wrong, a sentence for each Ingress. */
  readonly troubles: readonly string[];
}

const atOnce = 10;
const attempts = 5;
const pageSize = '500';
const api = '/apis/networking.k8s.io/v1';

/**
 * Empties the status of every Ingress whose addresses are ours by the API server's own record of who wrote what. Whoever leads must not write at the
 * same time. Throws with a sentence when Ingresses cannot be listed.
 */
export async function withdrawStatus(options: WithdrawalOptions): Promise<Withdrawal> {
  const ours: { readonly path: string; readonly name: string }[] = [];
  for await (const ingress of ingressesOf(options)) {
    const { namespace, name } = fieldsOf(fieldsOf(ingress)['metadata']);
    if (typeof namespace !== 'string' || typeof name !== 'string' || options.isOurs?.(namespace) === false) continue;
    if (carriesOurs(ingress, options))
      ours.push({ path: `${api}/namespaces/${namespace}/ingresses/${name}`, name: `${namespace}/${name}` });
  }
  const troubles: string[] = [];
  const queue = ours.values();
  const worker = async (): Promise<void> => {
    for (const { path, name } of queue) {
      const message = await withdrawOne(options, path);
      if (message !== undefined) troubles.push(`the status of Ingress ${name} cannot be withdrawn: ${message}`);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return { withdrawn: ours.length - troubles.length, troubles: troubles.sort() };
}

async function* ingressesOf({ api: port, namespace }: WithdrawalOptions): AsyncGenerator<unknown> {
  const path = namespace === undefined ? `${api}/ingresses` : `${api}/namespaces/${namespace}/ingresses`;
  let token = '';
  do {
    const answer = await port.request({ method: 'GET', path, query: { limit: pageSize, ...(token === '' ? {} : { continue: token }) } });
    if (answer.status !== 200) throw new Error(`Ingresses cannot be listed: ${apiMessage(answer)}`);
    const { items, metadata } = fieldsOf(answer.body);
    if (Array.isArray(items)) yield* items;
    const next = fieldsOf(metadata)['continue'];
    token = typeof next === 'string' ? next : '';
  } while (token !== '');
}

function carriesOurs(ingress: unknown, { fieldManager }: WithdrawalOptions): { readonly resourceVersion: string } | undefined {
  const addresses = fieldsOf(fieldsOf(fieldsOf(ingress)['status'])['loadBalancer'])['ingress'];
  return Array.isArray(addresses) && addresses.length > 0 ? isWrittenBy(ingress, fieldManager) : undefined;
}

/** Gives back what went wrong. What is written by somebody else at this moment is theirs. */
async function withdrawOne(options: WithdrawalOptions, path: string): Promise<string | undefined> {
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    const found = await options.api.request({ method: 'GET', path });
    if (found.status !== 200) return found.status === 404 ? undefined : apiMessage(found);
    const guard = carriesOurs(found.body, options);
    if (!guard) return undefined;
    const answer = await options.api.request({
      method: 'PATCH',
      path: `${path}/status`,
      query: { fieldManager: options.fieldManager },
      contentType: 'application/merge-patch+json',
      body: { metadata: guard, status: { loadBalancer: { ingress: [] } } },
    });
    if (answer.status === 200 || answer.status === 404) return undefined;
    if (answer.status !== 409) return apiMessage(answer);
  }
  return 'it keeps changing';
}
