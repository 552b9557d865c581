import type { TestContext } from 'node:test';
import { streamModule } from '../../src/apply/nginx-modules.ts';
import { whyNotServed } from './machine.ts';
import { hasModule } from './modules.ts';
import { type Serve, type Served, serveFiles } from './served.ts';

/** Why no TCP or UDP port can be opened on this machine; undefined when one can. */
export async function whyNoStreams(): Promise<string | undefined> {
  const why = whyNotServed();
  if (why !== undefined) return why;
  return (await hasModule(streamModule)) ? undefined : 'this NGINX has no stream module';
}

export const streamFlags = ['--tcp-services-configmap', 'default/tcp', '--udp-services-configmap', 'default/udp'];

/** Serves a folder that is empty at first, so that the test starts the backends itself. */
export async function serveNothing(t: TestContext, more: Partial<Serve> = {}): Promise<Served> {
  const served = await serveFiles({ files: new Map([['all.yaml', '']]), flags: streamFlags, ...more });
  t.after(() => served.stop());
  return served;
}

/** The text of a ConfigMap of ports. */
export function portMap(name: 'tcp' | 'udp', ports: Readonly<Record<string, string>>): string {
  const lines = Object.entries(ports).map(([port, to]) => `  "${port}": ${JSON.stringify(to)}\n`);
  return `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: ${name} }\ndata:\n${lines.join('')}`;
}

/** The text of a Service with one port, and of its endpoints. */
export function backend(name: string, port: number, addresses: readonly string[], protocol: 'TCP' | 'UDP' = 'TCP'): string {
  return `apiVersion: v1
kind: Service
metadata: { name: ${name} }
spec: { selector: { app: ${name} }, ports: [{ name: main, port: ${port}, targetPort: ${port}, protocol: ${protocol} }] }
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: { name: ${name}-1, labels: { kubernetes.io/service-name: ${name} } }
addressType: IPv4
endpoints: [${addresses.map((address) => `{ addresses: [${address}] }`).join(', ')}]
ports: [{ name: main, port: ${port}, protocol: ${protocol} }]
`;
}
