import type { Generations } from '../apply/generation.ts';
import type { Nginx } from '../apply/nginx.ts';
import { findModule, type NginxModule, streamModule } from '../apply/nginx-modules.ts';
import { createStreamPorts, type StreamPort, type StreamPorts } from '../apply/stream-ports.ts';
import { askGeneration } from '../apply/verify.ts';
import type { NamespacedName } from '../model/objects.ts';
import type { Reconciled } from '../model/reconciled.ts';
import { portKey } from '../model/routing.ts';
import { runPaths } from '../model/settings.ts';
import type { Snapshot } from '../model/snapshot.ts';
import { http3Port } from '../render/listens.ts';
import { asksForHttp3 } from '../routing/http3.ts';
import type { RoutingOptions } from '../routing/options.ts';
import { readSettings } from '../routing/settings.ts';
import { readStreamEntries } from '../routing/stream-entries.ts';

/** What decides which TCP and UDP ports can be opened. */
export interface StreamOptions {
  readonly runDirectory: string;
  readonly httpsPort: number;
  /** The UDP port of HTTP/3; absent: the number of the https port. */
  readonly http3Port?: number;
  readonly tcpServicesConfigmap?: NamespacedName;
  readonly udpServicesConfigmap?: NamespacedName;
  readonly enableSslPassthrough?: boolean;
}

/** What is known of TCP and UDP ports beside what the objects say. */
export interface StreamFacts {
  readonly module: NginxModule;
  readonly hasHttp3: boolean;
  /** Where HTTP/3 is listened for. */
  readonly http3Port: StreamPort;
  readonly ports: StreamPorts;
}

interface Parts {
  readonly nginx: Nginx;
  readonly generations: Generations;
  readonly ipv6: boolean;
}

/** Finds out what this NGINX can do; it is only asked where a flag names a ConfigMap of ports, or lets TLS be passed on. */
export async function readStreamFacts(options: StreamOptions, { nginx, generations, ipv6 }: Parts): Promise<StreamFacts> {
  const { runDirectory, tcpServicesConfigmap, udpServicesConfigmap, enableSslPassthrough = false } = options;
  const isAsked = tcpServicesConfigmap !== undefined || udpServicesConfigmap !== undefined || enableSslPassthrough;
  return {
    module: isAsked ? await findModule(streamModule, nginx, runDirectory) : { kind: 'absent' },
    hasHttp3: await nginx.hasHttp3(),
    http3Port: { port: http3Port(options), protocol: 'UDP' },
    ports: createStreamPorts({ ipv6, running: () => runningConfig(runDirectory, generations), clock: () => performance.now() }),
  };
}

async function runningConfig(runDirectory: string, generations: Generations): Promise<string | undefined> {
  const generation = await askGeneration(runPaths(runDirectory).generationSocket).catch(() => undefined);
  if (generation === undefined || !/^[0-9a-f]{16}$/.test(generation)) return undefined;
  return (await generations.read(generation))?.get('nginx.conf');
}

type Reconcile = (snapshot: Snapshot) => Promise<Reconciled>;

/**
 * Has each batch know which ports cannot be opened at that moment. Where NGINX could not open one after all, the batch is repeated at
 * once without it, as NGINX has refused all of it. `make` is given the routing options of the moment; other properties of what it makes are
 * kept.
 */
export function withStreamFacts<R extends Reconcile>(
  facts: StreamFacts,
  routing: RoutingOptions,
  make: (options: () => RoutingOptions) => R,
): Reconcile & R {
  const fixed: RoutingOptions = { ...routing, canStream: facts.module.kind !== 'absent' };
  let current = fixed;
  const reconcile = make(() => current);
  const batch = async (snapshot: Snapshot) => {
    const wanted = wantedPorts(snapshot, facts, fixed);
    current = { ...fixed, ...(await obstacles(facts, wanted)) };
    const result = await reconcile(snapshot);
    if (!facts.ports.heed(result.outcome, wanted)) return result;
    current = { ...fixed, ...(await obstacles(facts, wanted)) };
    return reconcile(snapshot);
  };
  return Object.assign(batch, reconcile);
}

/** Why an NGINX without the module has no HTTP/3. */
export const noHttp3Module: NonNullable<RoutingOptions['http3Obstacle']> = {
  code: 'ConfigMapUnsupported',
  reason: 'this NGINX was built without its module for HTTP/3 (--with-http_v3_module).',
};

function wantedPorts(snapshot: Snapshot, { hasHttp3, http3Port }: StreamFacts, options: RoutingOptions): readonly StreamPort[] {
  const isAsked = hasHttp3 && asksForHttp3(readSettings(snapshot, options));
  return [...readStreamEntries(snapshot, options).entries, ...(isAsked ? [http3Port] : [])];
}

async function obstacles(
  { ports, hasHttp3, http3Port }: StreamFacts,
  wanted: readonly StreamPort[],
): Promise<Pick<RoutingOptions, 'takenPorts' | 'http3Obstacle'>> {
  const takenPorts = await ports.look(wanted);
  if (!hasHttp3) return { takenPorts, http3Obstacle: noHttp3Module };
  const taken = takenPorts.get(portKey(http3Port));
  if (taken === undefined) return { takenPorts };
  return { takenPorts, http3Obstacle: { code: 'StreamPortTaken', reason: `UDP port ${http3Port.port} is not opened: ${taken}` } };
}
