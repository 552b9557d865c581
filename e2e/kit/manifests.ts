/** A Prefix path of an Ingress in the namespace `default`. */
export interface IngressText {
  readonly name: string;
  readonly host: string;
  readonly service: string;
  readonly path?: string;
  /** Without the prefix of their names. */
  readonly annotations?: Readonly<Record<string, string>>;
}

/** The text of an Ingress. */
export function ingress({ name, host, service, path = '/', annotations = {} }: IngressText): string {
  const named = Object.entries(annotations).map(([key, value]) => [`nginx.ingress.kubernetes.io/${key}`, value]);
  const more = named.length === 0 ? '' : `, annotations: ${JSON.stringify(Object.fromEntries(named))}`;
  return `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: ${name}${more} }
spec:
  rules:
    - host: ${host}
      http: { paths: [{ path: ${JSON.stringify(path)}, pathType: Prefix, backend: { service: { name: ${service}, port: { number: 80 } } } }] }
`;
}

/** The text of a Service, and where its Pods listen. */
export function service(name: string, port = 8080): string {
  return `apiVersion: v1
kind: Service
metadata: { name: ${name} }
spec: { selector: { app: ${name} }, ports: [{ port: 80, targetPort: ${port} }] }
`;
}

/** The text of its endpoints. */
export function endpoints(name: string, addresses: readonly string[], port = 8080): string {
  return `apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: { name: ${name}-1, labels: { kubernetes.io/service-name: ${name} } }
addressType: IPv4
endpoints: [${addresses.map((address) => `{ addresses: [${address}] }`).join(', ')}]
ports: [{ port: ${port} }]
`;
}

/** Joins documents. */
export function documents(...texts: readonly string[]): string {
  return texts.join('---\n');
}
