import type { Overrides } from '../model/overrides.ts';
import { powerOfTwo } from './upstream-view.ts';

/**
 * The directives for NGINX's hash tables. It refuses a configuration whose names do not fit, so the sizes grow with it: two to four times
 * the number of names.
 */
export function hashLines(servers: number, entries: number, least: Overrides['leastSizes'] = {}): readonly string[] {
  const max = powerOfTwo(Math.max(1024, 2 * servers));
  const sizes = {
    server_names_hash_bucket_size: 512,
    server_names_hash_max_size: max,
    map_hash_bucket_size: 512,
    map_hash_max_size: powerOfTwo(Math.max(max, 2 * entries)),
    variables_hash_max_size: 2048,
    proxy_headers_hash_max_size: 1024,
    proxy_headers_hash_bucket_size: 128,
  };
  const known = Object.entries(sizes).map(([name, size]) => `${name} ${Math.max(size, least[name] ?? 0)};`);
  const bucket = Math.max(nginxVariablesBucket, least['variables_hash_bucket_size'] ?? 0);
  return bucket > nginxVariablesBucket ? [...known, `variables_hash_bucket_size ${bucket};`] : known;
}

/** What NGINX takes by itself. */
const nginxVariablesBucket = 64;
