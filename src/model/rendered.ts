import type { UpstreamId } from './routing.ts';

/** The printed configuration of one generation. */
export interface Rendered {
  /** Sixteen hexadecimal digits: the hash of everything that was printed. NGINX answers it on the private socket. */
  readonly generation: string;
  /** File name, relative to the generation's folder → content. Always has `nginx.conf`. */
  readonly files: ReadonlyMap<string, string>;
  /** The upstreams in it: NGINX has to have asked for each before the generation counts as live. */
  readonly upstreams: readonly UpstreamId[];
}
