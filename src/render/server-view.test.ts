import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Front } from '../model/front.ts';
import { noFront } from '../model/front.ts';
import { type Parsed, parseConfig } from './nginx-conf-testbed.ts';
import { createRender } from './render.ts';
import { base, settings, small } from './topology-testbed.ts';

/** The public servers: names, ports, and what the location `/` does, each as one line. */
function serversOf(front: Front): readonly string[] {
  const text =
    createRender({ ...settings, ipv6: false, statusPort: 9000 })({ ...small, base: { ...base, front } }).files.get('nginx.conf') ?? '';
  const http = parseConfig(text).find(({ words }) => words[0] === 'http')?.block ?? [];
  const servers = http.filter(({ words }) => words[0] === 'server').map(({ block }) => block ?? []);
  return servers.map((lines) => {
    const [names = ''] = argsOf(lines, 'server_name');
    const root = lines.find(({ words }) => words.join(' ') === 'location /')?.block ?? [];
    return `${names} | ${argsOf(lines, 'listen').join(', ')} | ${[...lines, ...root].flatMap(sendsToHttps).join(', ')}`;
  });
}

const argsOf = (lines: readonly Parsed[], name: string) =>
  lines.filter(({ words }) => words[0] === name).map(({ words }) => words.slice(1).join(' '));

function sendsToHttps({ words, block = [] }: Parsed): readonly string[] {
  const isRedirect = (line: readonly string[]) => line[0] === 'return' && line[2]?.startsWith('https:') === true;
  if (isRedirect(words)) return ['always'];
  return words[0] === 'if' && block.some((line) => isRedirect(line.words)) ? [words.slice(1).join(' ')] : [];
}

const own = [
  ' | unix:/run/gatehouse/unavailable.sock | ',
  ' | unix:/run/gatehouse/broken.sock | ',
  ' | unix:/run/gatehouse/generation.sock | ',
  ' | 9000 | ',
];

test('plain http is sent to https on its own port', () => {
  assert.deepEqual(serversOf(noFront), [
    ...own,
    '_ | 8080 default_server, 8443 ssl default_server | ',
    'busy.example.com covered.example.com | 8080 | always',
    '~^.+\\.many\\.example\\.com$ ~^v[0-9]+\\.example\\.com$ | 8080 | ',
    'busy.example.com covered.example.com ~^.+\\.many\\.example\\.com$ ~^v[0-9]+\\.example\\.com$ | 8443 ssl | ',
    'mixed.example.com | 8080 | always',
    'mixed.example.com | 8443 ssl | ',
    'shop.example.com | 8080 | always',
    'shop.example.com | 8443 ssl | ',
    '~^[\\w-]+\\.example\\.com$ | 8080, 8443 ssl | ',
  ]);
});

test('where somebody in front says what the client spoke, both ports send plain http to https', () => {
  assert.deepEqual(serversOf({ ...noFront, forwardedHeaders: true, trusted: 'all' }), [
    ...own,
    '_ | 8080 default_server, 8443 ssl default_server | ',
    'busy.example.com covered.example.com | 8080, 8443 ssl | ($gatehouse_plain)',
    '~^.+\\.many\\.example\\.com$ ~^v[0-9]+\\.example\\.com$ | 8080, 8443 ssl | ',
    'mixed.example.com | 8080, 8443 ssl | ($gatehouse_plain)',
    'shop.example.com | 8080, 8443 ssl | ($gatehouse_plain)',
    '~^[\\w-]+\\.example\\.com$ | 8080, 8443 ssl | ',
  ]);
});

test('the PROXY protocol is spoken on both public ports, and nowhere else', () => {
  const listens = (front: Front) => serversOf(front).map((line) => line.split(' | ')[1]?.split(', ') ?? []);
  const before = listens({ ...noFront, forwardedHeaders: true });
  const after = listens({ ...noFront, proxyProtocol: true });
  const spoken = before.map((some) => some.map((listen) => (/^80|^84/.test(listen) ? `${listen} proxy_protocol` : listen)));
  assert.deepEqual(after, spoken);
});
