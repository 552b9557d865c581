import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { handWritten } from './hand-written.ts';
import { type Estate, hostOf } from './manifests.ts';
import { startPlainNginx } from './nginx.ts';

/** The same routes for another proxy, and where it is to listen. */
export interface PeerRoutes {
  readonly estate: Estate;
  readonly httpPort: number;
  readonly httpsPort: number;
  /** Key and chain in one file, for the first host. */
  readonly certificate: string;
  /** Made when it is not there. */
  readonly folder: string;
}

/** Another proxy that runs. */
export interface RunningPeer {
  /** Whose CPU time counts. */
  readonly pids: readonly number[];
  stop(): Promise<void>;
}

/** A proxy to compare with. */
export interface Peer {
  readonly name: string;
  start(routes: PeerRoutes): Promise<RunningPeer>;
}

/** The variable that names the program; without it the name itself is looked for, unless that would be the NGINX that all else runs with. */
const programs = {
  haproxy: { variable: 'HAPROXY', plan: planHaproxy },
  caddy: { variable: 'CADDY', plan: planCaddy },
  traefik: { variable: 'TRAEFIK', plan: planTraefik },
} as const;

/** Those that are here, and a sentence for each that is not. */
export function findPeers(): { readonly peers: readonly Peer[]; readonly missing: readonly string[] } {
  const peers: Peer[] = [];
  const missing: string[] = [];
  for (const [name, { variable, plan }] of Object.entries(programs)) {
    const program = process.env[variable] ?? pathOf(name);
    if (program === undefined) missing.push(`${name} is skipped: it is not installed, and ${variable} does not name it`);
    else peers.push({ name, start: (routes) => startPeer(program, routes, plan) });
  }
  const other = process.env['OTHER_NGINX'];
  if (other === undefined) missing.push('another NGINX is skipped: OTHER_NGINX does not name it');
  else peers.push({ name: nameOfNginx(other), start: (routes) => startOtherNginx(other, routes) });
  return { peers, missing };
}

function pathOf(name: string): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path));
}

function nameOfNginx(program: string): string {
  const text = execFileSync('sh', ['-c', '"$0" -v 2>&1', program], { encoding: 'utf8' });
  return /nginx\/[\d.]+/.exec(text)?.[0] ?? program;
}

async function startOtherNginx(program: string, { estate, httpPort, httpsPort, certificate, folder }: PeerRoutes): Promise<RunningPeer> {
  const http = handWritten({ estate, httpPort, httpsPort, certificate, form: 'minimal' });
  const nginx = await startPlainNginx({ folder, workers: 1, http, port: httpPort, program });
  return { pids: await nginx.workers(), stop: nginx.stop };
}

/** The files of a configuration by name, and how the program is started in their folder; each gets one thread for the work. */
interface Plan {
  readonly files: ReadonlyMap<string, string>;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

async function startPeer(program: string, routes: PeerRoutes, plan: (routes: PeerRoutes) => Plan): Promise<RunningPeer> {
  const { folder } = routes;
  const { files, args, env = {} } = plan(routes);
  await mkdir(folder, { recursive: true });
  for (const [name, text] of files) await writeFile(join(folder, name), text);
  const child = spawn(program, args, { cwd: folder, stdio: 'ignore', env: { ...process.env, HOME: folder, ...env } });
  const ended = once(child, 'exit');
  const { pid } = child;
  if (pid === undefined) throw new Error(`${program} cannot be started`);
  return {
    pids: [pid],
    async stop() {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

const count = (length: number) => Array.from({ length }, (_, index) => index);

function planHaproxy({ estate, httpPort, httpsPort, certificate, folder }: PeerRoutes): Plan {
  const bind = `bind 127.0.0.1:${httpPort}\n  bind 127.0.0.1:${httpsPort} ssl crt ${certificate}`;
  const rules = estate.paths.map((path) => `  acl at ${estate.regex ? 'path_reg ^' : 'path_beg '}${path}`);
  const text = `global
  nbthread 1
  ssl-server-verify none
  tune.ssl.cachesize 0
defaults
  mode http
  timeout connect 5s
  timeout client 60s
  timeout server 60s
frontend all
  ${bind}
${rules.join('\n')}
  use_backend %[req.hdr(host),lower,map(${folder}/hosts.map)] if at
${count(estate.services)
  .map((index) => `backend svc-${index}\n  server one 127.0.0.1:${estate.backendPort}`)
  .join('\n')}
`;
  const hosts = count(estate.ingresses).map((index) => `${hostOf(index)} svc-${index % estate.services}`);
  return {
    files: new Map([
      ['haproxy.cfg', text],
      ['hosts.map', `${hosts.join('\n')}\n`],
    ]),
    args: ['-db', '-f', 'haproxy.cfg'],
  };
}

function planCaddy({ estate, httpPort, httpsPort, certificate }: PeerRoutes): Plan {
  const backend = { handler: 'reverse_proxy', upstreams: [{ dial: `127.0.0.1:${estate.backendPort}` }] };
  const matchOf = (host: string) =>
    estate.regex
      ? estate.paths.map((path) => ({ host: [host], path_regexp: { pattern: `^${path}` } }))
      : [{ host: [host], path: estate.paths.map((path) => `${path}*`) }];
  const routes = count(estate.ingresses).map((index) => ({ match: matchOf(hostOf(index)), handle: [backend], terminal: true }));
  const server = { routes, automatic_https: { disable: true }, protocols: ['h1'] };
  const config = {
    admin: { disabled: true },
    logging: { logs: { default: { level: 'ERROR' } } },
    apps: {
      http: {
        servers: {
          plain: { listen: [`127.0.0.1:${httpPort}`], ...server },
          secure: { listen: [`127.0.0.1:${httpsPort}`], ...server, tls_connection_policies: [{ default_sni: hostOf(0) }] },
        },
      },
      tls: { certificates: { load_files: [{ certificate, key: certificate }] } },
    },
  };
  return {
    files: new Map([['caddy.json', JSON.stringify(config)]]),
    args: ['run', '--config', 'caddy.json'],
    env: { GOMAXPROCS: '1' },
  };
}

function planTraefik({ estate, httpPort, httpsPort, certificate, folder }: PeerRoutes): Plan {
  const conditionOf = (path: string) => (estate.regex ? `PathRegexp(\`^${path}\`)` : `PathPrefix(\`${path}\`)`);
  const routers = count(estate.ingresses).flatMap((index) => {
    const rule = `Host(\`${hostOf(index)}\`) && (${estate.paths.map(conditionOf).join(' || ')})`;
    const service = `svc-${index % estate.services}`;
    return [
      [`r${index}`, { rule, service, entryPoints: ['plain'] }],
      [`s${index}`, { rule, service, entryPoints: ['secure'], tls: {} }],
    ];
  });
  const url = `http://127.0.0.1:${estate.backendPort}`;
  const services = count(estate.services).map((index) => [`svc-${index}`, { loadBalancer: { servers: [{ url }] } }]);
  const dynamic = {
    http: { routers: Object.fromEntries(routers), services: Object.fromEntries(services) },
    tls: { certificates: [{ certFile: certificate, keyFile: certificate }] },
  };
  const entries = [`--entrypoints.plain.address=127.0.0.1:${httpPort}`, `--entrypoints.secure.address=127.0.0.1:${httpsPort}`];
  return {
    // JSON is YAML.
    files: new Map([['dynamic.yaml', JSON.stringify(dynamic)]]),
    args: [`--providers.file.filename=${folder}/dynamic.yaml`, ...entries, '--log.level=ERROR'],
    env: { GOMAXPROCS: '1' },
  };
}
