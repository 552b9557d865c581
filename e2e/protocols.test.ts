import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer as createPlainServer } from 'node:http';
import { createServer, request } from 'node:https';
import type { AddressInfo } from 'node:net';
import { after, before, describe, test } from 'node:test';
import * as grpc from '@grpc/grpc-js';
import { certificate, type Made } from '../src/routing/certificates-testbed.ts';
import { documents, endpoints, ingress } from './kit/manifests.ts';
import { type Served, serveFiles, whyNotServed } from './kit/served.ts';
import { whyNoStreams } from './kit/streams.ts';
import { statusOf } from './kit/traffic.ts';

/** Backends that speak something else than http, each at an address of its own, and NGINX in front of them. */

const bytes = (value: Buffer) => value;
const method = { requestSerialize: bytes, requestDeserialize: bytes, responseSerialize: bytes, responseDeserialize: bytes };
const definition = {
  unary: { path: '/test.Echo/Unary', requestStream: false, responseStream: false, ...method },
  stream: { path: '/test.Echo/Stream', requestStream: true, responseStream: true, ...method },
  slow: { path: '/test.Echo/Slow', requestStream: false, responseStream: false, ...method },
};

const implementation: grpc.UntypedServiceImplementation = {
  unary: (call: grpc.ServerUnaryCall<Buffer, Buffer>, done: grpc.sendUnaryData<Buffer>) => {
    if (call.request.toString() === 'fail') done({ code: grpc.status.NOT_FOUND, details: 'nothing of that name' });
    else done(null, Buffer.from(`${call.getHost()} ${call.metadata.get('x-forwarded-proto')} ${call.request.toString()}`));
  },
  stream: (call: grpc.ServerDuplexStream<Buffer, Buffer>) => {
    call.on('data', (part: Buffer) => call.write(Buffer.from(part.toString().toUpperCase())));
    call.on('end', () => call.end());
  },
  slow: () => {},
};

let authority: Made;
let backendPair: Made;
let clientPair: Made;
let foreign: Made;
let served: Served;
const closers: (() => unknown)[] = [];

async function startGrpc(address: string, credentials: grpc.ServerCredentials): Promise<number> {
  const server = new grpc.Server();
  server.addService(definition, implementation);
  closers.push(() => server.forceShutdown());
  return new Promise((resolve, reject) => {
    server.bindAsync(`${address}:0`, credentials, (error, port) => (error ? reject(error) : resolve(port)));
  });
}

async function startHttp(address: string): Promise<number> {
  return listening(
    createPlainServer((_, answer) => answer.end('plain')),
    address,
  );
}

async function listening(server: ReturnType<typeof createServer> | ReturnType<typeof createPlainServer>, address: string): Promise<number> {
  server.listen(0, address);
  await once(server, 'listening');
  closers.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

async function startHttps(address: string): Promise<number> {
  const options = { cert: backendPair.pem, key: backendPair.key, ca: authority.pem, requestCert: true, rejectUnauthorized: false };
  const server = createServer(options, (incoming, answer) => {
    const socket = incoming.socket as import('node:tls').TLSSocket;
    answer.end(`${socket.getPeerCertificate().subject?.CN ?? 'nobody'} asks ${socket.servername || 'nobody'}`);
  });
  return listening(server, address);
}

/** Without a selector, so that its endpoints may listen anywhere. */
function service(name: string, address: string, port: number): string {
  const text = `apiVersion: v1\nkind: Service\nmetadata: { name: ${name} }\nspec: { ports: [{ port: 80 }] }\n`;
  return documents(text, endpoints(name, [address], port));
}

function annotated(host: string, to: string, annotations: Readonly<Record<string, string>>, name = host.replaceAll('.', '-')): string {
  return ingress({ name, host, service: to, annotations });
}

function secret(name: string, data: Readonly<Record<string, string>>): string {
  const lines = Object.entries(data).map(([key, value]) => `  ${key}: ${Buffer.from(value).toString('base64')}\n`);
  return `apiVersion: v1\nkind: Secret\nmetadata: { name: ${name} }\ndata:\n${lines.join('')}`;
}

async function makeCertificates(): Promise<void> {
  const times = { notBefore: new Date(Date.now() - 3_600_000).toISOString(), notAfter: new Date(Date.now() + 86_400_000).toISOString() };
  authority = await certificate({ commonName: 'authority', ...times });
  foreign = await certificate({ commonName: 'another authority', ...times });
  backendPair = await certificate({ commonName: 'backend', names: ['secure.test', 'tls.default.svc'], issuer: authority, ...times });
  clientPair = await certificate({ commonName: 'gateway', names: ['gateway'], issuer: authority, ...times });
}

function manifests(ports: Readonly<Record<'plain' | 'tls' | 'https' | 'http', number>>): string {
  const verified = { 'backend-protocol': 'HTTPS', 'proxy-ssl-secret': 'pair', 'proxy-ssl-verify': 'on' };
  const whole = { canary: 'true', 'canary-weight': '100' };
  return documents(
    service('plain', '127.4.0.1', ports.plain),
    service('tls', '127.4.0.2', ports.tls),
    service('https', '127.4.0.3', ports.https),
    service('gone', '127.4.0.4', 1),
    service('http', '127.4.0.6', ports.http),
    secret('pair', { 'tls.crt': clientPair.pem, 'tls.key': clientPair.key, 'ca.crt': authority.pem }),
    secret('foreign', { 'ca.crt': foreign.pem }),
    annotated('g.test', 'plain', { 'backend-protocol': 'grpc', 'proxy-read-timeout': '1' }),
    annotated('gs.test', 'tls', { 'backend-protocol': 'GRPCS', 'proxy-ssl-secret': 'pair', 'proxy-ssl-verify': 'on' }),
    annotated('gone.test', 'gone', { 'backend-protocol': 'GRPC' }),
    annotated('split.test', 'gone', { 'backend-protocol': 'GRPC' }),
    annotated('split.test', 'plain', whole, 'split-canary'),
    annotated('splits.test', 'gone', { ...verified, 'backend-protocol': 'GRPCS', 'proxy-ssl-name': 'secure.test' }),
    annotated('splits.test', 'tls', whole, 'splits-canary'),
    annotated('unchecked.test', 'https', { 'backend-protocol': 'HTTPS' }),
    annotated('auto.test', 'https', { 'backend-protocol': 'Auto_Http' }),
    annotated('auto-plain.test', 'http', { 'backend-protocol': 'AUTO_HTTP' }),
    annotated('named.test', 'https', { ...verified, 'proxy-ssl-name': 'secure.test', 'proxy-ssl-server-name': 'on' }),
    annotated('misnamed.test', 'https', verified),
    annotated('foreign.test', 'https', { ...verified, 'proxy-ssl-secret': 'foreign', 'proxy-ssl-name': 'secure.test' }),
  );
}

/** A client of gRPC that asks for a host, over http or https. */
function client(host: string, scheme: 'http' | 'https'): grpc.Client {
  const credentials =
    scheme === 'http' ? grpc.credentials.createInsecure() : grpc.credentials.createSsl(null, null, null, { rejectUnauthorized: false });
  const made = new grpc.Client(`127.0.0.1:${served.ports[scheme]}`, credentials, {
    'grpc.default_authority': host,
    'grpc.ssl_target_name_override': host,
  });
  closers.push(() => made.close());
  return made;
}

function unary(of: grpc.Client, text: string, path = definition.unary.path): Promise<string> {
  return new Promise((resolve) => {
    of.makeUnaryRequest(path, bytes, bytes, Buffer.from(text), (error, answer) =>
      resolve(error ? `${grpc.status[error.code]}: ${error.details}` : String(answer)),
    );
  });
}

function get(host: string, port = served.ports.https): Promise<string> {
  return new Promise((resolve, reject) => {
    const asked = request(
      { host: '127.0.0.1', port, agent: false, servername: host, headers: { host }, rejectUnauthorized: false },
      (answer) => {
        let text = '';
        answer.on('data', (part) => {
          text += part;
        });
        answer.on('end', () => resolve(answer.statusCode === 200 ? text : String(answer.statusCode)));
      },
    );
    asked.on('error', reject).end();
  });
}

describe('a backend that speaks another protocol', { skip: whyNotServed() ?? false, timeout: 60_000 }, () => {
  before(async () => {
    await makeCertificates();
    const pairs = [{ private_key: Buffer.from(backendPair.key), cert_chain: Buffer.from(backendPair.pem) }];
    const plain = await startGrpc('127.4.0.1', grpc.ServerCredentials.createInsecure());
    const tls = await startGrpc('127.4.0.2', grpc.ServerCredentials.createSsl(Buffer.from(authority.pem), pairs, true));
    const https = await startHttps('127.4.0.3');
    const http = await startHttp('127.4.0.6');
    served = await serveFiles({ files: new Map([['all.yaml', '']]) });
    closers.unshift(() => served.stop());
    await served.save('all.yaml', manifests({ plain, tls, https, http }));
  });
  after(async () => {
    for (const close of closers) await close();
  });

  test('gRPC reaches it from http and https, with its authority and the scheme of the client', async () => {
    assert.equal(await unary(client('g.test', 'http'), 'hello'), 'g.test http hello');
    assert.equal(await unary(client('g.test', 'https'), 'hello'), 'g.test https hello');
  });

  test('the status of gRPC in the trailers reaches the client', async () => {
    assert.equal(await unary(client('g.test', 'http'), 'fail'), 'NOT_FOUND: nothing of that name');
  });

  test('a stream of gRPC goes both ways while it is open', async () => {
    const call = client('g.test', 'https').makeBidiStreamRequest<Buffer, Buffer>(definition.stream.path, bytes, bytes);
    for (const word of ['one', 'two']) {
      const heard = once(call, 'data');
      call.write(Buffer.from(word));
      assert.equal(String((await heard)[0]), word.toUpperCase());
    }
    const ended = once(call, 'end');
    call.end();
    await ended;
  });

  test('a gRPC backend that does not answer in time, or not at all, is an error of gRPC', async () => {
    assert.match(await unary(client('g.test', 'http'), 'x', definition.slow.path), /^(?:UNAVAILABLE|DEADLINE_EXCEEDED): .*504/);
    assert.match(await unary(client('gone.test', 'http'), 'x'), /^UNAVAILABLE: .*502/);
  });

  test('gRPC over TLS shows our certificate and checks the one of the backend', async () => {
    assert.equal(await unary(client('gs.test', 'https'), 'hello'), 'gs.test https hello');
  });

  test('a canary with a weight is spoken to as its primary is, with its certificate', async () => {
    assert.equal(await unary(client('split.test', 'http'), 'hello'), 'split.test http hello');
    assert.equal(await unary(client('splits.test', 'https'), 'hello'), 'splits.test https hello');
  });

  test('with AUTO_HTTP it is spoken to as the client speaks', async () => {
    assert.equal(await get('auto.test'), 'nobody asks nobody');
    assert.equal(await statusOf(served.ports.http, 'auto-plain.test'), '200');
    assert.equal(await get('auto-plain.test'), '502');
  });

  test('https is checked only where that is asked for, and then by name and authority', async () => {
    assert.equal(await get('unchecked.test'), 'nobody asks nobody');
    assert.equal(await get('named.test'), 'gateway asks secure.test');
    assert.equal(await get('misnamed.test'), '502');
    assert.equal(await get('foreign.test'), '502');
  });
});

describe('TLS that is passed on', { skip: whyNotServed() ?? (await whyNoStreams()) ?? false, timeout: 60_000 }, () => {
  test('goes to the backend as it is, and is switched on and off while other hosts lose no request', async (t) => {
    await makeCertificates();
    const https = await startHttps('127.4.0.5');
    t.after(() => closers.pop()?.());
    const passing = await serveFiles({ files: new Map([['all.yaml', '']]), flags: ['--enable-ssl-passthrough'] });
    t.after(() => passing.stop());
    const save = (passthrough: 'true' | 'false', ...others: readonly string[]) =>
      passing.save(
        'all.yaml',
        documents(
          service('https', '127.4.0.5', https),
          annotated('raw.test', 'https', { 'ssl-passthrough': passthrough, 'backend-protocol': 'HTTPS' }),
          annotated('ended.test', 'https', { 'backend-protocol': 'HTTPS' }),
          ...others.map((host) => annotated(host, 'https', { 'backend-protocol': 'HTTPS' })),
        ),
      );
    await save('false');
    const port = passing.ports.https;
    assert.equal(await get('raw.test', port), 'nobody asks nobody');
    const answers = new Map<string, number>();
    let isOver = false;
    const asking = (async () => {
      while (!isOver) {
        const answer = await get('ended.test', port).catch((error: Error) => error.message);
        answers.set(answer, (answers.get(answer) ?? 0) + 1);
      }
    })();
    const heard: string[] = [];
    for (let round = 0; round < 3; round += 1) {
      for (const passthrough of ['true', 'false'] as const) {
        await save(passthrough);
        heard.push(await get('raw.test', port));
        // The workers that a usual reload sends away pass connections on as well.
        await save(passthrough, `another-${round}.test`);
        heard.push(await get('raw.test', port));
      }
    }
    isOver = true;
    await asking;
    const each = ['nobody asks raw.test', 'nobody asks raw.test', 'nobody asks nobody', 'nobody asks nobody'];
    assert.deepEqual(heard, Array(3).fill(each).flat());
    t.diagnostic(`${answers.get('nobody asks nobody')} requests of the other host`);
    assert.deepEqual([...answers.keys()], ['nobody asks nobody']);
  });
});
