import { type ApiAnswer, apiMessage, fieldsOf } from '../model/api.ts';
import type { KubeApi } from './kube-api.ts';
import { type RawObject, readRaw } from './kube-raw.ts';

export interface ListRequest {
  readonly api: Pick<KubeApi, 'request'>;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  /** Names and versions only: the server leaves out everything but `metadata`. */
  readonly metadataOnly?: boolean;
  readonly signal: AbortSignal;
  /** Called for each object as its page arrives. */
  readonly onObject: (object: RawObject) => void;
}

export type Listed =
  /** Everything was delivered; a watch from this resource version misses nothing. */
  { readonly ok: true; readonly resourceVersion: string } | { readonly ok: false; readonly status: number; readonly message: string };

const pageSize = '500';
const metadataList = 'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io,application/json';

/** Reads a whole collection page by page. Rejects when the server does not answer. */
export async function listAll(request: ListRequest): Promise<Listed> {
  let token = '';
  for (;;) {
    const answer = await readPage(request, token);
    if (answer.status !== 200) return { ok: false, status: answer.status, message: apiMessage(answer) };
    const { items, metadata } = fieldsOf(answer.body);
    // An empty list of metadata has `items: null`.
    const objects = items ?? [];
    if (!Array.isArray(objects) || metadata === undefined)
      return { ok: false, status: answer.status, message: 'the API server answered something that is not a list' };
    deliver(request, objects);
    const { resourceVersion, continue: next } = fieldsOf(metadata);
    if (typeof next !== 'string' || next === '') return { ok: true, resourceVersion: String(resourceVersion ?? '') };
    token = next;
  }
}

function readPage(request: ListRequest, token: string): Promise<ApiAnswer> {
  const page = token === '' ? { limit: pageSize } : { limit: pageSize, continue: token };
  return request.api.request({
    method: 'GET',
    path: request.path,
    query: { ...request.query, ...page },
    ...(request.metadataOnly ? { accept: metadataList } : {}),
    limitMs: 60_000,
    signal: request.signal,
  });
}

function deliver(request: ListRequest, items: readonly unknown[]): void {
  for (const item of items) {
    const object = readRaw(item);
    if (object) request.onObject(object);
  }
}
