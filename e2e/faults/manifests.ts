import type { Pem } from '../../src/model/runtime.ts';

/** A Kubernetes object as it is written to a file; JSON is YAML. */
export type Manifest = Readonly<Record<string, unknown>>;

/** Port 80 of a Service whose Pods listen on `port`, or on what they call so. */
export function service(name: string, port: number | string): Manifest {
  const spec = { selector: { app: name }, ports: [{ port: 80, targetPort: port }] };
  return { apiVersion: 'v1', kind: 'Service', metadata: { name }, spec };
}

/** The most endpoints that Kubernetes puts into one slice. */
const sliceSize = 100;

/** The ready endpoints of a Service, in as many slices as Kubernetes would make; `port` is that of all of them. */
export function slices(name: string, addresses: readonly string[], port: number): readonly Manifest[] {
  const count = Math.max(1, Math.ceil(addresses.length / sliceSize));
  return Array.from({ length: count }, (_, index) => ({
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: `${name}-${port}-${index}`, labels: { 'kubernetes.io/service-name': name } },
    addressType: 'IPv4',
    ports: [{ port }],
    endpoints: addresses
      .slice(index * sliceSize, (index + 1) * sliceSize)
      .map((address) => ({ addresses: [address], conditions: { ready: true } })),
  }));
}

/** What one Ingress of the suite asks for: one host, its paths by Service, and perhaps a Secret. */
export interface Route {
  readonly name: string;
  readonly host: string;
  /** Path → Service. */
  readonly paths: Readonly<Record<string, string>>;
  readonly secret?: string;
  /** Whether the Ingress is older than others and so keeps its paths. */
  readonly older?: boolean;
}

export function ingress({ name, host, paths, secret, older }: Route): Manifest {
  const rules = [
    {
      host,
      http: {
        paths: Object.entries(paths).map(([path, target]) => ({
          path,
          pathType: 'Prefix',
          backend: { service: { name: target, port: { number: 80 } } },
        })),
      },
    },
  ];
  const metadata = { name, creationTimestamp: `${older ? 2020 : 2024}-01-01T00:00:00Z` };
  const tls = secret === undefined ? {} : { tls: [{ hosts: [host], secretName: secret }] };
  return { apiVersion: 'networking.k8s.io/v1', kind: 'Ingress', metadata, spec: { ingressClassName: 'nginx', rules, ...tls } };
}

export function secret(name: string, { chain, key }: Pem): Manifest {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    type: 'kubernetes.io/tls',
    metadata: { name },
    stringData: { 'tls.crt': chain, 'tls.key': key },
  };
}

/** The text of a file of manifests. */
export function fileText(objects: readonly Manifest[]): string {
  return objects.map((object) => JSON.stringify(object)).join('\n---\n');
}
