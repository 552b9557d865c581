import { features } from '../annotations/load.ts';
import type { ObjectName } from '../annotations/parsers.ts';
import { definitionsOf } from '../annotations/read.ts';
import { groups } from '../config/load.ts';
import { configReferences } from '../config/read.ts';
import type { Ingress, Key } from '../model/objects.ts';
import { nameKey } from '../model/objects.ts';
import type { Snapshot } from '../model/snapshot.ts';
import type { RoutingOptions } from './options.ts';
import { selectIngresses } from './select.ts';

/** The Secrets and ConfigMaps, by `namespace/name`, that the present facts refer to: all others need not be known. */
export interface References {
  readonly secrets: ReadonlySet<Key>;
  readonly configMaps: ReadonlySet<Key>;
}

const definitions = definitionsOf(features);

/** What a build would read. Asked before it, so that a source can fetch what it has left out so far. */
export function referencesOf(snapshot: Snapshot, options: RoutingOptions): References {
  const { annotationsPrefix, configMap, defaultSslCertificate, tcpServicesConfigmap, udpServicesConfigmap } = options;
  const named = selectIngresses(snapshot, options).flatMap((ingress) => [
    ...secretsOfTls(ingress),
    ...objectsOfAnnotations(ingress, `${annotationsPrefix}/`),
  ]);
  const keysOf = (kind: Reference['kind']) => named.filter((one) => one.kind === kind).map(({ key }) => key);
  const settings = configMap && nameKey(configMap.namespace, configMap.name);
  const found = settings === undefined ? undefined : snapshot.configMaps.get(settings);
  return {
    secrets: new Set([...keysOf('Secret'), ...(defaultSslCertificate ? [keyOfName('', defaultSslCertificate)] : [])]),
    configMaps: new Set([
      ...keysOf('ConfigMap'),
      ...(settings === undefined ? [] : [settings]),
      ...[tcpServicesConfigmap, udpServicesConfigmap].flatMap((one) => (one ? [nameKey(one.namespace, one.name)] : [])),
      ...(found ? configReferences(found, { groups, features }) : []),
    ]),
  };
}

interface Reference {
  readonly kind: 'Secret' | 'ConfigMap';
  readonly key: Key;
}

function secretsOfTls({ metadata, tls }: Ingress): readonly Reference[] {
  return tls.flatMap(({ secretName: name }) =>
    name === undefined ? [] : [{ kind: 'Secret', key: keyOfName(metadata.namespace, { name }) } as const],
  );
}

function objectsOfAnnotations({ metadata }: Ingress, start: string): readonly Reference[] {
  return Object.entries(metadata.annotations).flatMap(([name, text]) => {
    const one = name.startsWith(start) ? definitions.get(name.slice(start.length))?.one : undefined;
    const parsed = one?.names ? one.parse(text.trim()) : undefined;
    return one?.names && parsed?.ok ? [{ kind: one.names, key: keyOfName(metadata.namespace, parsed.value as ObjectName) }] : [];
  });
}

function keyOfName(own: string, { namespace = own, name }: ObjectName): Key {
  return nameKey(namespace, name);
}
