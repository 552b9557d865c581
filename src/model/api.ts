/** One request to the Kubernetes API. */
export interface ApiRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Absolute, such as `/api/v1/namespaces/default/secrets`. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** `application/json` unless given; a PATCH has to say which kind of patch it is. */
  readonly contentType?: string;
  /** `application/json` unless given. */
  readonly accept?: string;
  /** How long the head of the answer may take, and its body again, in milliseconds; 30 s unless given. */
  readonly limitMs?: number;
  readonly signal?: AbortSignal;
}

/** What the API server answered, whatever the status; `body` is the JSON in it, or its text when it is not JSON. */
export interface ApiAnswer {
  readonly status: number;
  readonly body: unknown;
}

/** The port through which everything that writes to the cluster speaks to the API server. */
export interface Api {
  /** Rejects only when there was no answer: the server is away, or too slow. */
  request(request: ApiRequest): Promise<ApiAnswer>;
}

/** What went wrong, in one sentence; the `message` of a Kubernetes Status says it best. */
export function apiMessage(answer: ApiAnswer): string {
  const message = typeof answer.body === 'object' && answer.body !== null ? Reflect.get(answer.body, 'message') : undefined;
  return typeof message === 'string' && message !== '' ? `${message} (HTTP ${answer.status})` : `HTTP ${answer.status}`;
}

/** The fields of a JSON object; none of anything else. */
export function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
}
