import { type Apply, createApply } from '../apply/apply.ts';
import { createCertificates } from '../apply/certificates.ts';
import { readOrMakeDefaultCertificate } from '../apply/default-certificate.ts';
import { type EndpointServer, startEndpointServer } from '../apply/dns.ts';
import { createEndpointNaming, type EndpointNaming } from '../apply/endpoint-naming.ts';
import { createExternalNames, type ExternalNames } from '../apply/external-names.ts';
import { createGenerations } from '../apply/generation.ts';
import { createLiveEndpoints, type LiveEndpoints } from '../apply/live-endpoints.ts';
import { createLiveFiles } from '../apply/live-files.ts';
import { createNginx, type Nginx } from '../apply/nginx.ts';
import type { NginxLine } from '../apply/nginx-log.ts';
import { findModule, otelModule } from '../apply/nginx-modules.ts';
import type { UnexpectedExit } from '../apply/nginx-supervision.ts';
import { checkPorts, hasIpv6 } from '../apply/ports.ts';
import { ensureQuicHostKey } from '../apply/quic-host-key.ts';
import { createReadiness, type Readiness } from '../apply/readiness.ts';
import { readResolverPorts } from '../apply/resolver-ports.ts';
import { openRunDirectory, type RunDirectory } from '../apply/run-directory.ts';
import { createStandIns, type StandIns } from '../apply/stand-in.ts';
import type { NginxSettings } from '../model/settings.ts';
import type { Log } from '../report/log.ts';
import { moduleSettings } from './module-settings.ts';
import { readStreamFacts, type StreamFacts, type StreamOptions } from './streams.ts';

export interface DataPlaneOptions extends StreamOptions {
  readonly nginx: string;
  readonly runDirectory: string;
  readonly httpPort: number;
  readonly httpsPort: number;
  readonly publicHttpPort?: number;
  readonly publicHttpsPort?: number;
  readonly workerProcesses: number;
  readonly accessLog: string;
  /** Where NGINX answers for the readiness of its Pod; absent: nowhere. */
  readonly statusPort?: number;
  /** `child`: NGINX is started here; `attach`: another container runs it, and it is only told to reload. */
  readonly nginxMode: 'child' | 'attach';
  readonly isRoot: boolean;
  /** See `NginxSettings`. */
  readonly hostsApart?: number;
  readonly log: Log;
  /** A first or a new configuration has passed NGINX's test: its container may start with it. */
  readonly onTested?: () => void;
  /** Addresses of external names have changed: another batch is due. */
  readonly onChange: () => void;
}

/** NGINX with all that feeds it while it runs. */
export interface DataPlane {
  readonly settings: NginxSettings;
  readonly apply: Apply;
  readonly liveEndpoints: LiveEndpoints;
  readonly externalNames: ExternalNames;
  readonly standIns: StandIns;
  readonly nginx: Nginx;
  readonly ready: Readiness;
  readonly dns: EndpointServer;
  readonly streams: StreamFacts;
  readonly naming: EndpointNaming;
  /** Whether the NGINX in use can trace requests. */
  readonly canTrace: boolean;
  /** Ends NGINX within the time given, unless it belongs to another container, and everything else. */
  stop(graceMs: number): Promise<void>;
}

/** The oldest NGINX with all that the configuration needs. */
const leastVersion = [1, 30] as const;

/** Makes everything ready; NGINX itself is started by the first batch, unless one from an earlier run still works and is taken over. Throws with a sentence for people. */
export async function startDataPlane(options: DataPlaneOptions): Promise<DataPlane> {
  const { runDirectory, log } = options;
  const directory = await openRunDirectory(runDirectory);
  try {
    const ready = createReadiness(runDirectory);
    const nginx = createNginx({
      program: options.nginx,
      runDirectory,
      mode: options.nginxMode,
      log: (line) => logNginx(log, line),
      onExit: (exit) => void logExit(options, ready, exit),
      onReady: (master) => {
        log.info({ pid: master.pid }, 'NGINX answers again');
        void ready.write().catch((error: unknown) => log.error({ error: String(error) }, 'the Pod cannot be made ready'));
        options.onChange();
      },
    });
    await checkVersion(nginx, options.nginx);
    if (options.nginxMode === 'child') await checkOrAdopt(nginx, options);
    return await assemble(options, { directory, nginx, ready });
  } catch (error) {
    await directory.close();
    throw error;
  }
}

interface Parts {
  readonly directory: RunDirectory;
  readonly nginx: Nginx;
  readonly ready: Readiness;
}

async function assemble(options: DataPlaneOptions, { directory, nginx, ready }: Parts): Promise<DataPlane> {
  const { runDirectory } = options;
  const certificates = createCertificates(runDirectory, await readOrMakeDefaultCertificate(runDirectory));
  const generations = createGenerations(runDirectory);
  const ipv6 = await hasIpv6();
  const streams = await readStreamFacts(options, { nginx, generations, ipv6 });
  const otel = await findModule(otelModule, nginx, runDirectory);
  // The last that can fail: its thread would keep the process alive.
  const dns = await startDns(options);
  await ensureQuicHostKey(runDirectory);
  const externalNames = createExternalNames({ onChange: options.onChange });
  const standIns = createStandIns();
  const { onTested = () => {} } = options;
  const files = createLiveFiles(runDirectory);
  const apply = createApply({ runDirectory, nginx, generations, certificates, files, endpoints: dns, onTested });
  const naming = namingOf(options);
  return {
    ready,
    dns,
    streams,
    naming,
    canTrace: otel.kind !== 'absent',
    settings: { ...settingsOf(options, dns, ipv6), ...moduleSettings({ stream: streams.module, otel }) },
    apply,
    liveEndpoints: createLiveEndpoints({ externalNames, standIns }),
    externalNames,
    standIns,
    nginx,
    async stop(graceMs) {
      try {
        await endNginx(nginx, graceMs);
      } finally {
        // What is open would keep the process alive.
        for (const one of [naming, externalNames, standIns, dns, directory]) await one.close();
      }
    },
  };
}

async function endNginx(nginx: Nginx, graceMs: number): Promise<void> {
  if (nginx.mode === 'child') await nginx.quit(graceMs);
  else nginx.leave();
}

async function startDns({ runDirectory, log }: DataPlaneOptions): Promise<EndpointServer> {
  return startEndpointServer({
    ports: await readResolverPorts(runDirectory),
    onFailure: (error) => log.error({ error: error.message }, 'the DNS thread died and is started again; NGINX keeps its endpoints'),
  });
}

function namingOf({ onChange, log }: DataPlaneOptions): EndpointNaming {
  return createEndpointNaming({
    onChange,
    onClockSetBack: (seconds) =>
      log.warn({ seconds }, 'the clock was set back: NGINX gets other names for endpoints, or else it would not ask for them until then'),
  });
}

function settingsOf(options: DataPlaneOptions, dns: EndpointServer, ipv6: boolean): NginxSettings {
  const { httpPort, httpsPort, http3Port, publicHttpPort, publicHttpsPort, runDirectory, workerProcesses, accessLog } = options;
  return {
    httpPort,
    httpsPort,
    ...(http3Port === undefined ? {} : { http3Port }),
    ...(options.hostsApart === undefined ? {} : { hostsApart: options.hostsApart }),
    ...(publicHttpPort === undefined ? {} : { publicHttpPort }),
    ...(publicHttpsPort === undefined ? {} : { publicHttpsPort }),
    ipv6,
    runDirectory,
    workerProcesses,
    resolverPorts: dns.ports,
    accessLog,
    ...(options.enableSslPassthrough ? { enableSslPassthrough: true } : {}),
    ...(options.statusPort === undefined ? {} : { statusPort: options.statusPort }),
    ...(options.isRoot ? { user: 'root' } : {}),
  };
}

async function checkVersion(nginx: Nginx, program: string): Promise<void> {
  const version = await nginx.version();
  const [major, minor] = leastVersion;
  if (version.major > major || (version.major === major && version.minor >= minor)) return;
  throw new Error(
    `${program} is NGINX ${version.text}; Gatehouse needs ${major}.${minor} or newer. Name another one with --nginx or NGINX.`,
  );
}

/** An NGINX of ours that survived the controller holds the ports, and goes on. */
async function checkOrAdopt(nginx: Nginx, options: DataPlaneOptions): Promise<void> {
  if (await nginx.adopt()) {
    options.log.info({ pid: nginx.pid }, 'taking over the NGINX of an earlier run');
    return;
  }
  const complaints = await checkPorts(
    ((await hasIpv6()) ? ['0.0.0.0', '::'] : ['0.0.0.0']).flatMap((address) => [
      { port: options.httpPort, address, option: '--http-port' },
      { port: options.httpsPort, address, option: '--https-port' },
    ]),
  );
  if (complaints.length > 0) throw new Error([...new Set(complaints)].join('\n'));
}

/** Where NGINX belongs to another container its end is that container's business, and meant when the Pod ends. */
async function logExit({ log, nginxMode }: DataPlaneOptions, ready: Readiness, { code, signal, restarts }: UnexpectedExit): Promise<void> {
  if (await ready.isDraining()) return log.info('NGINX has ended');
  if (nginxMode === 'attach') log.error({ restarts }, 'NGINX ended by itself; its container has to start it again');
  else log.error({ code, signal, restarts }, 'NGINX ended by itself; starting it again');
}

const logLevels = {
  emerg: 'error',
  alert: 'error',
  crit: 'error',
  error: 'warn',
  warn: 'warn',
  notice: 'debug',
  info: 'debug',
  debug: 'debug',
} as const;

function logNginx(log: Log, line: NginxLine): void {
  log[line.level === undefined ? 'info' : logLevels[line.level]](`nginx: ${line.text}`);
}
