import { mkdir, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** A made-up cluster: so many Ingresses with one host each, spread over so many Services with one endpoint each. */
export interface Estate {
  readonly ingresses: number;
  readonly services: number;
  readonly paths: readonly string[];
  /** Where all endpoints listen. */
  readonly backendPort: number;
  /** Paths are regular expressions. */
  readonly regex?: boolean;
  /** On every Ingress, without the prefix. */
  readonly annotations?: Readonly<Record<string, string>>;
}

/** Three paths by path element, as most Ingresses have them. */
export const usualPaths = ['/shop', '/api', '/assets'] as const;

/** The host of the Ingress of this number. */
export function hostOf(index: number): string {
  return `${nameOf(index)}.bench.test`;
}

function nameOf(index: number): string {
  return `app-${String(index).padStart(5, '0')}`;
}

/** A rule that was not there before. */
export interface AddedRule {
  readonly host: string;
  readonly path: string;
}

/** The Ingress of this number, with one more rule if there is one to add. */
export function ingressText(estate: Estate, index: number, added?: AddedRule): string {
  const service = `svc-${index % estate.services}`;
  const rules = [
    rule(hostOf(index), estate, service),
    ...(added ? [added.host, hostOf(index)].map((host) => rule(host, { paths: [added.path] }, service)) : []),
  ];
  return `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: ${nameOf(index)}
  namespace: bench
  creationTimestamp: "2026-01-01T00:00:00Z"
${annotationsText(estate)}spec:
  rules:
${rules.join('')}`;
}

function annotationsText({ annotations = {}, regex = false }: Estate): string {
  const all = { ...annotations, ...(regex && { 'use-regex': 'true' }) };
  const lines = Object.entries(all).map(([name, value]) => `    nginx.ingress.kubernetes.io/${name}: "${value}"\n`);
  return lines.length > 0 ? `  annotations:\n${lines.join('')}` : '';
}

function rule(host: string, { paths, regex = false }: Pick<Estate, 'paths' | 'regex'>, service: string): string {
  const list = paths.map(
    (path) => `          - path: ${path}
            pathType: ${regex ? 'ImplementationSpecific' : 'Prefix'}
            backend:
              service:
                name: ${service}
                port:
                  number: 80
`,
  );
  return `    - host: ${host}
      http:
        paths:
${list.join('')}`;
}

/** The Service of this number and its only endpoint. */
export function serviceText(estate: Estate, index: number, address = '127.0.0.1'): string {
  return `apiVersion: v1
kind: Service
metadata:
  name: svc-${index}
  namespace: bench
spec:
  ports:
    - port: 80
      targetPort: ${estate.backendPort}
---
apiVersion: v1
kind: Endpoints
metadata:
  name: svc-${index}
  namespace: bench
subsets:
  - addresses:
      - ip: ${address}
    ports:
      - port: ${estate.backendPort}
`;
}

/** Where an estate is written down, and what can be changed in it. Each change resolves when its write has returned. */
export interface Manifests {
  readonly folder: string;
  /** Ingresses from and including the first number up to the second, each a new object. */
  addIngresses(from: number, to: number): Promise<void>;
  changeIngress(index: number, added: AddedRule): Promise<void>;
  changeEndpoint(index: number, address: string): Promise<void>;
  /** The certificate of the host `secureHost`, whose Ingress comes with the first one. */
  changeCertificate(pem: { readonly chain: string; readonly key: string }): Promise<void>;
}

/** A host with a certificate of its own; all others show the default one. */
export const secureHost = 'secure.bench.test';

function secureText(estate: Estate, { chain, key }: { readonly chain: string; readonly key: string }): string {
  const secret = {
    apiVersion: 'v1',
    kind: 'Secret',
    type: 'kubernetes.io/tls',
    metadata: { name: 'secure', namespace: 'bench' },
    stringData: { 'tls.crt': chain, 'tls.key': key },
  };
  return `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: secure
  namespace: bench
spec:
  tls:
    - hosts: [${secureHost}]
      secretName: secure
  rules:
${rule(secureHost, estate, 'svc-0')}---
${JSON.stringify(secret)}
`;
}

/** Writes an estate: one file for each object's name, or everything into one file. */
export async function writeManifests(folder: string, estate: Estate, layout: 'files' | 'one file'): Promise<Manifests> {
  const texts = new Map<string, string>();
  for (let index = 0; index < estate.services; index += 1) texts.set(`services/svc-${index}.yaml`, serviceText(estate, index));
  for (let index = 0; index < estate.ingresses; index += 1) texts.set(ingressFile(index), ingressText(estate, index));
  const set = async (changes: ReadonlyMap<string, string>): Promise<void> => {
    for (const [name, text] of changes) texts.set(name, text);
    if (layout === 'one file') return save(join(folder, 'all.yaml'), [...texts.values()].join('---\n'));
    for (const [name, text] of changes) await save(join(folder, name), text);
  };
  for (const name of ['services', 'ingresses']) await mkdir(join(folder, name), { recursive: true });
  await set(new Map(texts));
  return {
    folder,
    addIngresses: (from, to) =>
      set(new Map(Array.from({ length: to - from }, (_, step) => [ingressFile(from + step), ingressText(estate, from + step)] as const))),
    changeIngress: (index, added) => set(new Map([[ingressFile(index), ingressText(estate, index, added)]])),
    changeCertificate: (pem) => set(new Map([['secure.yaml', secureText(estate, pem)]])),
    changeEndpoint: (index, address) => set(new Map([[`services/svc-${index}.yaml`, serviceText(estate, index, address)]])),
  };
}

function ingressFile(index: number): string {
  return `ingresses/${nameOf(index)}.yaml`;
}

/** As editors save: a whole new file takes the place of the old one. */
async function save(path: string, text: string): Promise<void> {
  const unfinished = join(dirname(path), `.${process.pid}.unfinished`);
  await writeFile(unfinished, text);
  await rename(unfinished, path);
}
