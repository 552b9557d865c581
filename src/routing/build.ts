import { judgeAnnotations } from '../annotations/judge.ts';
import type { Built } from '../model/built.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import { keyOf, refText } from '../model/objects.ts';
import type { Server, Topology } from '../model/routing.ts';
import type { Snapshot } from '../model/snapshot.ts';
import { createBackends } from './backends.ts';
import { collectHosts, type HostDraft, serverName } from './hosts.ts';
import type { RoutingOptions } from './options.ts';
import { compareMatches } from './paths.ts';
import { selectIngresses } from './select.ts';
import { baseOf, readSettings } from './settings.ts';
import { chooseCertificates, type Tls } from './tls.ts';

/** Turns all facts into what NGINX has to know, what it asks for while it runs, and complaints. Pure: the same snapshot gives the same result. */
export function buildRouting(snapshot: Snapshot, options: RoutingOptions): Built {
  const judged = selectIngresses(snapshot, options).map((ingress) => ({
    ingress,
    verdict: judgeAnnotations(ingress, options.annotationsPrefix),
  }));
  const served = judged.filter(({ verdict }) => verdict.kind !== 'leave-out');
  const ingresses = served.map(({ ingress }) => ingress);
  const denied = new Set(served.flatMap(({ ingress, verdict }) => (verdict.kind === 'deny' ? [ingress] : [])));
  const backends = createBackends(snapshot, options);
  const hosts = collectHosts(ingresses, backends, denied);
  const tls = chooseCertificates(ingresses, snapshot, options.defaultSslCertificate);
  const config = readSettings(snapshot, options);
  const topology: Topology = {
    http: config.contribution.http,
    base: baseOf(config, config.contribution.blocks),
    servers: [...hosts.drafts.values()].sort(compareDrafts).map((draft) => finish(draft, tls)),
    upstreams: [...backends.upstreams.values()].sort((a, b) => (a.id < b.id ? -1 : 1)),
    streams: [],
  };
  return {
    topology,
    runtime: { endpoints: backends.endpoints, certificates: tls.certificates },
    selected: ingresses.map(keyOf),
    diagnostics: sortDiagnostics([
      ...config.diagnostics,
      ...judged.flatMap(({ verdict }) => verdict.diagnostics),
      ...hosts.diagnostics,
      ...backends.diagnostics,
      ...tls.diagnostics,
    ]),
    ...(tls.validUntil === undefined ? {} : { validUntil: tls.validUntil }),
  };
}

function finish(draft: HostDraft, tls: Tls): Server {
  const certificate = tls.hosts.get(draft.host);
  const httpsRedirect = certificate !== undefined || tls.hosts.has(parentWildcard(draft.host));
  const locations = [...draft.locations.values()].map((location) =>
    httpsRedirect && !location.denied ? { ...location, httpsRedirect } : location,
  );
  return {
    name: serverName(draft.host),
    origins: draft.origins,
    ...(certificate === undefined ? {} : { certificate }),
    directives: [],
    locations: locations.sort((a, b) => compareMatches(a.match, b.match)),
  };
}

/** A wildcard host with TLS speaks for every one-label host below it, as in ingress-nginx. */
function parentWildcard(host: string): string {
  return `*${host.slice(host.indexOf('.'))}`;
}

const order = { default: 0, exact: 1, wildcard: 2 } as const;

function compareDrafts(a: HostDraft, b: HostDraft): number {
  const difference = order[serverName(a.host).kind] - order[serverName(b.host).kind];
  return difference !== 0 ? difference : a.host < b.host ? -1 : 1;
}

/** By object and field, and each complaint once: several paths may share one bad backend. */
function sortDiagnostics(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  const byText = new Map(diagnostics.map((one) => [`${refText(one.object)}\0${one.field}\0${one.code}\0${one.message}`, one]));
  return [...byText.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one);
}
