import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { promisify } from 'node:util';

const file = new URL('./peers.ts', import.meta.url).href;
const script = `
  const { findPeers } = await import(${JSON.stringify(file)});
  const { peers, missing } = findPeers();
  console.log(JSON.stringify({ peers: peers.map(({ name }) => name), missing }));`;

async function found(env: Readonly<Record<string, string>>): Promise<unknown> {
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], { env });
  return JSON.parse(stdout);
}

test('a proxy that is neither installed nor named is skipped with a sentence', async () => {
  assert.deepEqual(await found({ PATH: '/nowhere' }), {
    peers: [],
    missing: [
      'haproxy is skipped: it is not installed, and HAPROXY does not name it',
      'caddy is skipped: it is not installed, and CADDY does not name it',
      'traefik is skipped: it is not installed, and TRAEFIK does not name it',
      'another NGINX is skipped: OTHER_NGINX does not name it',
    ],
  });
});

test('a proxy that is named takes part', async () => {
  const { peers } = (await found({ PATH: '/nowhere', HAPROXY: '/opt/haproxy', CADDY: '/opt/caddy', TRAEFIK: '/opt/traefik' })) as {
    peers: readonly string[];
  };
  assert.deepEqual(peers, ['haproxy', 'caddy', 'traefik']);
});
