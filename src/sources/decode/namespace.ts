import { createDecoder, type Decoder } from './decoder.ts';
import { metadataShape } from './metadata.ts';
import { label } from './names.ts';
import { anything, listOf, object, text } from './shapes.ts';

/** v1 Namespace. */
export const namespace: Decoder = createDecoder({
  kind: 'Namespace',
  apiKind: 'Namespace',
  naming: { namespaced: false, name: label },
  shape: object({
    apiVersion: text,
    kind: text,
    metadata: metadataShape,
    spec: object({ finalizers: listOf(text) }),
    status: anything,
  }),
  build: (_fields, metadata) => ({ kind: 'Namespace', metadata }),
});
