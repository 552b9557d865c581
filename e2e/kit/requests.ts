/** How one line of `requests.txt` reaches NGINX. */
export type Sending =
  | { readonly kind: 'http' | 'h2' | 'stream' | 'websocket'; readonly method: string; readonly url: Url; readonly options: Options }
  /** Bytes as they are, sent to the http or the https port. */
  | { readonly kind: 'raw'; readonly scheme: Url['scheme']; readonly bytes: string };

export interface Url {
  readonly scheme: 'http' | 'https';
  /** Host and port as they are written. */
  readonly authority: string;
  /** Path and query as they are written. */
  readonly target: string;
}

/** What stands in brackets behind the URL. */
export interface Options {
  readonly headers: readonly (readonly [string, string])[];
  /** The server name in the TLS handshake; `none` for none at all. Absent: the host of the URL. */
  readonly sni?: string;
  /** The address that the client has. */
  readonly from?: string;
  readonly body?: string;
  /** What the PROXY protocol says in front of everything else: the words of version 1 behind `PROXY`, or those behind `v2` in the form of version 2. */
  readonly proxy?: string;
  /** Replaces the path and query in the request line. */
  readonly target?: string;
}

/** What stands behind the arrow. */
export interface Expectation {
  /** `no handshake`: TLS is refused before anything is asked. */
  readonly status: number | 'no handshake';
  readonly location?: string;
  /** Whose endpoints answered, and how often; empty: no backend saw the request. */
  readonly answers: readonly Answerer[];
  /** How many different endpoints answered. */
  readonly endpoints?: number;
}

export interface Answerer {
  readonly namespace: string;
  readonly service: string;
  /** `address:port` */
  readonly endpoint?: string;
  readonly times: number;
}

/** An indented line: something that the backend saw, or that the client got. `service` names the backend, where several saw the request. */
export type Check = { readonly service?: string } & (
  | { readonly side: 'backend' | 'client'; readonly kind: 'header'; readonly name: string; readonly value: string }
  | { readonly side: 'backend' | 'client'; readonly kind: 'no header'; readonly name: string }
  | { readonly side: 'backend' | 'client'; readonly kind: 'body'; readonly text: string }
  | { readonly side: 'backend'; readonly kind: 'request line'; readonly text: string }
  | { readonly side: 'backend'; readonly kind: 'headers'; readonly names: readonly string[] }
  | { readonly side: 'backend'; readonly kind: 'connections'; readonly count: number }
  | { readonly side: 'client'; readonly kind: 'certificate'; readonly text: string }
);

export interface RequestLine {
  readonly line: number;
  readonly text: string;
  readonly times: number;
  readonly sending: Sending;
  readonly expectation: Expectation;
  readonly checks: readonly Check[];
}

/** What a file of requests says. */
export interface Requests {
  /** How many reloads what comes before the requests may cause; only in `requests-later.txt`. */
  readonly reloads?: number;
  /** Texts that the log has to hold. */
  readonly log: readonly string[];
  /** Texts that NGINX's access log has to hold, and that it must not hold. */
  readonly access: readonly string[];
  readonly noAccess: readonly string[];
  readonly lines: readonly RequestLine[];
}

/** Reads `requests.txt` (e2e/README.md has the grammar). Throws with file and line on everything that it does not know. */
export function parseRequests(file: string, text: string): Requests {
  const draft: Draft = { lines: [], log: [], access: [], noAccess: [], reloads: undefined };
  for (const [index, raw] of text.split('\n').entries()) {
    if (raw.trim() === '' || raw.startsWith('#')) continue;
    takeLine(draft, raw, index + 1, (why) => {
      throw new Error(`${file}:${index + 1}: ${why}: ${raw}`);
    });
  }
  const { reloads, ...rest } = draft;
  return { ...(reloads === undefined ? {} : { reloads }), ...rest };
}

interface Draft {
  readonly lines: (RequestLine & { readonly checks: Check[] })[];
  readonly log: string[];
  readonly access: string[];
  readonly noAccess: string[];
  reloads: number | undefined;
}

function takeLine(draft: Draft, raw: string, line: number, fail: Fail): void {
  const last = draft.lines.at(-1);
  const [, setting, value = ''] = /^(reloads|log|access|no access): (.+)$/.exec(raw) ?? [];
  if (setting === 'log') draft.log.push(value);
  else if (setting === 'access') draft.access.push(value);
  else if (setting === 'no access') draft.noAccess.push(value);
  else if (setting === 'reloads' && !last && /^\d+$/.test(value)) draft.reloads = Number(value);
  else if (!raw.startsWith(' ')) draft.lines.push({ line, text: raw, ...parseLine(raw, fail), checks: [] });
  else if (last && /^ {4}\S/.test(raw)) last.checks.push(parseCheck(raw.slice(4), fail));
  else fail('a check is indented by four spaces, below a request');
}

type Fail = (why: string) => never;

function parseLine(text: string, fail: Fail): Pick<RequestLine, 'times' | 'sending' | 'expectation'> {
  const [left, right, ...rest] = text.split(' → ');
  if (left === undefined || right === undefined || rest.length > 0) return fail('a request has one arrow');
  const [, count, request] = /^(?:(\d+) × )?(.*)$/.exec(left) ?? [];
  const times = Number(count ?? '1');
  return { times, sending: parseSending(request ?? '', fail), expectation: parseExpectation(right, times, fail) };
}

function parseSending(text: string, fail: Fail): Sending {
  const raw = /^RAW (?:(https) )?(".*")$/.exec(text);
  if (raw) return { kind: 'raw', scheme: raw[1] ? 'https' : 'http', bytes: JSON.parse(raw[2] ?? '') };
  const [, way, method, scheme, authority, target, options] =
    /^(?:(H2|STREAM|WEBSOCKET) )?([A-Za-z]+) (https?):\/\/([^/?# ]+)(\S*)((?: \[.*\])?)$/.exec(text) ?? fail('not a request');
  const kinds = { H2: 'h2', STREAM: 'stream', WEBSOCKET: 'websocket' } as const;
  return {
    kind: way ? kinds[way as keyof typeof kinds] : 'http',
    method: method ?? '',
    url: { scheme: scheme === 'https' ? 'https' : 'http', authority: authority ?? '', target: target || '/' },
    options: parseOptions((options ?? '').trim(), fail),
  };
}

function parseOptions(text: string, fail: Fail): Options {
  const headers: [string, string][] = [];
  const others: Record<string, string> = {};
  let rest = text;
  while (rest !== '') {
    const [whole, name, value] = /^\[([A-Za-z0-9_-]+): ?(.*?)\](?: |$)/.exec(rest) ?? fail('not an option');
    rest = rest.slice(whole?.length);
    if (name === 'sni' || name === 'from' || name === 'body' || name === 'proxy' || name === 'target') others[name] = value ?? '';
    else headers.push([name ?? '', value ?? '']);
  }
  return { headers, ...others };
}

function parseExpectation(text: string, times: number, fail: Fail): Expectation {
  if (text === 'no handshake') return { status: text, answers: [] };
  const [, status, redirect, who, number] =
    /^(\d{3})(?: (\w+:\/\/\S+|\/\S*))?(?: ([a-z0-9].*?))?(?: from (\d+) endpoints?)?$/.exec(text) ?? fail('not an expectation');
  return {
    status: Number(status),
    ...(redirect === undefined ? {} : { location: redirect }),
    answers: who === undefined ? [] : who.split(', ').map((one) => parseAnswerer(one, times, fail)),
    ...(number === undefined ? {} : { endpoints: Number(number) }),
  };
}

function parseAnswerer(text: string, times: number, fail: Fail): Answerer {
  const [, namespace, service, endpoint, count] =
    /^(?:([a-z0-9-]+)\/)?([a-z0-9-]+)(?:@(\S+:\d+))?(?: ×(\d+))?$/.exec(text) ?? fail('not a Service');
  return {
    namespace: namespace ?? 'default',
    service: service ?? '',
    ...(endpoint === undefined ? {} : { endpoint }),
    times: count === undefined ? times : Number(count),
  };
}

function parseCheck(text: string, fail: Fail): Check {
  const [, side, service, what] = /^(backend(?: ([a-z0-9/-]+))?|client|certificate): (.*)$/.exec(text) ?? fail('not a check');
  if (what === undefined) return fail('not a check');
  if (service !== undefined) return { ...(parseBackendCheck(what) ?? parseCommonCheck('backend', what, fail)), service };
  if (side === 'certificate') return { side: 'client', kind: 'certificate', text: what };
  return (
    (side === 'backend' ? parseBackendCheck(what) : undefined) ?? parseCommonCheck(side === 'backend' ? 'backend' : 'client', what, fail)
  );
}

function parseBackendCheck(what: string): Check | undefined {
  const headers = /^headers (.+)$/.exec(what);
  if (headers) return { side: 'backend', kind: 'headers', names: (headers[1] ?? '').split(' ') };
  const connections = /^connections (\d+)$/.exec(what);
  if (connections) return { side: 'backend', kind: 'connections', count: Number(connections[1]) };
  return /^[A-Z]+ [^:\s]\S*$/.test(what) ? { side: 'backend', kind: 'request line', text: what } : undefined;
}

function parseCommonCheck(side: 'backend' | 'client', what: string, fail: Fail): Check {
  const no = /^no ([A-Za-z0-9_-]+)$/.exec(what);
  if (no) return { side, kind: 'no header', name: no[1] ?? '' };
  const body = /^body (".*")$/.exec(what);
  if (body) return { side, kind: 'body', text: JSON.parse(body[1] ?? '') };
  const [, name, value] = /^([A-Za-z0-9_-]+): (.+)$/.exec(what) ?? fail('not a check');
  return { side, kind: 'header', name: name ?? '', value: value ?? '' };
}
