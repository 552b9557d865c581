/** A Prefix path of an Ingress in the namespace `default`. */
export interface IngressText {
  readonly name: string;
  readonly host: string;
  readonly service: string;
  readonly path?: string;
}

/** The text of an Ingress. */
export function ingress({ name, host, service, path = '/' }: IngressText): string {
  return `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: ${name} }
spec:
  rules:
    - host: ${host}
      http: { paths: [{ path: ${JSON.stringify(path)}, pathType: Prefix, backend: { service: { name: ${service}, port: { number: 80 } } } }] }
`;
}

/** The text of a Service whose Pods listen at port 8080. */
export function service(name: string): string {
  return `apiVersion: v1
kind: Service
metadata: { name: ${name} }
spec: { selector: { app: ${name} }, ports: [{ port: 80, targetPort: 8080 }] }
`;
}

/** The text of its endpoints. */
export function endpoints(name: string, addresses: readonly string[]): string {
  return `apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: { name: ${name}-1, labels: { kubernetes.io/service-name: ${name} } }
addressType: IPv4
endpoints: [${addresses.map((address) => `{ addresses: [${address}] }`).join(', ')}]
ports: [{ port: 8080 }]
`;
}

/** Joins documents. */
export function documents(...texts: readonly string[]): string {
  return texts.join('---\n');
}
