import type { NginxStatus } from '../model/nginx-status.ts';
import { runPaths } from '../model/settings.ts';
import { askNginx } from './verify.ts';

/** Asks NGINX for its counters (https://nginx.org/en/docs/http/ngx_http_stub_status_module.html); undefined while it does not answer. */
export async function readNginxStatus(runDirectory: string): Promise<NginxStatus | undefined> {
  const text = await askNginx(runPaths(runDirectory).generationSocket, '/nginx_status').catch(() => '');
  return parseNginxStatus(text);
}

/** Reads the page of stub_status; undefined for any other text. */
export function parseNginxStatus(text: string): NginxStatus | undefined {
  const page =
    /^Active connections: (\d+)\s+server accepts handled requests\s+(\d+) (\d+) (\d+)\s+Reading: (\d+) Writing: (\d+) Waiting: (\d+)\s*$/;
  const match = page.exec(text);
  if (!match) return undefined;
  const [active = 0, accepted = 0, handled = 0, requests = 0, reading = 0, writing = 0, waiting = 0] = match.slice(1).map(Number);
  return { active, accepted, handled, requests, reading, writing, waiting };
}
