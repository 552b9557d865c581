import type { Key } from '../model/objects.ts';
import { nameKey } from '../model/objects.ts';
import type { Snapshot } from '../model/snapshot.ts';
import type { RoutingOptions } from './options.ts';
import { selectIngresses } from './select.ts';

/** The Secrets and ConfigMaps, by `namespace/name`, that the present facts refer to: all others need not be known. */
export interface References {
  readonly secrets: ReadonlySet<Key>;
  readonly configMaps: ReadonlySet<Key>;
}

/** What a build would read. Asked before it, so that a source can fetch what it has left out so far. */
export function referencesOf(snapshot: Snapshot, options: RoutingOptions): References {
  const secrets = new Set<Key>();
  for (const { metadata, tls } of selectIngresses(snapshot, options)) {
    for (const { secretName } of tls) if (secretName !== undefined) secrets.add(nameKey(metadata.namespace, secretName));
  }
  const { defaultSslCertificate } = options;
  if (defaultSslCertificate) secrets.add(nameKey(defaultSslCertificate.namespace, defaultSslCertificate.name));
  return { secrets, configMaps: new Set() };
}
