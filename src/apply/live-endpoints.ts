import type { UpstreamId } from '../model/routing.ts';
import type { Endpoint, EndpointSource } from '../model/runtime.ts';
import type { ExternalName, ExternalNames } from './external-names.ts';
import type { StandIns } from './stand-in.ts';

/** Turns what the routing says about endpoints into addresses of this moment. */
export interface LiveEndpoints {
  /**
   * The addresses of all upstreams. A name that has not been resolved yet is missing, so that NGINX keeps what it has; it comes
   * with a later call.
   */
  resolve(sources: ReadonlyMap<UpstreamId, EndpointSource>): Promise<ReadonlyMap<UpstreamId, readonly Endpoint[]>>;
  /** What is known of some of them at once; starts nothing and follows no other names than before. */
  current(sources: ReadonlyMap<UpstreamId, EndpointSource>): ReadonlyMap<UpstreamId, readonly Endpoint[]>;
}

/** Puts the three kinds of endpoints together: addresses as they are, names that are followed, and stand-ins that are started. */
export function createLiveEndpoints(ports: { readonly externalNames: ExternalNames; readonly standIns: StandIns }): LiveEndpoints {
  return {
    async resolve(sources) {
      const names = new Map<UpstreamId, ExternalName>();
      const endpoints = new Map<UpstreamId, readonly Endpoint[]>();
      for (const [id, source] of sources) {
        if (source.kind === 'externalName') names.set(id, source);
        else if (source.kind === 'addresses') endpoints.set(id, source.endpoints);
        else endpoints.set(id, [await ports.standIns.endpointFor(source.service, source.port)]);
      }
      ports.externalNames.set(names);
      for (const [id, resolved] of ports.externalNames.endpoints()) endpoints.set(id, resolved);
      return endpoints;
    },
    current(sources) {
      const resolved = ports.externalNames.endpoints();
      const known = (id: UpstreamId, source: EndpointSource) => {
        if (source.kind === 'addresses') return source.endpoints;
        return source.kind === 'externalName' ? resolved.get(id) : undefined;
      };
      const pairs = [...sources].map(([id, source]) => [id, known(id, source)] as const);
      return new Map(pairs.flatMap(([id, endpoints]) => (endpoints ? [[id, endpoints] as const] : [])));
    },
  };
}
