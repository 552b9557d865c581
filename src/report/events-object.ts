import { createHash } from 'node:crypto';
import type { Diagnostic } from '../model/diagnostic.ts';
import type { Metadata, ObjectRef } from '../model/objects.ts';
import type { Snapshot } from '../model/snapshot.ts';

const apiVersions: Readonly<Record<string, string>> = {
  Ingress: 'networking.k8s.io/v1',
  IngressClass: 'networking.k8s.io/v1',
  EndpointSlice: 'discovery.k8s.io/v1',
  Endpoints: 'v1',
  Service: 'v1',
  Secret: 'v1',
  ConfigMap: 'v1',
  Namespace: 'v1',
};

/** What the API server takes: longer messages are refused by events.k8s.io and cut by tools. */
const longestMessage = 1024;
/** The object's name is part of that of the event, which may have 253 characters. */
const longestName = 230;

/** Who says it; what `kubectl describe` shows in the column "From". */
export const component = 'gatehouse';

export interface EventSource {
  /** The name of the Pod. */
  readonly instance: string;
  /** Milliseconds since 1970. */
  readonly epoch: number;
}

/** Whether an object of this kind can carry events. */
export function canCarryEvents(ref: ObjectRef): boolean {
  return ref.name !== '' && Object.hasOwn(apiVersions, ref.kind);
}

/** The metadata of the object that a diagnostic is about; its uid is what `kubectl describe` finds events by. */
export function metadataOf(snapshot: Snapshot, { kind, namespace, name }: ObjectRef): Metadata | undefined {
  const key = `${namespace}/${name}`;
  switch (kind) {
    case 'Ingress':
      return snapshot.ingresses.get(key)?.metadata;
    case 'IngressClass':
      return snapshot.ingressClasses.get(key)?.metadata;
    case 'Service':
      return snapshot.services.get(key)?.metadata;
    case 'Secret':
      return snapshot.secrets.get(key)?.metadata;
    case 'ConfigMap':
      return snapshot.configMaps.get(key)?.metadata;
    case 'Namespace':
      return snapshot.namespaces.get(key)?.metadata;
    default:
      return snapshot.endpoints.get(`${kind}/${key}`)?.metadata;
  }
}

/** Where events on an object live: beside it, and for objects of the cluster in `default`. */
export function eventNamespace(ref: ObjectRef): string {
  return ref.namespace === '' ? 'default' : ref.namespace;
}

/** The same complaint about the same object gives the same text, in every replica. */
export function complaintId({ object, code, field, message }: Diagnostic, uid: string | undefined): string {
  const parts = [object.kind, object.namespace, object.name, uid ?? '', code, field, message];
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 16);
}

/** A core/v1 Event, in the form that every `kubectl describe` shows with its age. */
export function eventOf(diagnostic: Diagnostic, metadata: Metadata | undefined, name: string, source: EventSource): unknown {
  const { object, code, field, message } = diagnostic;
  const time = `${new Date(source.epoch).toISOString().slice(0, 19)}Z`;
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { namespace: eventNamespace(object), name: `${object.name.slice(0, longestName)}.${name}` },
    involvedObject: {
      apiVersion: apiVersions[object.kind],
      kind: object.kind,
      name: object.name,
      ...(object.namespace === '' ? {} : { namespace: object.namespace }),
      ...(metadata?.uid === undefined ? {} : { uid: metadata.uid }),
      ...(metadata?.resourceVersion === undefined ? {} : { resourceVersion: metadata.resourceVersion }),
    },
    type: 'Warning',
    reason: code,
    // Not as `fieldPath`, which `kubectl get events` does not show and `kubectl describe` repeats before the message.
    message: shortened(field === '' ? message : `${field}: ${message}`),
    source: { component },
    reportingComponent: component,
    reportingInstance: source.instance,
    firstTimestamp: time,
    lastTimestamp: time,
    count: 1,
  };
}

function shortened(text: string): string {
  return text.length > longestMessage ? `${text.slice(0, longestMessage - 1)}…` : text;
}
