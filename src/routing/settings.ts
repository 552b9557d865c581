import { features } from '../annotations/load.ts';
import { groups } from '../config/load.ts';
import { disableIpv6Dns } from '../config/name-lookups.ts';
import { type Config, readConfig } from '../config/read.ts';
import { type Diagnostic, diagnostic } from '../model/diagnostic.ts';
import { nameKey } from '../model/objects.ts';
import type { Base, Upstream } from '../model/routing.ts';
import type { Snapshot } from '../model/snapshot.ts';
import type { Backends } from './backends.ts';
import type { RoutingOptions } from './options.ts';

/** Reads the controller's ConfigMap out of a snapshot. */
export function readSettings(snapshot: Snapshot, options: RoutingOptions): Config {
  const { configMap: named, ignoreSnippets, canTrace } = options;
  const configMap = named && snapshot.configMaps.get(nameKey(named.namespace, named.name));
  const config = readConfig(configMap, { groups, features }, { others: snapshot.configMaps, ignoreSnippets, canTrace });
  if (!named || configMap) return config;
  const message = `there is no ConfigMap ${named.namespace}/${named.name}, which is to hold the settings; the defaults hold. Create it, or correct --configmap.`;
  const missing: Diagnostic = diagnostic('ConfigMapMissing', { kind: 'ConfigMap', ...named }, '', message);
  return { ...config, diagnostics: [missing] };
}

/** With `disable-ipv6-dns` NGINX asks only for IPv4 addresses of names outside of the cluster. */
export function withLookups(upstreams: readonly Upstream[], endpoints: Backends['endpoints'], config: Config): readonly Upstream[] {
  if (!config.value(disableIpv6Dns)) return upstreams;
  return upstreams.map((one) => (endpoints.get(one.id)?.kind === 'externalName' ? { ...one, ipv6: false } : one));
}

/** What the settings mean for all hosts, with what features add to it. */
export function baseOf({ contribution }: Config, blocks: Base['blocks']): Base {
  const { main, events, upstream, stream, headers, answers, unmatchedTls, overrides, front } = contribution;
  return {
    main,
    events,
    upstream,
    stream,
    blocks,
    answers,
    unmatchedTls,
    overrides,
    front,
    headers: { request: headers.request ?? [], response: headers.response ?? [], hidden: headers.hidden ?? [] },
  };
}
