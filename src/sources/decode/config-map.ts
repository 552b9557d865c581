import type { ConfigMap } from '../../model/objects.ts';
import { keyOfMap } from '../field-path.ts';
import { createDecoder, type Decoder } from './decoder.ts';
import { metadataShape } from './metadata.ts';
import { check, dataKey, subdomain } from './names.ts';
import { flag, object, text, textMap } from './shapes.ts';

/** v1 ConfigMap. `binaryData` is not read: no key that Gatehouse knows lives there. */
export const configMap: Decoder = createDecoder({
  kind: 'ConfigMap',
  apiKind: 'ConfigMap',
  naming: { namespaced: true, name: subdomain },
  shape: object({
    apiVersion: text,
    kind: text,
    metadata: metadataShape,
    binaryData: textMap,
    data: textMap,
    immutable: flag,
  }),
  build: (fields, metadata, issues): ConfigMap => {
    const data = fields.data ?? {};
    for (const key of Object.keys(data)) {
      check(key, dataKey, keyOfMap('data', key), issues);
      if (fields.binaryData && Object.hasOwn(fields.binaryData, key)) issues.invalid(keyOfMap('data', key), 'is in `binaryData` too');
    }
    return { kind: 'ConfigMap', metadata, data };
  },
});
