/** What stands between clients and NGINX, and whose word about clients is taken. */
export interface Front {
  /** Both public ports expect the PROXY protocol, version 1 or 2, before anything else. */
  readonly proxyProtocol: boolean;
  /** X-Forwarded-Proto, -Host and -Port of trusted peers count. */
  readonly forwardedHeaders: boolean;
  /** Backends get the X-Forwarded-For of the client, with the address of the peer at its end. */
  readonly fullForwardedFor: boolean;
  /** Networks; `all` is everybody, with IPv6 too. */
  readonly trusted: 'all' | readonly string[];
}

/** Nobody is believed anything: what counts is the connection. */
export const noFront: Front = { proxyProtocol: false, forwardedHeaders: false, fullForwardedFor: false, trusted: [] };

/**
 * Variables of NGINX for what is known about the client, once it is decided whose word is taken: that of the connection, of the headers of
 * trusted peers (`use-forwarded-headers`), or of the PROXY protocol (`use-proxy-protocol`). They exist in every configuration, and
 * whatever depends on the client asks them, not `$scheme`, `$server_port`, `$http_host` or `$http_x_forwarded_…`. Two things go by the connection
 * alone, as in ingress-nginx: HSTS (`$https`), and where `app-root` leads to. The address of the client is `$remote_addr`.
 */
export const clientVariables = {
  /** `http` or `https`: how the client asked. */
  scheme: 'gatehouse_scheme',
  /** `1` where that is `http`; else empty. */
  plain: 'gatehouse_plain',
  /** The host that the client asked for, with its port if it named one; empty for none. `gatehouse_upstream_host` is never empty. */
  host: 'gatehouse_client_host',
  /** The port that the client connected to; 443 for our own port for https. */
  port: 'gatehouse_port',
  /** What backends get as X-Forwarded-For. */
  forwardedFor: 'gatehouse_forwarded_for',
} as const;
