import type { IngressClass } from '../../model/objects.ts';
import { createDecoder, type Decoder } from './decoder.ts';
import { metadataShape } from './metadata.ts';
import { domainPath, required, subdomain } from './names.ts';
import { object, text } from './shapes.ts';

const defaultClass = 'ingressclass.kubernetes.io/is-default-class';

/** networking.k8s.io/v1 and v1beta1 IngressClass. */
export const ingressClass: Decoder = createDecoder({
  kind: 'IngressClass',
  apiKind: 'IngressClass',
  naming: { namespaced: false, name: subdomain },
  shape: object({
    apiVersion: text,
    kind: text,
    metadata: metadataShape,
    spec: object({
      controller: text,
      parameters: object({ apiGroup: text, kind: text, name: text, namespace: text, scope: text }),
    }),
  }),
  build: (fields, metadata, issues): IngressClass => ({
    kind: 'IngressClass',
    metadata,
    controller: required(fields.spec?.controller, domainPath, 'spec.controller', issues),
    isDefault: metadata.annotations[defaultClass] === 'true',
  }),
});
