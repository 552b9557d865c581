import { type Flag, listen } from './flag-forms.ts';

/** The ports under which clients reach NGINX, where they are not those that it listens on: behind a Service, a host port or a mapped port. */
export interface PublicPorts {
  readonly publicHttpPort?: number;
  readonly publicHttpsPort?: number;
}

/** Their declarations. */
export const publicPortFlags: readonly Flag[] = [
  listen('public-http-port', 'the port that clients use for http, for X-Forwarded-Port (default: the one that NGINX listens on)'),
  listen('public-https-port', 'the port that clients use for https, for X-Forwarded-Port and redirects (default: 443)'),
];
