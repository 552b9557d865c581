import type { Word } from './directive.ts';

/** The key of the ConfigMap that asks for HTTP/3. */
export const useHttp3 = 'use-http3';

/** What the ConfigMap says about NGINX as a whole; where it says nothing, the installation (`NginxSettings`) decides. */
export interface Overrides {
  readonly workerProcesses?: number;
  readonly accessLog?: AccessLog;
  /** That of TCP and UDP ports. */
  readonly streamLog?: LogSettings;
  /** The only addresses that are served, IPv6 without brackets; absent: all. Empty: nobody knows which, so TCP and UDP ports are closed. */
  readonly addresses?: readonly string[];
  /** Nothing listens on `[::]`. */
  readonly withoutIpv6?: true;
  /** Each worker has a queue of its own for new connections. */
  readonly reusePort?: true;
  /** A request without `X-Request-ID` gets none: its id is empty for backends, auth services and the log. */
  readonly withoutRequestIds?: true;
  /** Clients may speak HTTP/3; for how many seconds they may remember that. */
  readonly http3?: { readonly maxAge: number };
  /** The least sizes of hash tables, by the directive that sets them: what is computed may be larger. */
  readonly leastSizes?: Readonly<Record<string, number>>;
}

/** Where lines go, and what stands in them. */
export interface LogSettings {
  /** Absent: where the installation says. */
  readonly to?: 'off' | `syslog:${string}`;
  /** Further arguments of `access_log`. */
  readonly parameters: readonly string[];
  /** How values are escaped; absent: as NGINX does by default. */
  readonly escape?: 'json' | 'none';
  /** Absent: the usual line. */
  readonly format?: readonly Word[];
}

/** How requests are logged. */
export interface AccessLog extends LogSettings {
  /** A variable; a request for which it is `0` or empty is not logged. */
  readonly condition?: string;
  /** What every location has to set, as the format asks for it. */
  readonly origin: readonly OriginVariable[];
  /** Whether requests are logged that no rule names a host for. */
  readonly unmatched: boolean;
}

/** What ingress-nginx calls the Ingress, the path and the Service behind a request. Here they are variables named `gatehouse_` and the word. */
export const originVariables = [
  'namespace',
  'ingress_name',
  'service_name',
  'service_port',
  'location_path',
  'proxy_upstream_name',
  'proxy_alternative_upstream_name',
] as const;
export type OriginVariable = (typeof originVariables)[number];

/** The NGINX variable that holds it. */
export function originVariableName(one: OriginVariable): string {
  return `gatehouse_${one}`;
}

/** What it is where no Ingress decides. */
export function originDefault(one: OriginVariable): string {
  return one === 'proxy_upstream_name' ? 'upstream-default-backend' : '';
}
