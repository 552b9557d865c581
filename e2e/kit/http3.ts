import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { createNginxCommand } from '../../src/apply/nginx-command.ts';
import type { Shown } from './client-certificates.ts';
import { theNginx, whyNotServed } from './machine.ts';

/** A real client of HTTP/3: a program of Go around quic-go, as curl and Node do not speak it everywhere. */

const source = join(import.meta.dirname, '../http3-client');
let program: string | undefined;

/** Why HTTP/3 cannot be tested on this machine; undefined when it can. Builds the client, once for each version of its source. */
export async function whyNoHttp3(): Promise<string | undefined> {
  const why = whyNotServed();
  if (why !== undefined) return why;
  if (!(await createNginxCommand(theNginx()).hasHttp3())) return 'this NGINX was built without its module for HTTP/3';
  try {
    program = await buildClient();
    return undefined;
  } catch (error) {
    return `the client of HTTP/3 cannot be built: ${String(error instanceof Error ? error.message : error).trim()}`;
  }
}

async function buildClient(): Promise<string> {
  const hash = createHash('sha256');
  for (const name of readdirSync(source).sort()) hash.update(readFileSync(join(source, name)));
  const cache = join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'gatehouse');
  const built = join(cache, `http3-client-${hash.digest('hex').slice(0, 12)}`);
  if (existsSync(built)) return built;
  mkdirSync(cache, { recursive: true });
  await promisify(execFile)('go', ['build', '-o', `${built}.${process.pid}`, '.'], { cwd: source, timeout: 300_000 });
  renameSync(`${built}.${process.pid}`, built);
  return built;
}

/** The text of the ConfigMap `settings` that asks for HTTP/3, and for more. */
export function http3Settings(more: Readonly<Record<string, string>> = {}): string {
  const lines = Object.entries({ 'use-http3': 'true', ...more }).map(([key, value]) => `  ${key}: ${JSON.stringify(value)}\n`);
  return `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: settings }\ndata:\n${lines.join('')}`;
}

/** One request. */
export interface AskHttp3 {
  /** `:authority`. */
  readonly host: string;
  /** The name in the handshake; empty: none, absent: the host without its port. */
  readonly sni?: string;
  readonly shows?: Shown;
  readonly method?: string;
  readonly path?: string;
  readonly headers?: readonly (readonly [string, string])[];
  readonly body?: string;
  /** The name of a connection that is kept; absent: one of its own. */
  readonly connection?: string;
  /** The name of a store of TLS sessions, whatever host they were for. */
  readonly sessions?: string;
  /** Whether the request may be sent before the handshake is over. */
  readonly early?: boolean;
  /** Where datagrams seem to come from once the connection is there. */
  readonly from?: string;
}

/** What came back; `error` where there was no answer. */
export interface Http3Reply {
  readonly error?: string;
  readonly status?: number;
  readonly protocol?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** The common name of the certificate that was shown, and its names. */
  readonly certificate?: readonly string[];
  readonly resumed?: boolean;
  readonly early?: boolean;
}

/** How often each outcome was seen, by what it is: `kept: 200`, `new: 200`, `kept: elsewhere` … */
export type Counts = Readonly<Record<string, number>>;

/** The client, for one port. */
export interface Http3Client {
  ask(ask: AskHttp3): Promise<Http3Reply>;
  /** Asks all the time, half over kept connections and half over a new one for each request, until it is stopped. */
  load(ask: AskHttp3, workers: number): Promise<{ stop(): Promise<Counts> }>;
  close(): void;
}

/** Starts the client, at 127.0.0.1. */
export function startHttp3(port: number): Http3Client {
  if (program === undefined) throw new Error('the client is there once whyNoHttp3 has given no reason');
  const child = spawn(program, {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, QUIC_GO_DISABLE_RECEIVE_BUFFER_WARNING: '1' },
  });
  const command = createCommands(child);
  const common = ({ host, sni, shows, ...more }: AskHttp3) => ({
    ...more,
    address: `127.0.0.1:${port}`,
    authority: host,
    sni: sni ?? host.replace(/:\d+$/, ''),
    ...(shows && { certificate: shows.pem, key: shows.key }),
  });
  let loads = 0;
  return {
    ask: async (ask) => (await command({ do: 'ask', ...common(ask) })) as Http3Reply,
    async load(ask, workers) {
      loads += 1;
      const connection = `load ${loads}`;
      await command({ do: 'load', workers, ...common(ask), connection });
      return { stop: async () => ((await command({ do: 'stop', connection })) as { readonly counts: Counts }).counts };
    },
    close: () => void child.kill(),
  };
}

function createCommands(child: ChildProcess): (command: object) => Promise<unknown> {
  const waiting = new Map<string, (reply: unknown) => void>();
  let next = 0;
  if (child.stdout)
    createInterface({ input: child.stdout }).on('line', (line) => {
      const { id, ...reply } = JSON.parse(line);
      waiting.get(id)?.(reply);
      waiting.delete(id);
    });
  child.once('exit', () => {
    for (const settle of waiting.values()) settle({ error: 'the client has ended' });
  });
  return (command) =>
    new Promise((resolve) => {
      const id = String(next++);
      waiting.set(id, resolve);
      child.stdin?.write(`${JSON.stringify({ id, method: 'GET', path: '/', ...command })}\n`);
    });
}
