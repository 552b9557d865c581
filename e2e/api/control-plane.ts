import { type ChildProcess, spawn } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { get } from 'node:https';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Programs } from './programs.ts';

/** A real etcd and a real kube-apiserver on loopback ports, with RBAC and without nodes. */
export interface ControlPlane {
  readonly port: number;
  /** Writes a kubeconfig for an account, by way of another port when one is given; gives back its path. */
  kubeconfig(account: 'admin' | 'scoped', port?: number): Promise<string>;
  /** Ends the API server and starts it again; it then remembers nothing of what watches had seen. */
  stopApiServer(): Promise<void>;
  startApiServer(): Promise<void>;
  /** Makes etcd forget everything but the present. */
  compact(): Promise<void>;
  stop(): Promise<void>;
}

interface Ports {
  readonly etcd: number;
  readonly peer: number;
  readonly api: number;
}

const tokens = { admin: 'admin-token', scoped: 'scoped-token' };
const startLimitMs = 60_000;

/** Starts both and waits until the API server is ready. */
export async function startControlPlane(programs: Programs): Promise<ControlPlane> {
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-api-'));
  const [etcd = 0, peer = 0, api = 0] = await freePorts(3);
  const ports: Ports = { etcd, peer, api };
  await writeSecrets(folder);
  const store = launch(programs.etcd, etcdArguments(folder, ports), join(folder, 'etcd.log'));
  let server: ChildProcess | undefined;
  const startApiServer = async (): Promise<void> => {
    const started = launch(programs.apiServer, apiServerArguments(folder, ports), join(folder, 'kube-apiserver.log'));
    server = started;
    await ready(folder, ports.api, started);
  };
  const stopApiServer = async (): Promise<void> => {
    if (server) await end(server);
    server = undefined;
  };
  const stop = async (): Promise<void> => {
    await stopApiServer();
    await end(store);
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await startApiServer();
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    port: api,
    kubeconfig: (account, port = api) => writeKubeconfig(folder, account, port),
    stopApiServer,
    startApiServer,
    compact: () => compact(ports.etcd),
    stop,
  };
}

async function writeSecrets(folder: string): Promise<void> {
  await mkdir(join(folder, 'pki'));
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  await writeFile(join(folder, 'service-account.key'), privateKey.export({ format: 'pem', type: 'pkcs1' }), { mode: 0o600 });
  await writeFile(join(folder, 'tokens.csv'), `${tokens.admin},admin,1,system:masters\n${tokens.scoped},scoped,2\n`, { mode: 0o600 });
}

function etcdArguments(folder: string, { etcd, peer }: Ports): readonly string[] {
  const [client, peers] = [`http://127.0.0.1:${etcd}`, `http://127.0.0.1:${peer}`];
  return [
    ...['--data-dir', join(folder, 'etcd'), '--unsafe-no-fsync', '--log-level', 'warn'],
    ...['--listen-client-urls', client, '--advertise-client-urls', client],
    ...['--listen-peer-urls', peers, '--initial-advertise-peer-urls', peers, '--initial-cluster', `default=${peers}`],
  ];
}

function apiServerArguments(folder: string, { etcd, api }: Ports): readonly string[] {
  const serviceAccountKey = join(folder, 'service-account.key');
  return [
    ...['--etcd-servers', `http://127.0.0.1:${etcd}`, '--secure-port', String(api), '--bind-address', '127.0.0.1'],
    ...['--cert-dir', join(folder, 'pki'), '--endpoint-reconciler-type', 'none', '--service-cluster-ip-range', '10.0.0.0/24'],
    ...['--service-account-issuer', 'https://kubernetes.default.svc', '--service-account-key-file', serviceAccountKey],
    ...['--service-account-signing-key-file', serviceAccountKey, '--disable-admission-plugins', 'ServiceAccount'],
    ...['--token-auth-file', join(folder, 'tokens.csv'), '--authorization-mode', 'RBAC'],
    // Ends its watches at once when it is told to stop, instead of after a minute.
    ...['--shutdown-delay-duration', '0s'],
  ];
}

function launch(program: string, args: readonly string[], log: string): ChildProcess {
  const child = spawn(program, [...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const file = createWriteStream(log, { flags: 'a' });
  child.stdout.pipe(file, { end: false });
  child.stderr.pipe(file, { end: false });
  return child;
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}

async function ready(folder: string, port: number, child: ChildProcess): Promise<void> {
  const deadline = performance.now() + startLimitMs;
  while (!(await answers(folder, port))) {
    const log = async () => (await readFile(join(folder, 'kube-apiserver.log'), 'utf8').catch(() => '')).slice(-2000);
    if (child.exitCode !== null) throw new Error(`kube-apiserver ended with ${child.exitCode}:\n${await log()}`);
    if (performance.now() > deadline) throw new Error(`kube-apiserver is not ready after ${startLimitMs / 1000} s:\n${await log()}`);
    await pause(100);
  }
}

async function answers(folder: string, port: number): Promise<boolean> {
  const ca = await readFile(join(folder, 'pki', 'apiserver.crt')).catch(() => undefined);
  if (!ca) return false;
  return new Promise((resolve) => {
    const headers = { authorization: `Bearer ${tokens.admin}` };
    const request = get({ host: '127.0.0.1', port, path: '/readyz', ca, headers, agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    request.on('error', () => resolve(false));
  });
}

/** JSON is YAML. The certificate that the server made for itself is its own authority. */
async function writeKubeconfig(folder: string, account: 'admin' | 'scoped', port: number): Promise<string> {
  const path = join(folder, `kubeconfig-${account}-${port}`);
  const cluster = { server: `https://127.0.0.1:${port}`, 'certificate-authority': join(folder, 'pki', 'apiserver.crt') };
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'test',
    clusters: [{ name: 'test', cluster }],
    users: [{ name: 'test', user: { token: tokens[account] } }],
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'test' } }],
  };
  await writeFile(path, JSON.stringify(config), { mode: 0o600 });
  return path;
}

/** By etcd's JSON gateway. */
async function compact(port: number): Promise<void> {
  const ask = async (path: string, body: unknown): Promise<{ readonly header?: { readonly revision?: string } }> => {
    const response = await fetch(`http://127.0.0.1:${port}/v3/kv/${path}`, { method: 'POST', body: JSON.stringify(body) });
    if (!response.ok) throw new Error(`etcd: ${response.status} ${await response.text()}`);
    return response.json() as Promise<{ readonly header?: { readonly revision?: string } }>;
  };
  const key = Buffer.from('none').toString('base64');
  const { header } = await ask('range', { key });
  await ask('compaction', { revision: header?.revision, physical: true });
}

/** Ports that were free a moment ago. */
async function freePorts(count: number): Promise<readonly number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer().listen(0, '127.0.0.1');
      await once(server, 'listening');
      return server;
    }),
  );
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  for (const server of servers) server.close();
  await Promise.all(servers.map((server) => once(server, 'close')));
  return ports;
}
