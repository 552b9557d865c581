import { type Flag, listen } from './flag-forms.ts';

/** The ports under which clients reach NGINX, where they are not those that it listens on: behind a Service, a host port or a mapped port; and that of HTTP/3. */
export interface PublicPorts {
  readonly publicHttpPort?: number;
  readonly publicHttpsPort?: number;
  readonly http3Port?: number;
}

/** Their declarations. */
export const publicPortFlags: readonly Flag[] = [
  listen('public-http-port', 'the port that clients use for http, for X-Forwarded-Port (default: the one that NGINX listens on)'),
  listen('public-https-port', 'the port that clients use for https, for X-Forwarded-Port and redirects (default: 443)'),
  listen(
    'http3-port',
    'the UDP port where NGINX listens for HTTP/3, once the ConfigMap asks for it (default: the number of the https port)',
  ),
];
