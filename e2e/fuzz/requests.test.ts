import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { nginxFamily } from '../../src/apply/nginx-processes.ts';
import { freePort, until } from '../kit/machine.ts';
import { documents } from '../kit/manifests.ts';
import { type Served, serveFiles, whyNotServed } from '../kit/served.ts';
import { hostileRequest, smuggled } from './hostile-requests.ts';
import { inRounds, times } from './runs.ts';
import { type SeenRequest, type StrictBackend, startStrictBackend } from './strict-backend.ts';

/** Loopback addresses that no case has, so that the backends of the kit stay away from them. */
const backends = { 'a.test': '127.9.1.1', 'b.test': '127.9.1.2' } as const;
type Host = keyof typeof backends;

/** One backend is sent requests once they are whole, the other one while they arrive. */
function manifest(host: Host): string {
  const name = host.slice(0, 1);
  return `apiVersion: v1
kind: Service
metadata: { name: ${name} }
spec: { ports: [{ port: 80 }] }
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: ${name}, annotations: { nginx.ingress.kubernetes.io/proxy-request-buffering: "${name === 'a' ? 'on' : 'off'}" } }
spec:
  rules:
    - { host: ${host}, http: { paths: [{ path: /, pathType: Prefix, backend: { service: { name: ${name}, port: { number: 80 } } } }] } }
`;
}

const settings = `apiVersion: v1
kind: ConfigMap
metadata: { name: gatehouse }
data: { client-header-timeout: "1", client-body-timeout: "1", log-format-upstream: '$server_name|$upstream_addr|$request' }
`;

test('the backend of these tests notices what is read in two ways, and a second request', async () => {
  const port = await freePort();
  const backend = await startStrictBackend('127.9.1.3', port);
  const twoWays = 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n';
  await sendBytes(Buffer.from(twoWays), port, '127.9.1.3');
  const [first] = backend.doubts;
  assert.match(first ?? '', /^no single length/);
  await sendBytes(Buffer.from('GET /1 HTTP/1.1\r\nHost: x\r\n\r\nGET /2 HTTP/1.1\r\nHost: x\r\n\r\nG ET x\r\n\r\n'), port, '127.9.1.3');
  assert.deepEqual(
    backend.seen.map(({ line }) => line),
    ['GET /1 HTTP/1.1', 'GET /2 HTTP/1.1'],
  );
  backend.close();
});

describe('requests of any bytes', { skip: whyNotServed() ?? false }, () => {
  let served: Served;
  const strict = new Map<Host, StrictBackend>();

  before(async () => {
    const ports = new Map<Host, number>();
    for (const host of ['a.test', 'b.test'] as const) ports.set(host, await freePort());
    for (const [host, port] of ports) strict.set(host, await startStrictBackend(backends[host], port));
    const flags = [...ports].flatMap(([host, port]) => ['--backend', `default/${host.slice(0, 1)}=${backends[host]}:${port}`]);
    const all = documents(settings, ...[...ports.keys()].map(manifest));
    served = await serveFiles({ files: new Map([['in.yaml', all]]), flags: [...flags, '--configmap', 'default/gatehouse'] });
  });
  after(async () => {
    await served?.stop();
    for (const one of strict.values()) one.close();
  });

  const seenBy = (host: Host) => strict.get(host)?.seen ?? [];

  test('reach their backend', async () => {
    await sendBytes(
      Buffer.from('GET /first HTTP/1.1\r\nHost: a.test\r\n\r\nGET /second HTTP/1.1\r\nHost: b.test\r\nConnection: close\r\n\r\n'),
      served.ports.http,
    );
    assert.deepEqual(
      [...seenBy('a.test'), ...seenBy('b.test')].map(({ line }) => line),
      ['GET /first HTTP/1.1', 'GET /second HTTP/1.1'],
    );
  });

  test('reach backends only as NGINX has read and routed them: one for one, with a length that nobody can doubt', {
    timeout: 60_000 + times(300) * 100,
  }, async () => {
    const workers = await nginxFamily(await served.master());
    const loggedBefore = (await passedOn(served)).length;
    const count = { sent: 0, seen: 0, hidden: 0 };
    await inRounds(hostileRequest, 300, async (all) => {
      for (const { seen } of strict.values()) seen.length = 0;
      await inParallel(all, 100, (bytes) => sendBytes(bytes, served.ports.http));
      for (const [host, { seen, doubts }] of strict) {
        assert.deepEqual(doubts, [], `what ${host} was sent`);
        for (const one of seen) assertRouted(host, one);
        count.seen += seen.length;
        count.hidden += seen.filter(({ line }) => line.includes(smuggled)).length;
      }
      count.sent += all.length;
    });
    assert.ok(count.seen > count.sent / 20, `${count.seen} of ${count.sent} requests reach a backend`);
    // NGINX also logs what it begins to pass on and then gives up, so that it may have more; a backend never has.
    const logged = async () => (await passedOn(served)).length - loggedBefore;
    await until('NGINX has logged what the backends have seen', async () => (await logged()) >= count.seen);
    const hiddenInLog = (await passedOn(served)).filter((line) => line.includes(smuggled)).length;
    assert.ok(count.hidden <= hiddenInLog, 'a request that was hidden in another one');
    assert.deepEqual(await nginxFamily(await served.master()), workers, 'a worker died');
    assert.deepEqual(
      served.log.map(({ msg }) => msg).filter((line) => /exited on signal|\[(?:alert|emerg)\]/.test(line)),
      [],
    );
  });
});

/** What NGINX has written is there once, and nothing of a client in its place. */
function assertRouted(host: Host, { line, headers }: SeenRequest): void {
  const shown = `${line}\n${headers.map((one) => one.join(': ')).join('\n')}`;
  const values = (name: string) => headers.filter(([other]) => other === name).map(([, value]) => value);
  const [own = ''] = values('host');
  const named = own.toLowerCase().replace(/:\d*$/, '').replace(/\.$/, '');
  assert.equal(named, host, shown);
  const written = { host: [own], 'x-real-ip': ['127.0.0.1'], 'x-forwarded-for': ['127.0.0.1'], 'x-forwarded-host': [own] };
  for (const [name, value] of Object.entries(written)) assert.deepEqual(values(name), value, shown);
}

/** Lines of requests that NGINX has passed on, in its own words. */
async function passedOn(served: Served): Promise<readonly string[]> {
  return (await served.accessLog()).filter((line) => /\|127\.9\.1\.[12]:/.test(line));
}

/** Sends bytes, and waits until NGINX has closed the connection or has had time to. */
function sendBytes(bytes: Buffer, port: number, host = '127.0.0.1'): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect(port, host);
    socket.on('error', () => undefined).on('close', () => resolve());
    socket.setTimeout(1_500, () => socket.destroy());
    socket.on('data', () => undefined);
    socket.write(bytes);
  });
}

async function inParallel<T>(all: readonly T[], width: number, work: (one: T) => Promise<void>): Promise<void> {
  const rest = all[Symbol.iterator]();
  const lane = async () => {
    for (const one of { [Symbol.iterator]: () => rest }) await work(one);
  };
  await Promise.all(Array.from({ length: width }, lane));
}
