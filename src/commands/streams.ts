import type { Generations } from '../apply/generation.ts';
import type { Nginx } from '../apply/nginx.ts';
import { findStreamModule, type StreamModule } from '../apply/stream-module.ts';
import { createStreamPorts, type StreamPorts } from '../apply/stream-ports.ts';
import { askGeneration } from '../apply/verify.ts';
import type { NamespacedName } from '../model/objects.ts';
import type { Reconciled } from '../model/reconciled.ts';
import { type NginxSettings, runPaths } from '../model/settings.ts';
import type { Snapshot } from '../model/snapshot.ts';
import type { RoutingOptions } from '../routing/options.ts';
import { readStreamEntries } from '../routing/stream-entries.ts';

/** What decides which TCP and UDP ports can be opened. */
export interface StreamOptions {
  readonly runDirectory: string;
  readonly tcpServicesConfigmap?: NamespacedName;
  readonly udpServicesConfigmap?: NamespacedName;
  readonly enableSslPassthrough?: boolean;
}

/** What is known of TCP and UDP ports beside what the objects say. */
export interface StreamFacts {
  readonly module: StreamModule;
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
    module: isAsked ? await findStreamModule(nginx, runDirectory) : { kind: 'absent' },
    ports: createStreamPorts({ ipv6, running: () => runningConfig(runDirectory, generations), clock: () => performance.now() }),
  };
}

/** The part of the settings that NGINX needs for it. */
export function streamSettings({ module }: Pick<StreamFacts, 'module'>): Pick<NginxSettings, 'streamModule'> {
  return module.kind === 'file' ? { streamModule: module.path } : {};
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
    const wanted = readStreamEntries(snapshot, fixed).entries;
    current = { ...fixed, takenPorts: await facts.ports.look(wanted) };
    const result = await reconcile(snapshot);
    if (!facts.ports.heed(result.outcome, wanted)) return result;
    current = { ...fixed, takenPorts: await facts.ports.look(wanted) };
    return reconcile(snapshot);
  };
  return Object.assign(batch, reconcile);
}
