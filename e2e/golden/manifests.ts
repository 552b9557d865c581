import { parseAllDocuments } from 'yaml';

/** An object as a cluster would hold it. */
interface ClusterObject {
  readonly kind?: string;
  readonly metadata?: { readonly name?: string; readonly namespace?: string; readonly creationTimestamp?: string };
}

/** The objects that a cluster would hold now, by kind, namespace and name. */
export type Objects = ReadonlyMap<string, ClusterObject>;

/**
 * Applies the texts of manifests as `kubectl apply` would: an object that is there already is replaced and keeps its age, a new one was
 * created at `now` (RFC 3339). The recorded manifests carry no creationTimestamp, as a cluster gives it. Throws on YAML that does not parse.
 */
export function applyManifests(before: Objects, texts: readonly string[], now: string): Objects {
  const objects = new Map(before);
  for (const object of texts.flatMap(objectsOf)) {
    const key = [object.kind, object.metadata?.namespace ?? 'default', object.metadata?.name].join('/');
    const creationTimestamp = objects.get(key)?.metadata?.creationTimestamp ?? now;
    objects.set(key, { ...object, metadata: { ...object.metadata, creationTimestamp } });
  }
  return objects;
}

/** The recording read YAML where `n` is a text, unlike kubectl. */
function objectsOf(text: string): readonly ClusterObject[] {
  const documents = [...parseAllDocuments(text)];
  for (const { errors } of documents) if (errors[0]) throw errors[0];
  return documents.map((document) => document.toJS()).filter((object) => object !== null);
}

/** One manifest with all objects, each as JSON, which means the same to every reader of YAML; saved at once, it is one change. */
export function manifestText(objects: Objects): string {
  return [...objects.values()].map((object) => `---\n${JSON.stringify(object)}\n`).join('');
}

/** An Ingress for `host` whose answer shows that all that was saved with it is live; its backend comes with the recorded cases. */
export function sentinel(host: string): string {
  return `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: sentinel
  namespace: oracle-sentinel
  annotations: {nginx.ingress.kubernetes.io/enable-global-auth: 'false'}
spec:
  ingressClassName: nginx
  rules:
  - host: ${host}
    http:
      paths:
      - {path: /, pathType: Prefix, backend: {service: {name: sentinel, port: {number: 80}}}}
`;
}
