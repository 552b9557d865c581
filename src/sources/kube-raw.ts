import { fieldsOf } from '../model/api.ts';
import { type Key, nameKey } from '../model/objects.ts';
import type { Resource } from './kube-resources.ts';

/** An object as the API sent it: only its identity has been looked at. */
export interface RawObject {
  readonly namespace: string;
  readonly name: string;
  readonly key: Key;
  readonly resourceVersion: string;
  readonly value: Readonly<Record<string, unknown>>;
}

/** Reads the identity of what the API sent; undefined when it has none. */
export function readRaw(value: unknown): RawObject | undefined {
  const { name, namespace = '', resourceVersion = '' } = fieldsOf(fieldsOf(value)['metadata']);
  if (typeof name !== 'string' || typeof namespace !== 'string' || typeof resourceVersion !== 'string') return undefined;
  return { namespace, name, key: nameKey(namespace, name), resourceVersion, value: fieldsOf(value) };
}

/** The items of a list do not say what they are. */
export function withKind(resource: Resource, raw: RawObject): Readonly<Record<string, unknown>> {
  return { ...raw.value, apiVersion: resource.apiVersion, kind: resource.apiKind };
}

/** Whether the first resource version is older. They are decimal numbers that grow (Kubernetes API concepts, "Resource versions"). */
export function isOlder(a: string, b: string): boolean {
  return a.length === b.length ? a < b : a.length < b.length;
}
