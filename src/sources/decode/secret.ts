import type { Secret } from '../../model/objects.ts';
import { keyOfMap } from '../field-path.ts';
import { createDecoder, type Decoder } from './decoder.ts';
import type { Issues } from './issues.ts';
import { metadataShape } from './metadata.ts';
import { dataKey, subdomain } from './names.ts';
import { flag, object, text, textMap } from './shapes.ts';

/** v1 Secret. No message about one ever shows a value, nor what stands where a name belongs and is none. */
export const secret: Decoder = createDecoder({
  kind: 'Secret',
  apiKind: 'Secret',
  naming: { namespaced: true, name: subdomain },
  shape: object({
    apiVersion: text,
    kind: text,
    metadata: metadataShape,
    data: textMap,
    immutable: flag,
    stringData: textMap,
    type: text,
  }),
  build: (fields, metadata, issues): Secret => {
    const type = fields.type || 'Opaque';
    const data = new Map<string, Uint8Array>();
    for (const [key, value] of Object.entries(fields.data ?? {})) {
      const field = dataKey(key) === undefined ? keyOfMap('data', key) : 'data';
      data.set(key, readBase64(value, field, issues));
    }
    for (const [key, value] of Object.entries(fields.stringData ?? {})) data.set(key, new TextEncoder().encode(value));
    for (const key of data.keys()) {
      const wrong = dataKey(key);
      if (wrong !== undefined) issues.invalid('data', `has a key that ${wrong}`);
    }
    checkTls(type, data, issues);
    return { kind: 'Secret', metadata, type, data };
  },
});

/** The API keeps no Secret of this type without both keys; whether they fit is not its business. */
function checkTls(type: string, data: ReadonlyMap<string, Uint8Array>, issues: Issues): void {
  if (type !== 'kubernetes.io/tls') return;
  for (const key of ['tls.crt', 'tls.key']) {
    if (!data.has(key)) issues.invalid(keyOfMap('data', key), 'is required in a Secret of type kubernetes.io/tls');
  }
}

/** Base64 with padding (RFC 4648 section 4); line breaks are allowed, as in the API. */
function readBase64(written: string, field: string, issues: Issues): Uint8Array {
  const compact = written.replace(/[\r\n]/g, '');
  const bytes = new Uint8Array(Buffer.from(compact, 'base64'));
  // Decoding itself never fails: it skips what it does not know.
  const padded = compact.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(compact);
  if (!padded) issues.invalid(field, 'is not base64: use `stringData` for plain text');
  return bytes;
}
