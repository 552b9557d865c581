import type { Metadata } from '../../model/objects.ts';
import { fieldOf, keyOfMap } from '../field-path.ts';
import type { Issues } from './issues.ts';
import { check, label, labelValue, qualifiedName, type Rule, required } from './names.ts';
import { anything, flag, integer, listOf, type Of, object, text, textMap, time } from './shapes.ts';

/** `ObjectMeta` of the Kubernetes API. */
export const metadataShape = object({
  annotations: textMap,
  clusterName: text,
  creationTimestamp: time,
  deletionGracePeriodSeconds: integer,
  deletionTimestamp: time,
  finalizers: listOf(text),
  generateName: text,
  generation: integer,
  labels: textMap,
  managedFields: anything,
  name: text,
  namespace: text,
  ownerReferences: listOf(object({ apiVersion: text, blockOwnerDeletion: flag, controller: flag, kind: text, name: text, uid: text })),
  resourceVersion: text,
  selfLink: text,
  uid: text,
});

/** How objects of one kind are named. */
export interface Naming {
  readonly namespaced: boolean;
  readonly name: Rule;
}

/** All annotations of an object together, in bytes. */
const annotationLimit = 256 * 1024;

/** Reads the metadata of an object that has a name. An object of the cluster has no namespace, whatever was written. */
export function readMetadata(raw: Of<typeof metadataShape>, naming: Naming, issues: Issues): Metadata {
  const name = required(raw.name, naming.name, 'metadata.name', issues);
  const namespace = naming.namespaced ? raw.namespace || 'default' : '';
  if (naming.namespaced) check(namespace, label, 'metadata.namespace', issues);
  const labels = raw.labels ?? {};
  const annotations = raw.annotations ?? {};
  checkLabels(labels, issues);
  checkAnnotations(annotations, issues);
  return {
    namespace,
    name,
    labels,
    annotations,
    ...(raw.creationTimestamp === undefined ? {} : { creationTimestamp: raw.creationTimestamp }),
    ...(raw.uid === undefined ? {} : { uid: raw.uid }),
    ...(raw.resourceVersion === undefined ? {} : { resourceVersion: raw.resourceVersion }),
    ...(raw.generation === undefined ? {} : { generation: raw.generation }),
  };
}

function checkLabels(labels: Readonly<Record<string, string>>, issues: Issues): void {
  for (const [key, value] of Object.entries(labels)) {
    check(key, qualifiedName, keyOfMap('metadata.labels', key), issues);
    check(value, labelValue, keyOfMap('metadata.labels', key), issues);
  }
}

function checkAnnotations(annotations: Readonly<Record<string, string>>, issues: Issues): void {
  let bytes = 0;
  for (const [key, value] of Object.entries(annotations)) {
    bytes += Buffer.byteLength(key) + Buffer.byteLength(value);
    // The API compares the key of an annotation without regard to case, unlike that of a label.
    check(key.toLowerCase(), qualifiedName, keyOfMap('metadata.annotations', key), issues);
  }
  if (bytes > annotationLimit)
    issues.invalid(fieldOf('metadata', 'annotations'), `hold ${bytes} bytes: at most ${annotationLimit} are allowed`);
}
