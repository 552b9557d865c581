import { mkdir, mkdtemp, readdir, realpath, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runPaths } from '../../src/model/settings.ts';
import { freePort, theNginx } from '../kit/served.ts';
import { type Controller, startController } from './controller.ts';
import { fileText, ingress, type Manifest, secret, service, slices } from './manifests.ts';
import type { BackendEnd, Counts, LoadOptions, RequestKind, Target } from './messages.ts';
import { type MadeCertificate, makeCertificate } from './pems.ts';
import { timeUntil } from './probe.ts';
import { nginxProcesses } from './processes.ts';
import { startThread, type Thread } from './thread-calls.ts';

/** Everything that a scenario acts on: backends, a controller with its NGINX, and the load on them. */
export interface Stage {
  readonly http: number;
  readonly https: number;
  readonly backendPort: number;
  readonly paths: ReturnType<typeof runPaths>;
  /** The certificate of the host `secure`. */
  readonly certificate: MadeCertificate;
  readonly controller: Controller;
  /** Writes a file of manifests as editors do, whole. */
  save(name: string, objects: readonly Manifest[] | string): Promise<void>;
  remove(name: string): Promise<void>;
  /** Removes what scenarios have written, and puts back what was there at first. */
  reset(): Promise<void>;
  /** New addresses at which a Service answers. */
  open(service: string, count: number, port?: number): Promise<readonly string[]>;
  /** Ends backends; resolves with the number of requests that were cut off. */
  end(addresses: readonly string[], how: BackendEnd['how']): Promise<number>;
  /** How many requests each address got since this was asked last. */
  asked(): Promise<Readonly<Record<string, number>>>;
  /** Sets the load: the usual one, and more. */
  load(more: readonly Target[]): Promise<void>;
  run(): Promise<void>;
  /** Waits for the open requests and gives the counts. */
  take(): Promise<Counts>;
  /** Ends the load. */
  quiet(): Promise<void>;
  nginx(): ReturnType<typeof nginxProcesses>;
  /** Makes a change that needs a reload, and resolves with the milliseconds until the controller says that NGINX runs it. */
  reloaded(change: () => Promise<unknown>): Promise<number>;
  /** Waits until everything is live that scenarios have put back; or else the reload for it could be taken for that of the next one. */
  settled(): Promise<void>;
  /** Starts the controller again, when a scenario has ended it. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

export const hosts = { app: 'app.faults.test', stable: 'stable.faults.test', secure: 'secure.faults.test' } as const;

/** All ways to send a request over http. */
export const plainKinds: readonly RequestKind[] = ['http keep-alive GET', 'http fresh GET', 'http keep-alive POST', 'http fresh POST'];
/** All ways to send a request over https; mostly kept connections, as handshakes cost the machine much. */
export const secureKinds: readonly RequestKind[] = ['https keep-alive GET', 'https keep-alive GET', 'https fresh GET', 'https fresh POST'];
/** Requests that NGINX may repeat. */
export const idempotentKinds: readonly RequestKind[] = ['http keep-alive GET', 'http fresh GET', 'https keep-alive GET', 'https fresh GET'];

/** About 230 requests a second: `app` has endpoints that scenarios change, `stable` and `secure` have not. */
const usualLoad: readonly Target[] = [
  { host: hosts.app, services: ['app'], kinds: [...plainKinds, ...plainKinds, ...secureKinds], perSecond: 110 },
  { host: hosts.stable, services: ['stable'], kinds: [...plainKinds, ...plainKinds, ...secureKinds], perSecond: 70 },
  { host: hosts.secure, services: ['stable'], kinds: secureKinds, perSecond: 50 },
];

/** The usual load where lone POSTs are counted apart: of `app` only requests that may be repeated. */
export const idempotentLoad: Target = { host: hosts.app, services: ['app'], kinds: idempotentKinds, perSecond: 110 };

export interface StageOptions {
  readonly downloadSeconds: number;
  readonly privateDiskMegabytes?: number;
  /** More variables for the controller and its NGINX. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** Builds a stage that serves. */
export async function openStage(options: StageOptions): Promise<Stage> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'gatehouse-faults-')));
  const files = join(folder, 'files');
  const runDirectory = join(folder, 'run');
  await mkdir(files);
  await mkdir(runDirectory);
  const ports = { http: await freePort(), https: await freePort() };
  const backendPort = await freePort();
  const backends = await startThread('./backend-thread.ts', undefined);
  const load = await startThread('./load-thread.ts', {
    ...ports,
    streamHost: hosts.stable,
    downloadSeconds: options.downloadSeconds,
  } satisfies LoadOptions);
  const certificate = await makeCertificate(hosts.secure, 'RSA');
  const tools = createTools({ files, backends, load, backendPort });
  const reset = () => writeBase(tools, certificate, backendPort);
  await reset();
  const nginx = await writePickyNginx(join(folder, 'nginx'));
  const start = () => startController({ ...options, ...ports, files, runDirectory, nginx });
  let controller = await start();
  return {
    ...ports,
    ...tools,
    backendPort,
    reset: async () => {
      for (const name of await readdir(files)) if (!baseFiles.includes(name)) await rm(join(files, name));
      await reset();
    },
    paths: runPaths(runDirectory),
    certificate,
    get controller() {
      return controller;
    },
    nginx: () => nginxProcesses(runPaths(runDirectory).pid),
    reloaded: async (change) => {
      const from = controller.log.length;
      const began = performance.now();
      await change();
      await controller.line(/^reloaded /, from, 20_000);
      return Math.round(performance.now() - began);
    },
    settled: async () => {
      // A controller that took NGINX over as it was has said nothing of a batch yet.
      const counts = () => controller.log.flatMap(({ ingresses }) => (ingresses === undefined ? [] : [ingresses]));
      await timeUntil('what was put back is live', () => (counts().at(-1) ?? baseIngresses) === baseIngresses);
    },
    restart: async () => {
      controller = await start();
    },
    close: async () => {
      await load.call('stop');
      await controller.end('SIGTERM');
      await Promise.all([load.close(), backends.close()]);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

interface Parts {
  readonly files: string;
  readonly backends: Thread;
  readonly load: Thread;
  readonly backendPort: number;
}

function createTools({ files, backends, load, backendPort }: Parts) {
  let last = 0;
  const nextAddress = () => {
    last += 1;
    return `127.77.${last >> 8}.${last & 255}`;
  };
  return {
    save: async (name: string, objects: readonly Manifest[] | string) => {
      const path = join(files, `${name}.yaml`);
      await writeFile(`${path}.new`, typeof objects === 'string' ? objects : fileText(objects));
      await rename(`${path}.new`, path);
    },
    remove: (name: string) => rm(join(files, `${name}.yaml`), { force: true }),
    open: async (name: string, count: number, port = backendPort) => {
      const addresses = Array.from({ length: count }, nextAddress);
      await backends.call('listen', { service: name, addresses, port });
      return addresses;
    },
    end: (addresses: readonly string[], how: BackendEnd['how']) => backends.call<number>('end', { addresses, how } satisfies BackendEnd),
    asked: () => backends.call<Record<string, number>>('asked'),
    load: (more: readonly Target[]) => {
      const named = new Set(more.map(({ host }) => host));
      return load.call<void>('targets', [...usualLoad.filter(({ host }) => !named.has(host)), ...more]);
    },
    run: () => load.call<void>('run'),
    take: () => load.call<Counts>('take'),
    quiet: () => load.call<void>('stop'),
  };
}

/** A host that this suite's NGINX refuses: as everything that is checked before has no known gap, `nginx -t` needs help to refuse one Ingress. */
export const refusedHost = 'refused-by-nginx.faults.test';

/** NGINX, but for its test of a configuration with that host; what it has taken the like of before is not tested. */
async function writePickyNginx(path: string): Promise<string> {
  const script = `#!/bin/sh
for last; do :; done
if [ "$1" = -t ]; then
  line=$(grep -n '^[^#]*${refusedHost}' "$last" | head -n 1)
  if [ -n "$line" ]; then
    echo "nginx: [emerg] the suite refuses this host in $last:\${line%%:*}" >&2
    exit 1
  fi
fi
exec '${theNginx()}' "$@"
`;
  await writeFile(path, script, { mode: 0o755 });
  return path;
}

const baseIngresses = 3;
const baseFiles: readonly string[] = ['base.yaml', 'endpoints-app.yaml', 'secret.yaml'];

async function writeBase(tools: ReturnType<typeof createTools>, certificate: MadeCertificate, port: number): Promise<void> {
  await tools.save('endpoints-app', slices('app', await tools.open('app', 4), port));
  await tools.save('base', [
    { apiVersion: 'networking.k8s.io/v1', kind: 'IngressClass', metadata: { name: 'nginx' }, spec: { controller: 'k8s.io/ingress-nginx' } },
    service('app', port),
    service('stable', port),
    ...slices('stable', await tools.open('stable', 2), port),
    ingress({ name: 'app', host: hosts.app, paths: { '/': 'app' }, older: true }),
    ingress({ name: 'stable', host: hosts.stable, paths: { '/': 'stable' }, older: true }),
    ingress({ name: 'secure', host: hosts.secure, paths: { '/': 'stable' }, secret: 'secure', older: true }),
  ]);
  await tools.save('secret', [secret('secure', certificate)]);
  await tools.load([]);
}
