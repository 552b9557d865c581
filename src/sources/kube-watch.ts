import { apiMessage, fieldsOf } from '../model/api.ts';
import type { KubeApi } from './kube-api.ts';
import { type RawObject, readRaw } from './kube-raw.ts';

export interface WatchRequest {
  readonly api: Pick<KubeApi, 'stream'>;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  /** After how many seconds the server shall end the watch. */
  readonly timeoutSeconds: number;
  /** Called when the server has accepted the watch. */
  readonly onOpen: () => void;
  /** Called for each change, and for each bookmark with nothing but the version. */
  readonly onChange: (change: Change) => void;
}

export type Change =
  | { readonly type: 'seen' | 'gone'; readonly object: RawObject }
  | { readonly type: 'bookmark'; readonly resourceVersion: string };

export type WatchEnd =
  /** The connection is over: go on from the last version. */
  | { readonly kind: 'cut'; readonly message: string }
  /** The server no longer knows what happened since the version: list again. */
  | { readonly kind: 'expired' }
  | { readonly kind: 'refused'; readonly status: number; readonly message: string };

/** Bookmarks come about once a minute; a watch that has been silent for longer than this is opened again, which costs nothing. */
const idleMs = 180_000;
const gone = 410;

/** Follows a collection from a resource version until the connection ends. Never rejects. */
export async function watchOnce(request: WatchRequest, resourceVersion: string): Promise<WatchEnd> {
  const broken = new AbortController();
  let failure: WatchEnd | undefined;
  const onLine = (line: string): void => {
    if (failure) return;
    const result = readEvent(line);
    if ('type' in result) request.onChange(result);
    else {
      failure = result;
      broken.abort();
    }
  };
  const abort = (): void => broken.abort();
  request.signal.addEventListener('abort', abort, { once: true });
  if (request.signal.aborted) abort();
  try {
    const end = await request.api.stream({
      method: 'GET',
      path: request.path,
      query: {
        ...request.query,
        watch: 'true',
        allowWatchBookmarks: 'true',
        resourceVersion,
        timeoutSeconds: String(request.timeoutSeconds),
      },
      idleMs,
      onOpen: request.onOpen,
      signal: broken.signal,
      onLine,
    });
    if (failure) return failure;
    if (end.kind === 'ended') return { kind: 'cut', message: 'the API server ended the watch' };
    return refusal(end.answer.status, apiMessage(end.answer));
  } catch (error) {
    return failure ?? { kind: 'cut', message: error instanceof Error ? error.message : String(error) };
  } finally {
    request.signal.removeEventListener('abort', abort);
  }
}

function refusal(status: number, message: string): WatchEnd {
  return status === gone ? { kind: 'expired' } : { kind: 'refused', status, message };
}

/** One line of a watch is one `WatchEvent`. Anything else means that something may have been missed. */
function readEvent(line: string): Change | WatchEnd {
  const { type, object } = fieldsOf(parse(line));
  if (type === 'ERROR') {
    const { code, message } = fieldsOf(object);
    return refusal(Number(code), `${message ?? 'the API server reports an error'} (HTTP ${code ?? 'unknown'})`);
  }
  const raw = type === 'BOOKMARK' ? undefined : readRaw(object);
  if (raw && (type === 'ADDED' || type === 'MODIFIED')) return { type: 'seen', object: raw };
  if (raw && type === 'DELETED') return { type: 'gone', object: raw };
  const { resourceVersion } = fieldsOf(fieldsOf(object)['metadata']);
  if (type === 'BOOKMARK' && typeof resourceVersion === 'string') return { type: 'bookmark', resourceVersion };
  return { kind: 'expired' };
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
