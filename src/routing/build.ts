import { features } from '../annotations/load.ts';
import { mergeBlocks } from '../config/merge.ts';
import type { Built } from '../model/built.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import { type Ingress, keyOf, refText } from '../model/objects.ts';
import type { Topology } from '../model/routing.ts';
import type { Snapshot } from '../model/snapshot.ts';
import { createBackends } from './backends.ts';
import { createEffects, type Effects } from './effects.ts';
import { collectHosts } from './hosts.ts';
import { withPossibleHttp3 } from './http3.ts';
import type { RoutingOptions } from './options.ts';
import { withPassthrough } from './passthrough.ts';
import { selectIngresses } from './select.ts';
import { finishServers, sharedParts } from './servers.ts';
import { baseOf, readSettings, withLookups } from './settings.ts';
import { buildStreams, lookAgain } from './streams.ts';
import { chooseCertificates } from './tls.ts';

/** Turns all facts into what NGINX has to know, what it asks for while it runs, and complaints. Pure: the same snapshot gives the same result. */
export function buildRouting(snapshot: Snapshot, options: RoutingOptions): Built {
  const config = withPossibleHttp3(readSettings(snapshot, options), options);
  const backends = createBackends(snapshot, options);
  const effects = createEffects({ features, snapshot, options, config, backends });
  const ingresses = selectIngresses(snapshot, options);
  const hosts = collectHosts(ingresses, { backends, effects });
  const tls = chooseCertificates(ingresses.filter(takesHosts(effects)), snapshot, options.defaultSslCertificate);
  const finished = finishServers({ drafts: hosts.drafts, effects, config, prefix: options.annotationsPrefix, tls });
  const { blocks, files } = sharedParts(finished.effects, config.contribution.files);
  const streams = withPassthrough(buildStreams(snapshot, options), finished.passthrough, backends, options);
  const validUntil = earlier(tls.validUntil, streams.validUntil, lookAgain(config.diagnostics, snapshot.now));
  const topology: Topology = {
    http: config.contribution.http,
    base: baseOf(config, mergeBlocks([...config.contribution.blocks, ...blocks])),
    servers: finished.servers,
    upstreams: withLookups([...backends.upstreams.values()], backends.endpoints, config).toSorted((a, b) => (a.id < b.id ? -1 : 1)),
    streams: streams.streams,
    ...(streams.passthrough.length === 0 ? {} : { passthrough: streams.passthrough }),
    ...(streams.upstreams.length === 0 ? {} : { streamUpstreams: withLookups(streams.upstreams, streams.endpoints, config) }),
  };
  return {
    topology,
    runtime: {
      endpoints: new Map([...backends.endpoints, ...streams.endpoints]),
      certificates: tls.certificates,
      ...(files.size === 0 ? {} : { files }),
    },
    selected: ingresses.map(keyOf),
    diagnostics: sortDiagnostics([
      ...config.diagnostics,
      ...effects.diagnostics,
      ...hosts.diagnostics,
      ...finished.diagnostics,
      ...backends.diagnostics,
      ...streams.diagnostics,
      ...tls.diagnostics,
    ]),
    ...(validUntil === undefined ? {} : { validUntil }),
  };
}

function earlier(...moments: readonly (number | undefined)[]): number | undefined {
  const known = moments.filter((one) => one !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
}

/** Alternatives to other Ingresses take no host, and so no certificate. */
function takesHosts(effects: Effects): (ingress: Ingress) => boolean {
  return (ingress) => !effects.of(ingress).isAlternative;
}

/** By object and field, and each complaint once: several paths may share one bad backend. */
function sortDiagnostics(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  const byText = new Map(diagnostics.map((one) => [`${refText(one.object)}\0${one.field}\0${one.code}\0${one.message}`, one]));
  return [...byText.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one);
}
