import http from 'node:http';
import https from 'node:https';
import { KubeConfig } from '@kubernetes/client-node';
import type { Api, ApiAnswer, ApiRequest } from '../model/api.ts';
import { createPace, type Timing } from '../model/timing.ts';
import { realTiming } from './kube-timing.ts';

export interface KubeApiOptions {
  /** A kubeconfig file. Without it and `server`: `$KUBECONFIG`, `~/.kube/config`, or the service account of the Pod. */
  readonly kubeconfig?: string;
  /** The address of an API server that asks for no credentials, such as `kubectl proxy`. */
  readonly server?: string;
  /** The file with the authority that signed the certificate of `server`. */
  readonly certificateAuthority?: string;
  readonly userAgent: string;
  /** Requests per second that are sent in the long run; 20 unless given. Watches count when they are opened. */
  readonly perSecond?: number;
  /** Requests that may be sent at once after a quiet time; 40 unless given. */
  readonly burst?: number;
  readonly timing?: Timing;
}

/** How a stream of lines ended. */
export type StreamEnd =
  /** The server ended it, or nothing came for too long. */
  | { readonly kind: 'ended' }
  /** There was no stream: the server answered something else than 200. */
  | { readonly kind: 'refused'; readonly answer: ApiAnswer };

export interface StreamRequest extends ApiRequest {
  /** Ends the stream after so many milliseconds without a byte. */
  readonly idleMs: number;
  /** Called when the server has accepted the request. */
  readonly onOpen: () => void;
  readonly onLine: (line: string) => void;
}

/** A connection to one API server. */
export interface KubeApi extends Api {
  readonly server: string;
  /** Hands over each complete line of an answer. Rejects when the connection cannot be made or breaks. */
  stream(request: StreamRequest): Promise<StreamEnd>;
  /** Closes the idle connections. */
  close(): void;
}

const defaultLimitMs = 30_000;
/** The server is asked whether it is still there when a connection has been quiet for so long. */
const probeMs = 30_000;
const never = new AbortController().signal;

/**
 * Connects to the cluster of the given options. Credentials and TLS are the library's business; the requests are plain, since
 * what the library decodes differs between lists and watches, and its fetch makes a new TLS connection for each request.
 */
export function createKubeApi(options: KubeApiOptions): KubeApi {
  const config = loadConfig(options);
  const server = config.getCurrentCluster()?.server.replace(/\/+$/, '');
  if (server === undefined) throw new Error('the kubeconfig names no cluster');
  const agentOptions = { keepAlive: true, keepAliveMsecs: probeMs };
  const agent = server.startsWith('http:') ? new http.Agent(agentOptions) : new https.Agent(agentOptions);
  const pace = createPace(options.timing ?? realTiming, options.perSecond ?? 20, options.burst ?? 40);
  const open = async (request: ApiRequest): Promise<http.IncomingMessage> => {
    await pace(request.signal ?? never);
    request.signal?.throwIfAborted();
    const tls: https.RequestOptions = { headers: headersOf(request, options.userAgent) };
    await config.applyToHTTPSOptions(tls);
    if (!config.getCurrentCluster()?.proxyUrl) tls.agent = agent;
    return send(new URL(server + request.path), request, tls);
  };
  return {
    server,
    request: async (request) => readAnswer(await open(request), request.limitMs ?? defaultLimitMs),
    async stream(request) {
      const response = await open(request);
      if (response.statusCode !== 200) return { kind: 'refused', answer: await readAnswer(response, defaultLimitMs) };
      request.onOpen();
      await readLines(response, request);
      return { kind: 'ended' };
    },
    close: () => agent.destroy(),
  };
}

function loadConfig(options: KubeApiOptions): KubeConfig {
  const config = new KubeConfig();
  if (options.kubeconfig !== undefined) config.loadFromFile(options.kubeconfig);
  else if (options.server !== undefined) {
    const { server, certificateAuthority: caFile } = options;
    // The library refuses plain http unless verification is off, which says nothing about https here.
    const skipTLSVerify = server.startsWith('http:');
    config.loadFromClusterAndUser(
      { name: 'cluster', server, skipTLSVerify, ...(caFile === undefined ? {} : { caFile }) },
      { name: 'user' },
    );
  } else config.loadFromDefault();
  return config;
}

function headersOf(request: ApiRequest, userAgent: string): Record<string, string> {
  return {
    accept: request.accept ?? 'application/json',
    'user-agent': userAgent,
    ...(request.body === undefined ? {} : { 'content-type': request.contentType ?? 'application/json' }),
  };
}

/** Resolves with the head of the answer; the time limit of a request without a body to come begins here. */
function send(url: URL, request: ApiRequest, tls: https.RequestOptions): Promise<http.IncomingMessage> {
  for (const [name, value] of Object.entries(request.query ?? {})) url.searchParams.set(name, value);
  const body = request.body === undefined ? undefined : JSON.stringify(request.body);
  const client = url.protocol === 'http:' ? http : https;
  const limitMs = request.limitMs ?? defaultLimitMs;
  return new Promise((resolve, reject) => {
    const { signal } = request;
    const outgoing = client.request(url, { ...tls, method: request.method, ...(signal === undefined ? {} : { signal }) });
    const late = setTimeout(() => outgoing.destroy(new Error(`${url.host} did not answer within ${limitMs} ms`)), limitMs);
    outgoing.on('response', (response) => {
      clearTimeout(late);
      resolve(response);
    });
    outgoing.on('error', (error) => {
      clearTimeout(late);
      reject(error);
    });
    outgoing.end(body);
  });
}

async function readAnswer(response: http.IncomingMessage, limitMs: number): Promise<ApiAnswer> {
  const late = setTimeout(() => response.destroy(new Error(`the answer did not end within ${limitMs} ms`)), limitMs);
  try {
    const chunks: Buffer[] = [];
    for await (const chunk of response) chunks.push(chunk);
    return { status: response.statusCode ?? 0, body: jsonOrText(Buffer.concat(chunks).toString('utf8')) };
  } finally {
    clearTimeout(late);
  }
}

function jsonOrText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Splits at line ends; what comes after the last one is an event that was cut, and is dropped. */
async function readLines(response: http.IncomingMessage, request: StreamRequest): Promise<void> {
  let rest = '';
  let idle = false;
  const silence = setTimeout(() => {
    idle = true;
    response.destroy();
  }, request.idleMs);
  try {
    response.setEncoding('utf8');
    for await (const chunk of response) {
      silence.refresh();
      const lines = String(chunk).split('\n');
      lines[0] = rest + lines[0];
      rest = lines.pop() ?? '';
      for (const line of lines) if (line !== '') request.onLine(line);
    }
  } catch (error) {
    if (!idle) throw error;
  } finally {
    clearTimeout(silence);
  }
}
