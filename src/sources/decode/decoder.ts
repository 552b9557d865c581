import { type Diagnostic, diagnostic } from '../../model/diagnostic.ts';
import type { Kind, KubeObject, Metadata, ObjectRef } from '../../model/objects.ts';
import { compact } from './compact.ts';
import { createIssues, type Issues } from './issues.ts';
import { type metadataShape, type Naming, readMetadata } from './metadata.ts';
import { isObject, type Of, type Shape } from './shapes.ts';

/** What became of one value. */
export interface Decoded {
  /** The API's word for the kind, such as `Ingress` or `Deployment`; empty when there is none. */
  readonly apiKind: string;
  /** Whether Gatehouse reads this kind. Others are none of its business and give no diagnostics. */
  readonly known: boolean;
  /** Absent when the identity cannot be read. */
  readonly ref?: ObjectRef;
  /** The kind of the model, when it is known. */
  readonly kind?: Kind;
  /** Absent when the API would refuse the object. */
  readonly object?: KubeObject;
  readonly diagnostics: readonly Diagnostic[];
}

/** Reads values of one kind in one API version. */
export interface Decoder {
  readonly apiKind: string;
  /** Reads the identity apart from the rest, so that an object that is wrong elsewhere can still be named. */
  readonly identify: (value: Readonly<Record<string, unknown>>) => ObjectRef;
  readonly decode: (value: Readonly<Record<string, unknown>>) => Decoded;
}

interface Definition<T> {
  readonly kind: Kind;
  readonly apiKind: string;
  readonly naming: Naming;
  /** The whole object, with `apiVersion`, `kind` and `metadata`. */
  readonly shape: Shape<T>;
  /** Called with the right types; what it returns counts only if it raised no issue. */
  readonly build: (fields: T, metadata: Metadata, issues: Issues) => KubeObject;
}

/** Joins the shape of a kind with its rules. As in an API server, the rules are asked only if all types are right. */
export function createDecoder<T extends { readonly metadata?: Of<typeof metadataShape> | undefined }>(definition: Definition<T>): Decoder {
  const { kind, apiKind, naming } = definition;
  const read = (value: unknown, issues: Issues): KubeObject | undefined => {
    const fields = definition.shape.read(value, '', issues);
    if (fields === undefined || issues.failed()) return undefined;
    const object = definition.build(fields, readMetadata(fields.metadata ?? {}, naming, issues), issues);
    return issues.failed() ? undefined : compact(object);
  };
  return {
    apiKind,
    identify: (value) => identityOf(value, apiKind, naming),
    decode: (value) => {
      const issues = createIssues(kind === 'Secret');
      const object = read(value, issues);
      const identity = compact(identityOf(value, apiKind, naming));
      const diagnostics = compact(issues.list().map((issue) => diagnostic(issue.code, identity, issue.field, issue.message)));
      return {
        apiKind,
        known: true,
        kind,
        diagnostics,
        ...(identity.name === '' ? {} : { ref: identity }),
        ...(object === undefined ? {} : { object }),
      };
    },
  };
}

function identityOf(value: Readonly<Record<string, unknown>>, kind: string, naming: Naming): ObjectRef {
  const metadata = isObject(value['metadata']) ? value['metadata'] : {};
  const { name, namespace } = metadata;
  return {
    kind,
    namespace: naming.namespaced ? (typeof namespace === 'string' && namespace) || 'default' : '',
    name: typeof name === 'string' ? name : '',
  };
}
