import { Agent, type ClientRequest, request } from 'node:http';
import * as grpc from '@grpc/grpc-js';
import { callPaths } from './pods.ts';
import { runSocket } from './web-socket.ts';

/** What was sent all the time while something else happened. */
export interface Load {
  /** Ends it, and tells. */
  stop(): Promise<LoadResult>;
}

/** Each failure with its reason. */
export interface LoadResult {
  readonly sent: number;
  readonly failures: readonly string[];
}

/** What has no answer by then is lost. */
const limitMs = 10_000;

interface Tally {
  sent: number;
  readonly failures: string[];
  isOver: boolean;
}

/** Runs so many loops beside each other until it is stopped; a loop that throws has found a failure. */
function steady(loops: number, once: (loop: number, tally: Tally) => Promise<unknown>, close: () => void = () => {}): Load {
  const tally: Tally = { sent: 0, failures: [], isOver: false };
  const run = async (loop: number) => {
    while (!tally.isOver) {
      tally.sent += 1;
      await once(loop, tally).catch((error: Error) => tally.failures.push(error.message));
    }
  };
  const running = Promise.all(Array.from({ length: loops }, (_, loop) => run(loop)));
  return {
    async stop() {
      tally.isOver = true;
      await running;
      close();
      return { sent: tally.sent, failures: tally.failures };
    },
  };
}

interface Answered {
  readonly address: string;
  readonly cookie: string | undefined;
}

/** GET and POST in turn; the answer is whole and comes from a Pod, or it throws. */
async function ask(port: number, host: string, agent: Agent | false, { body = '', cookie = '' }): Promise<Answered> {
  const headers = { Host: host, ...(cookie && { Cookie: cookie }), ...(body && { 'Content-Length': body.length }) };
  const asked = request({ host: '127.0.0.1', port, method: body === '' ? 'GET' : 'POST', headers, agent, timeout: limitMs });
  asked.end(body);
  const { status, text, set } = await answerOf(asked);
  const [address = '', length] = text.split(' ');
  if (status !== 200 || Number(length) !== body.length) throw new Error(`${host}: ${status} ${text.slice(0, 60)}`);
  return { address, cookie: set?.split(';')[0] };
}

function answerOf(asked: ClientRequest): Promise<{ status: number | undefined; text: string; set: string | undefined }> {
  return new Promise((resolve, reject) => {
    asked.on('timeout', () => asked.destroy(new Error('timeout')));
    asked.on('error', reject);
    asked.on('response', (response) => {
      response.on('error', reject);
      response
        .toArray()
        .then((parts) =>
          resolve({ status: response.statusCode, text: Buffer.concat(parts).toString(), set: response.headers['set-cookie']?.[0] }),
        )
        .catch(reject);
    });
  });
}

const bodyOf = (number: number) => 'x'.repeat(number % 2 === 0 ? 0 : 1 + ((number * 997) % 20_000));

/** Requests over kept and over fresh connections. */
export function plainLoad(port: number, host: string): Load {
  const agent = new Agent({ keepAlive: true });
  return steady(
    6,
    (loop, { sent }) => ask(port, host, loop % 2 === 0 ? agent : false, { body: bodyOf(sent) }),
    () => agent.destroy(),
  );
}

/** Clients that keep the cookie that they got last. One that is moved while its Pod is still there is a failure; every tenth request is a new client's. */
export function stickyLoad(port: number, host: string, isThere: (address: string) => boolean): Load & { readonly moves: () => number } {
  const agent = new Agent({ keepAlive: true });
  const clients = new Map<number, { cookie: string; address: string }>();
  let moves = 0;
  const load = steady(
    8,
    async (loop, { sent }) => {
      const client = sent % 10 === 0 ? undefined : clients.get(loop);
      const wasThere = client !== undefined && isThere(client.address);
      const { address, cookie } = await ask(port, host, agent, { body: bodyOf(sent), cookie: client?.cookie ?? '' });
      if (sent % 10 === 0) return;
      if (client && address !== client.address) {
        moves += 1;
        if (wasThere && isThere(client.address)) throw new Error(`${host}: moved from ${client.address}, which is there, to ${address}`);
      }
      clients.set(loop, { cookie: cookie ?? client?.cookie ?? '', address });
    },
    () => agent.destroy(),
  );
  return { ...load, moves: () => moves };
}

/** Single calls and streams of gRPC, over one connection. */
export function grpcLoad(port: number, host: string): Load {
  const client = new grpc.Client(`127.0.0.1:${port}`, grpc.credentials.createInsecure(), {
    'grpc.default_authority': host,
    'grpc.enable_retries': 0,
  });
  const bytes = (value: Buffer) => value;
  const within = () => ({ deadline: Date.now() + limitMs });
  const unary = () =>
    new Promise<void>((resolve, reject) => {
      client.makeUnaryRequest(callPaths.unary, bytes, bytes, Buffer.from('x'), within(), (error) => (error ? reject(error) : resolve()));
    });
  const words = async () => {
    const heard: string[] = [];
    const call = client.makeServerStreamRequest<Buffer, Buffer>(callPaths.words, bytes, bytes, Buffer.from('x'), within());
    for await (const word of call) heard.push(String(word));
    if (heard.length !== 5) throw new Error(`${heard.length} words in place of 5`);
  };
  return steady(
    6,
    (loop) => (loop % 2 === 0 ? unary() : words()),
    () => client.close(),
  );
}

/** WebSockets, short and long. One may end because its Pod says so; it is opened again at once. */
export function socketLoad(port: number, host: string): Load & { readonly told: () => number } {
  let told = 0;
  const load = steady(8, async (loop, tally) => {
    const end = await runSocket(port, host, loop % 2 === 0 ? 3 : 200);
    tally.sent += end.echoed;
    if (end.kind === 'told') told += 1;
    if (end.kind === 'refused' || end.kind === 'cut') throw new Error(`${end.kind}: ${end.why}`);
  });
  return { ...load, told: () => told };
}
