import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { endpointsName, srvService } from '../model/endpoint-names.ts';
import type { Endpoint } from '../model/runtime.ts';
import { type EndpointServer, startEndpointServer } from './dns.ts';

const nginx = process.env['NGINX'] ?? join(import.meta.dirname, '../../.tools/nginx');
const skip = existsSync(nginx) ? false : `there is no NGINX at ${nginx} (set NGINX, or run make install)`;
const hasIpv6 = Object.values(networkInterfaces()).some((addresses) => addresses?.some(({ address }) => address === '::1'));

const byAddress = 'a000000001';
const byService = 'b000000002';
const byIpv6 = 'c000000003';
const large = 'd000000004';
const hashed = 'e000000005';
/** Many alike, to see how long a change takes. */
const alike = Array.from({ length: 40 }, (_, index) => `f0000001${String(index).padStart(2, '0')}`);
const everything = [byAddress, byService, byIpv6, large, hashed, ...alike];
/** Nothing listens there, so that a request says quickly which endpoint it was sent to. */
const closedPort = 1;

interface Seen {
  readonly status: number;
  readonly body: string;
  /** `$upstream_addr` */
  readonly upstream: string;
  readonly milliseconds: number;
}

let directory: string;
let dns: EndpointServer;
let process_: ChildProcess;
let backends: readonly Server[];
/** The same on 127.0.0.1 and 127.0.0.2. */
let sharedPort: number;
/** Another one on 127.0.0.1. */
let otherPort: number;

async function listen(host: string, port: number): Promise<Server> {
  const server = createServer((message, response) => response.end(`${message.socket.localAddress} ${message.socket.localPort}`));
  server.listen(port, host);
  await once(server, 'listening');
  return server;
}

const portOf = (server: Server): number => (server.address() as AddressInfo).port;

function upstream(id: string, lines: string): string {
  return `upstream ${id} { zone gatehouse 32m; ${lines} }`;
}

function configuration(): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${directory}/${name};`).join(' ');
  const resolvers = dns.ports.map((port) => `127.0.0.1:${port}`).join(' ');
  const locations = everything.map((id) => `location /${id} { proxy_pass http://${id}; }`);
  return `
    daemon off; worker_processes 2; pid ${directory}/nginx.pid; error_log ${directory}/error.log;
    ${process.getuid?.() === 0 ? 'user root;' : ''}
    events { worker_connections 512; }
    http {
      access_log off; ${temporary}
      resolver ${resolvers} ipv6=off; resolver_timeout 3s;
      proxy_next_upstream off;
      ${upstream(byAddress, `server ${endpointsName(byAddress)}:${sharedPort} resolve max_fails=0;`)}
      ${upstream(byService, `server ${endpointsName(byService)} service=${srvService} resolve max_fails=0;`)}
      ${upstream(byIpv6, `resolver ${resolvers}; server ${endpointsName(byIpv6)} service=${srvService} resolve max_fails=0;`)}
      ${upstream(large, `server ${endpointsName(large)}:${closedPort} resolve max_fails=0;`)}
      ${upstream(hashed, `hash $arg_key consistent; server ${endpointsName(hashed)} service=${srvService} resolve max_fails=0;`)}
      ${alike.map((id) => upstream(id, `server ${endpointsName(id)}:${closedPort} resolve max_fails=0;`)).join('\n')}
      server { listen unix:${directory}/http.sock; add_header Upstream $upstream_addr always; ${locations.join(' ')} }
    }`;
}

before(async () => {
  if (skip) return;
  directory = await mkdtemp(join(tmpdir(), 'gatehouse-dns-'));
  const first = await listen('127.0.0.1', 0);
  sharedPort = portOf(first);
  const second = await listen('127.0.0.2', sharedPort);
  const third = await listen('127.0.0.1', 0);
  otherPort = portOf(third);
  backends = [first, second, third];
  dns = await startEndpointServer({ count: 4 });
  const none: readonly Endpoint[] = [];
  dns.publish(new Map(everything.map((id) => [id, none])));
  await writeFile(`${directory}/nginx.conf`, configuration());
  process_ = spawn(nginx, ['-c', `${directory}/nginx.conf`, '-p', directory, '-e', `${directory}/error.log`], { stdio: 'inherit' });
  const missing = await dns.whenAnswered(everything, 10_000);
  assert.deepEqual(missing, [], 'NGINX asks for all of them when it starts');
});

after(async () => {
  if (skip) return;
  if (process_.exitCode === null && process_.kill('SIGTERM')) await once(process_, 'exit');
  await dns.close();
  for (const backend of backends) backend.close();
  await rm(directory, { recursive: true });
});

async function get(path: string): Promise<Seen> {
  const start = performance.now();
  const sent = request({ socketPath: `${directory}/http.sock`, path: `/${path}`, agent: false }).end();
  const [response] = await once(sent, 'response');
  const body = (await response.setEncoding('utf8').toArray()).join('');
  return { status: response.statusCode, body, upstream: response.headers['upstream'], milliseconds: performance.now() - start };
}

/** Asks until the condition is met by an answer; fails with the last one at the deadline. */
async function until(path: string, condition: (seen: Seen) => boolean, deadline = 5000): Promise<number> {
  const start = performance.now();
  for (;;) {
    const seen = await get(path);
    if (condition(seen)) return performance.now() - start;
    assert.ok(performance.now() - start < deadline, `after ${deadline} ms still ${JSON.stringify(seen)}`);
    await wait(10);
  }
}

/** Asks for all keys in turn until one is sent to the address. */
async function firstKeyAt(address: string, keys: readonly string[]): Promise<string> {
  const deadline = performance.now() + 5000;
  for (;;) {
    for (const key of keys) if ((await get(key)).upstream.startsWith(`${address}:`)) return key;
    assert.ok(performance.now() < deadline, `no request reaches ${address}`);
  }
}

const published = new Map<string, readonly Endpoint[]>();

function publish(id: string, ...endpoints: readonly (readonly [address: string, port: number])[]): void {
  published.set(
    id,
    endpoints.map(([address, port]) => ({ address, port })),
  );
  for (const other of everything) if (!published.has(other)) published.set(other, []);
  dns.publish(published);
}

test('addresses come, change and go without a reload', { skip }, async () => {
  publish(byAddress, ['127.0.0.1', sharedPort]);
  await until(byAddress, ({ body }) => body === `127.0.0.1 ${sharedPort}`);
  publish(byAddress, ['127.0.0.1', sharedPort], ['127.0.0.2', sharedPort]);
  await until(byAddress, ({ body }) => body === `127.0.0.2 ${sharedPort}`);
  assert.deepEqual(new Set([(await get(byAddress)).body, (await get(byAddress)).body]).size, 2, 'requests go to both');
  publish(byAddress, ['127.0.0.2', sharedPort]);
  let same = 0;
  await until(byAddress, ({ body }) => {
    same = body.startsWith('127.0.0.2') ? same + 1 : 0;
    return same === 10;
  });
});

test('without endpoints a request fails at once, names the placeholder, and the next endpoint is in use about a second later', {
  skip,
}, async () => {
  publish(byAddress);
  await until(byAddress, ({ upstream }) => upstream === `255.255.255.255:${sharedPort}`);
  const seen = await get(byAddress);
  assert.deepEqual([seen.status, seen.upstream], [502, `255.255.255.255:${sharedPort}`]);
  assert.ok(seen.milliseconds < 500, `${seen.milliseconds} ms`);
  publish(byAddress, ['127.0.0.1', sharedPort]);
  const milliseconds = await until(byAddress, ({ status }) => status === 200);
  assert.ok(milliseconds < 2500, `${milliseconds} ms: NGINX asks every second, after an empty answer only after eleven`);
});

test('SRV records carry a port for each endpoint', { skip }, async () => {
  assert.equal((await get(byService)).upstream, '255.255.255.255:9', 'before there are any');
  publish(byService, ['127.0.0.1', sharedPort], ['127.0.0.1', otherPort]);
  await until(byService, ({ body }) => body === `127.0.0.1 ${otherPort}`);
  await until(byService, ({ body }) => body === `127.0.0.1 ${sharedPort}`);
  publish(byService);
  await until(byService, ({ upstream }) => upstream === '255.255.255.255:9');
});

test('the targets of SRV records are asked for once, not every second', { skip }, async () => {
  const targets = Array.from({ length: 200 }, (_, index) => [`127.0.2.${index}`, closedPort] as const);
  publish(byService, ...targets);
  await until(byService, ({ upstream }) => upstream.startsWith('127.0.2.'));
  const before = (await dns.stats()).queries;
  const start = performance.now();
  publish(byService, ['127.0.0.1', otherPort], ...targets);
  const round = () => Promise.all(Array.from({ length: 50 }, () => get(byService)));
  while (!(await round()).some(({ status }) => status === 200))
    assert.ok(performance.now() - start < 30_000, 'the new endpoint is not used');
  const cycles = Math.ceil((performance.now() - start) / 1000) + 1;
  const queries = (await dns.stats()).queries - before;
  // Every upstream is asked for once a second at most; all of the targets, asked for again, would be far more.
  const most = cycles * everything.length + 1;
  assert.ok(queries <= most && most < cycles * targets.length, `${queries} queries in ${cycles} cycles of ${everything.length} upstreams`);
});

test('an IPv6 endpoint is reached, beside an IPv4 one', { skip: skip || (hasIpv6 ? false : 'this machine has no ::1') }, async () => {
  const backend = await listen('::1', 0);
  try {
    publish(byIpv6, ['::1', portOf(backend)], ['127.0.0.1', otherPort]);
    await until(byIpv6, ({ body }) => body === `::1 ${portOf(backend)}`);
    await until(byIpv6, ({ body }) => body === `127.0.0.1 ${otherPort}`);
    publish(byIpv6, ['::1', portOf(backend)]);
    let same = 0;
    await until(byIpv6, ({ body }) => {
      same = body.startsWith('::1') ? same + 1 : 0;
      return same === 10;
    });
  } finally {
    backend.closeAllConnections();
    backend.close();
  }
});

test('consistent hashing moves only some keys when an endpoint is added', { skip }, async () => {
  const four = ['127.0.3.1', '127.0.3.2', '127.0.3.3', '127.0.3.4'].map((address) => [address, closedPort] as const);
  const keys = Array.from({ length: 100 }, (_, index) => `${hashed}?key=${index}`);
  const places = async (): Promise<readonly string[]> => Promise.all(keys.map(async (key) => (await get(key)).upstream));
  publish(hashed, ...four);
  await until(hashed, ({ upstream }) => upstream.startsWith('127.0.3.'));
  const earlier = await places();
  publish(hashed, ...four, ['127.0.3.5', closedPort]);
  await firstKeyAt('127.0.3.5', keys);
  const later = await places();
  const moved = later.filter((place, index) => place !== earlier[index]);
  assert.deepEqual(new Set(moved), new Set([`127.0.3.5:${closedPort}`]), 'what moves, moves to the new endpoint');
  assert.ok(moved.length < 50, `${moved.length} of 100 keys moved`);
  assert.equal(new Set(earlier).size, 4);
});

test('most changes arrive at once, as NGINX is waiting for them, and the others within a second', { skip }, async () => {
  const start = performance.now();
  const before = (await dns.stats()).queries;
  // From the second question on they are held, each for another time.
  await wait(9000);
  const seconds = (performance.now() - start) / 1000;
  const rate = ((await dns.stats()).queries - before) / everything.length / seconds;
  assert.ok(rate < 0.7, `each upstream is asked for ${rate} times a second`);
  // How long a look at all of them takes on this machine just now.
  const begun = performance.now();
  await Promise.all(alike.map((id) => get(id)));
  const lookMs = performance.now() - begun;
  // They were all asked for at once in the beginning, so that at some moment most are held, and at another few: about three seconds are a whole turn.
  const groups = [0, 1, 2, 3].map((turn) => alike.filter((_, index) => index % 4 === turn));
  const changed = groups.map(async (group, turn) => {
    await wait(turn * 800);
    for (const id of group) published.set(id, [{ address: '127.0.4.1', port: closedPort }]);
    dns.publish(published);
    return Promise.all(group.map((id) => until(id, ({ upstream: address }) => address === `127.0.4.1:${closedPort}`)));
  });
  const times = (await Promise.all(changed)).flat();
  const atOnce = times.filter((time) => time < 250 + 2 * lookMs);
  assert.ok(atOnce.length >= 20, `of 40 changes ${atOnce.length} arrived at once: ${times.map(Math.round)}`);
  assert.ok(Math.max(...times) < 2000 + 5 * lookMs, `the last change took ${Math.max(...times)} ms`);
});

test('1,500 addresses arrive by TCP', { skip }, async () => {
  const addresses = Array.from({ length: 1500 }, (_, index) => `127.1.${index >> 8}.${index & 255}`);
  publish(large, ...addresses.map((address) => [address, closedPort] as const));
  await until(large, ({ upstream }) => upstream.startsWith('127.1.'));
  const missing = new Set(addresses.map((address) => `${address}:${closedPort}`));
  const deadline = performance.now() + 30_000;
  while (missing.size > 0) {
    for (const { upstream } of await Promise.all(Array.from({ length: 100 }, () => get(large)))) missing.delete(upstream);
    assert.ok(performance.now() < deadline, `${missing.size} have got no request`);
  }
});

test('an upstream that becomes unknown keeps its endpoints', { skip }, async () => {
  publish(byAddress, ['127.0.0.1', sharedPort]);
  await until(byAddress, ({ status }) => status === 200);
  const unknown = (await dns.stats()).unknown;
  published.delete(byAddress);
  dns.publish(published);
  const deadline = performance.now() + 10_000;
  while ((await dns.stats()).unknown < unknown + 2) assert.ok(performance.now() < deadline, 'NGINX goes on asking');
  assert.equal((await get(byAddress)).body, `127.0.0.1 ${sharedPort}`);
});

test('NGINX finds nothing wrong with the answers', { skip }, () => {
  const complaints = readFileSync(`${directory}/error.log`, 'utf8')
    .split('\n')
    .filter((line) => /DNS response|could not be resolved \(3|zero-length|resolver/.test(line));
  assert.deepEqual(complaints, []);
});
