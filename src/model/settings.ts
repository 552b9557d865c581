/**
 * Under which names upstreams ask for their endpoints: the usual ones, others that mean the same, or both at once. Others are needed while NGINX keeps
 * to what it has heard under the usual ones.
 */
export type EndpointNameForm = 'usual' | 'other' | 'both';

/** How this installation runs NGINX: what the printed configuration needs beyond the routes. */
export interface NginxSettings {
  readonly httpPort: number;
  readonly httpsPort: number;
  /** The UDP port of HTTP/3; absent: the number of the https port. */
  readonly http3Port?: number;
  /** The port that clients use for http, for what is told to backends; absent: the one that NGINX listens on. */
  readonly publicHttpPort?: number;
  /** The same for https, for redirects as well; absent: 443 for backends, as in ingress-nginx, and the one that NGINX listens on in redirects. */
  readonly publicHttpsPort?: number;
  /**
   * Whether TLS may be passed on as it is. A worker that is leaving finds no port to pass a connection to, so the system then keeps each connection
   * to the https port until its handshake can be read: it is taken and passed in one step, or taken by a new worker.
   */
  readonly enableSslPassthrough?: boolean;
  /** Whether to listen on `[::]` as well. */
  readonly ipv6: boolean;
  /** An absolute path that NGINX and the controller share; see `runPaths`. */
  readonly runDirectory: string;
  /** A number, never `auto`: sockets that each worker has of its own survive a reload only while it stays the same. */
  readonly workerProcesses: number;
  /** The account of the worker processes; only for a master that runs as root. */
  readonly user?: string;
  /** Loopback ports of the DNS server that answers for endpoints. */
  readonly resolverPorts: readonly number[];
  /** Where NGINX answers `/healthz` for the readiness of its Pod; absent: nowhere. */
  readonly statusPort?: number;
  /** Where access lines go: a file, or `off`. */
  readonly accessLog: string;
  /** With fewer hosts than this that could share servers each has one of its own; absent: 200. */
  readonly hostsApart?: number;
  /** What NGINX has to load to pass on TCP and UDP: a path, perhaps relative to its prefix; absent: nothing, it is built in. */
  readonly streamModule?: string;
  /** The same for tracing. */
  readonly otelModule?: string;
  /** Absent: the usual ones. */
  readonly endpointNames?: EndpointNameForm;
}

/** The places inside of the run directory. */
export function runPaths(runDirectory: string) {
  return {
    /** A symbolic link to the generation that runs. */
    current: `${runDirectory}/current`,
    /** What the master is started with. */
    config: `${runDirectory}/current/nginx.conf`,
    /** Holds a folder for each generation, named by its hash. */
    generations: `${runDirectory}/generations`,
    /** `ID.pem`: key and chain in one file; `default.pem`: the default certificate. */
    certificates: `${runDirectory}/certificates`,
    /** What NGINX remembers of the answers of auth services; emptied when NGINX starts. */
    authCache: `${runDirectory}/auth-cache`,
    /** `ID`: files that NGINX opens for each request. */
    files: `${runDirectory}/files`,
    /** A folder for each share of requests that is in use; what stands for a canary in `files` is a link to one of them. */
    shares: `${runDirectory}/shares`,
    /** Where NGINX answers its generation, as the whole body of `GET /generation`, and its counters at `/nginx_status`. */
    generationSocket: `${runDirectory}/generation.sock`,
    /** Where TLS arrives that is ended here, while that of some hosts is passed on. */
    httpsSocket: `${runDirectory}/https.sock`,
    /** What NGINX makes the tokens of HTTP/3 from, which clients show when they come back. */
    quicHostKey: `${runDirectory}/quic-host.key`,
    /** Where NGINX answers 503 for upstreams that have no endpoints. */
    unavailableSocket: `${runDirectory}/unavailable.sock`,
    /** Where NGINX answers 502 for upstreams that fail. */
    brokenSocket: `${runDirectory}/broken.sock`,
    /** A file that exists once NGINX runs a generation that has been verified: NGINX then says that it is ready. */
    ready: `${runDirectory}/ready`,
    /** A file that exists while the Pod is ending: NGINX then says that it is not ready, and goes on serving. */
    draining: `${runDirectory}/draining`,
    pid: `${runDirectory}/nginx.pid`,
    temporary: `${runDirectory}/tmp`,
  } as const;
}
