import { directive } from '../model/directive.ts';
import { type OriginVariable, originDefault, originVariableName } from '../model/overrides.ts';
import type { Location, Upstream, UpstreamId } from '../model/routing.ts';
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
    proxy_upstream_name: upstream
      ? `${upstream.service.namespace}-${upstream.service.name}-${upstream.port}`
      : originDefault('proxy_upstream_name'),
  };
  return variables.map((one) => printDirective(directive('set', { variable: originVariableName(one) }, values[one])));
}
