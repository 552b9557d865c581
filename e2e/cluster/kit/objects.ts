import { readFileSync } from 'node:fs';
import { settings } from './settings.ts';

/** A namespace; `restricted` has Pod Security enforced on it. */
export function namespace(name: string, { restricted = false } = {}): object {
  const labels = restricted ? { 'pod-security.kubernetes.io/enforce': 'restricted' } : {};
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } };
}

/** The backend's program, to be mounted. */
export function backendProgram(space: string): object {
  const program = readFileSync(new URL('backend.mjs', import.meta.url), 'utf8');
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'backend', namespace: space }, data: { 'backend.mjs': program } };
}

export interface BackendOptions {
  readonly replicas?: number;
  /** Ports by name; `http: 8080` unless given. */
  readonly ports?: Readonly<Record<string, number>>;
}

/** A Deployment of backends that go on serving for five seconds while they are taken out, as careful users have it. */
export function backends(space: string, name: string, { replicas = 1, ports = { http: 8080 } }: BackendOptions = {}): object {
  const numbers = Object.values(ports);
  const container = {
    name: 'backend',
    image: settings.image,
    imagePullPolicy: 'IfNotPresent',
    command: ['node', '/backend/backend.mjs'],
    env: [
      { name: 'POD_NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
      { name: 'PORTS', value: numbers.join(',') },
    ],
    ports: Object.entries(ports).map(([port, containerPort]) => ({ name: port, containerPort })),
    readinessProbe: { httpGet: { path: '/ready', port: numbers[0] }, periodSeconds: 1 },
    lifecycle: { preStop: { sleep: { seconds: 5 } } },
    volumeMounts: [{ name: 'program', mountPath: '/backend' }],
  };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace: space },
    spec: {
      replicas,
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name } },
        spec: { containers: [container], volumes: [{ name: 'program', configMap: { name: 'backend' } }] },
      },
    },
  };
}

/** A Service for the backends of its name; `spec` replaces what it says otherwise. */
export function service(space: string, name: string, spec: object = {}): object {
  const usual = { selector: { app: name }, ports: [{ name: 'http', port: 80, targetPort: 'http' }] };
  return { apiVersion: 'v1', kind: 'Service', metadata: { name, namespace: space }, spec: { ...usual, ...spec } };
}

export interface Path {
  readonly path?: string;
  readonly service: string;
  /** Number or name; 80 unless given. */
  readonly port?: number | string;
}

export interface IngressOptions {
  readonly host: string;
  readonly paths: readonly Path[];
  /** The class of the suite's own release unless given; `undefined`: none. */
  readonly className?: string | undefined;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly secret?: string;
}

/** An Ingress of one host. */
export function ingress(space: string, name: string, options: IngressOptions): object {
  const className = 'className' in options ? options.className : settings.className;
  const paths = options.paths.map(({ path = '/', service: backend, port = 80 }) => ({
    path,
    pathType: 'Prefix',
    backend: { service: { name: backend, port: typeof port === 'number' ? { number: port } : { name: port } } },
  }));
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: { name, namespace: space, ...(options.annotations ? { annotations: options.annotations } : {}) },
    spec: {
      ...(className === undefined ? {} : { ingressClassName: className }),
      ...(options.secret === undefined ? {} : { tls: [{ hosts: [options.host], secretName: options.secret }] }),
      rules: [{ host: options.host, http: { paths } }],
    },
  };
}

/** A Secret with a certificate. */
export function tlsSecret(space: string, name: string, { pem, key }: { readonly pem: string; readonly key: string }): object {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name, namespace: space },
    type: 'kubernetes.io/tls',
    stringData: { 'tls.crt': pem, 'tls.key': key },
  };
}
