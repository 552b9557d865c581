import { annotationField } from '../annotations/messages.ts';
import { type Diagnostic, diagnostic } from '../model/diagnostic.ts';
import { type Ingress, refOf } from '../model/objects.ts';
import type { Passthrough, Upstream } from '../model/routing.ts';
import type { Backends } from './backends.ts';
import { type HostDraft, serverName } from './hosts.ts';
import { passthroughId } from './identity.ts';
import type { RoutingOptions } from './options.ts';
import type { PlacedLocation } from './placed.ts';
import type { Streams } from './streams.ts';

/** A host whose TLS is not to be ended here. */
export interface PassthroughHost {
  readonly draft: HostDraft;
  readonly locations: readonly PlacedLocation[];
}

/** Beside the TCP and UDP ports: where the TLS connections of some hosts go. */
export interface PassedOn extends Streams {
  /** Sorted by host. */
  readonly passthrough: readonly Passthrough[];
}

/** Finds the backend of the path `/` of each host. What cannot be passed on is not: its TLS ends here, and the owner is told. */
export function withPassthrough(
  streams: Streams,
  hosts: readonly PassthroughHost[],
  backends: Backends,
  options: RoutingOptions,
): PassedOn {
  const passthrough: Passthrough[] = [];
  const upstreams = new Map(streams.upstreams.map((one) => [one.id, one]));
  const endpoints = new Map(streams.endpoints);
  const diagnostics: Diagnostic[] = [];
  for (const { draft, locations } of hosts) {
    const root = locations.find(({ location, ingress }) => location.match.path === '/' && location.match.kind !== 'exact' && ingress);
    const target = root?.location.target;
    const upstream = target?.kind === 'proxy' ? backends.upstreams.get(target.upstream) : undefined;
    const problem = whyNot(draft, options, upstream);
    const owner = root?.ingress ?? draft.ingresses[0];
    if (problem !== undefined || !upstream || !root?.location.origin) {
      if (owner) diagnostics.push(notPassed(owner, options, draft.host, problem ?? ''));
      continue;
    }
    const id = passthroughId(upstream.id);
    upstreams.set(id, { ...upstream, id });
    const source = backends.endpoints.get(upstream.id);
    if (source) endpoints.set(id, source);
    passthrough.push({ name: serverName(draft.host), upstream: id, origin: root.location.origin });
  }
  return {
    ...streams,
    passthrough: passthrough.sort((a, b) => (JSON.stringify(a.name) < JSON.stringify(b.name) ? -1 : 1)),
    upstreams: [...upstreams.values()].sort((a, b) => (a.id < b.id ? -1 : 1)),
    endpoints,
    diagnostics: [...streams.diagnostics, ...diagnostics],
  };
}

function whyNot(draft: HostDraft, options: RoutingOptions, upstream: Upstream | undefined): string | undefined {
  if (!options.enableSslPassthrough) return 'it needs --enable-ssl-passthrough';
  if (!options.canStream) return 'the NGINX in use has no stream module';
  if (draft.host === '') return 'a rule without host has no name that a handshake could ask for';
  return upstream ? undefined : 'no Ingress has a backend for its path / as Prefix';
}

function notPassed(ingress: Ingress, { annotationsPrefix }: RoutingOptions, host: string, why: string): Diagnostic {
  const field = annotationField(`${annotationsPrefix}/ssl-passthrough`);
  return diagnostic(
    'AnnotationWithoutEffect',
    refOf(ingress),
    field,
    `ssl-passthrough: TLS of ${host || 'rules without host'} ends here, as ${why}.`,
  );
}
