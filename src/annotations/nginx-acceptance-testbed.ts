import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const nginx = process.env['NGINX'] ?? join(import.meta.dirname, '../../.tools/nginx');

/** Why NGINX cannot be asked here; false where it can. */
export function whyNoNginx(): string | false {
  try {
    execFileSync(nginx, ['-v'], { stdio: 'pipe' });
    return false;
  } catch {
    return `there is no NGINX at ${nginx}`;
  }
}

/** Has NGINX test lines of a server. Throws what it says of those that it refuses. */
export function expectAccepted(lines: readonly string[]): void {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-accepted-'));
  try {
    const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${folder}/${name};`).join(' ');
    const file = join(folder, 'nginx.conf');
    const server = `server { listen unix:${folder}/s; ${lines.join('\n')} }`;
    writeFileSync(file, `pid ${folder}/pid; events {}\nhttp { access_log off; ${temporary} ${server} }`);
    execFileSync(nginx, ['-t', '-q', '-c', file, '-e', 'stderr'], { stdio: 'pipe' });
  } finally {
    rmSync(folder, { recursive: true });
  }
}
