/** The ways in which a request is sent; keep-alive connections are shared, fresh ones are used once. */
export type RequestKind =
  | 'http keep-alive GET'
  | 'http fresh GET'
  | 'http keep-alive POST'
  | 'http fresh POST'
  | 'https keep-alive GET'
  | 'https fresh GET'
  | 'https fresh POST';

/** Something that is asked at a steady rate. */
export interface Target {
  readonly host: string;
  /** Where the id of the request is appended; `/` unless given. */
  readonly path?: string;
  /** The Services that may answer. */
  readonly services: readonly string[];
  /** Used in turn. */
  readonly kinds: readonly RequestKind[];
  readonly perSecond: number;
  /** Statuses other than 200 that are no failure. */
  readonly allowed?: readonly number[];
}

/** What became of the requests since the last time this was asked. */
export interface Counts {
  readonly sent: number;
  /** By `METHOD: kind`, where the kind is `status 502`, `reset`, `refused`, `timeout`, `wrong body`, or a code of the system. */
  readonly failed: Readonly<Record<string, number>>;
  /** Statuses that were allowed, by `host status`. */
  readonly allowed: Readonly<Record<string, number>>;
  /** The first failures in full. */
  readonly samples: readonly string[];
  /** Fresh handshakes by host and SHA-256 fingerprint of the certificate that was shown. */
  readonly certificates: Readonly<Record<string, number>>;
  /** The slowest request, and which that was. */
  readonly slowest: { readonly ms: number; readonly what: string };
}

/** Where the load goes. */
export interface LoadOptions {
  readonly http: number;
  readonly https: number;
  /** The host of the WebSocket, the event stream and the download; all reach one Service that never changes. */
  readonly streamHost: string;
  /** How long a download takes. */
  readonly downloadSeconds: number;
}

/** A group of backends: a server at each address, which says which Service it stands for. */
export interface BackendGroup {
  readonly service: string;
  readonly addresses: readonly string[];
  readonly port: number;
}

/** How backends end: `drain` finishes what runs and closes idle connections; `kill` cuts everything, as a machine that dies. */
export interface BackendEnd {
  readonly addresses: readonly string[];
  readonly how: 'drain' | 'kill';
}
