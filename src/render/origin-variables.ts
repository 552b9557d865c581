import { directive } from '../model/directive.ts';
import { type OriginVariable, originDefault, originVariableName } from '../model/overrides.ts';
import type { Location, Target, Upstream, UpstreamId } from '../model/routing.ts';
import { printDirective } from './quote.ts';

/** What the log wants to know of a location, and where to find it. */
export interface OriginView {
  readonly variables: readonly OriginVariable[];
  readonly upstreams: ReadonlyMap<UpstreamId, Upstream>;
}

/** Says in a location which Ingress it comes from, as far as the log asks for it. */
export function originLines(location: Location, { variables, upstreams }: OriginView): readonly string[] {
  if (variables.length === 0 || !location.origin) return [];
  const { origin, match, target } = location;
  const upstream = target.kind === 'proxy' ? upstreams.get(target.upstream) : undefined;
  const values: Readonly<Record<OriginVariable, string>> = {
    namespace: origin.object.namespace,
    ingress_name: origin.object.name,
    location_path: match.path,
    service_name: upstream?.service.name ?? '',
    service_port: upstream?.port ?? '',
    proxy_upstream_name: upstream ? upstreamName(upstream) : originDefault('proxy_upstream_name'),
    proxy_alternative_upstream_name: '',
  };
  return variables.map((one) => printDirective(directive('set', { variable: originVariableName(one) }, values[one])));
}

/** What ingress-nginx calls the backend of a Service port. */
function upstreamName({ service, port }: Upstream): string {
  return `${service.namespace}-${service.name}-${port}`;
}

type Condition = { readonly condition: string; readonly lines: readonly string[] };

const alternative: OriginVariable = 'proxy_alternative_upstream_name';

/** Names the canary where it takes the request. */
export function canaryNamed({ canary }: Target, { variables, upstreams }: OriginView): readonly Condition[] {
  const upstream = canary && upstreams.get(canary.upstream);
  if (!canary || !upstream || !variables.includes(alternative)) return [];
  return [{ condition: `$${canary.chosen} = ${canary.upstream}`, lines: [named(upstreamName(upstream))] }];
}

/** Takes the name back where the primary answers after all. */
export function canaryUnnamed({ canary, upstream }: Target, { variables }: OriginView): readonly Condition[] {
  if (!canary || !variables.includes(alternative)) return [];
  return [{ condition: `$${canary.afterFailure} = ${upstream}`, lines: [named('')] }];
}

function named(name: string): string {
  return printDirective(directive('set', { variable: originVariableName(alternative) }, name));
}
