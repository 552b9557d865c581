import { join } from 'node:path';
import { apply, getJson, helm, kubectl } from './commands.ts';
import { backendProgram, namespace } from './objects.ts';
import { settings } from './settings.ts';
import { eventually } from './waiting.ts';

const chart = join(import.meta.dirname, '../../../charts/gatehouse');

/** The parts of the values that a scenario changes. */
export type Values = Readonly<Record<string, unknown>>;

/** A release as helm knows it. */
export interface Release {
  readonly name: string;
  readonly namespace: string;
  /** Values beside the image and the class. */
  readonly controller?: Values;
  readonly values?: Values;
  readonly className?: string;
}

/** Installs or upgrades as a user would, and waits until the Pods are ready. */
export async function install({ name, namespace: space, controller = {}, values = {}, className = name }: Release): Promise<void> {
  const at = settings.image.lastIndexOf(':');
  const all = {
    ...values,
    controller: {
      image: { repository: settings.image.slice(0, at), tag: settings.image.slice(at + 1) },
      ingressClass: className,
      ingressClassResource: { name: className, controllerValue: `gatehouse.example.com/${className}` },
      ...controller,
    },
  };
  await helm(['upgrade', '--install', name, chart, '-n', space, '-f', '-', '--wait', '--timeout', '120s'], all);
}

/** Removes a release, and waits until its Pods have drained and are gone. */
export async function uninstall({ name, namespace: space }: Pick<Release, 'name' | 'namespace'>): Promise<void> {
  await helm(['uninstall', name, '-n', space, '--wait', '--timeout', '120s']);
  await kubectl(`wait pod -n ${space} -l app.kubernetes.io/instance=${name} --for=delete --timeout=120s`);
}

/** The release that most scenarios share, with the namespaces around it. */
export async function installMain(controller: Values = {}): Promise<void> {
  const { release, releaseNamespace, appNamespace, otherNamespace, className } = settings;
  await apply(namespace(releaseNamespace, { restricted: true }), namespace(appNamespace), namespace(otherNamespace));
  await apply(backendProgram(appNamespace), backendProgram(otherNamespace));
  await install({ name: release, namespace: releaseNamespace, className, controller: { service: { type: 'NodePort' }, ...controller } });
}

/** The workload, and the Services and the ConfigMap of its name. */
export const controllerName = `${settings.release}-controller`;
export const deployment = `deployment/${controllerName}`;

/** Where something is reached from outside. */
export interface Address {
  readonly address: string;
  readonly port: number;
}

interface ServiceFields {
  readonly spec: { readonly ports: readonly { readonly name: string; readonly port: number; readonly nodePort?: number }[] };
  readonly status: { readonly loadBalancer: { readonly ingress?: readonly { readonly ip?: string; readonly hostname?: string }[] } };
}

function readService(): Promise<ServiceFields> {
  return getJson(`service ${controllerName} -n ${settings.releaseNamespace}`);
}

/** The first node, and the port that it has for us. */
export async function nodePort(name: 'http' | 'https' = 'http'): Promise<Address> {
  const { spec } = await readService();
  const port = spec.ports.find((one) => one.name === name)?.nodePort;
  if (port === undefined) throw new Error(`the Service has no node port for ${name}`);
  return { address: await nodeAddress(), port };
}

/** The address of the first node. */
export async function nodeAddress(): Promise<string> {
  return kubectl('get nodes', '-o', 'jsonpath={.items[0].status.addresses[?(@.type=="InternalIP")].address}');
}

/** What the load balancer gave to the Service. */
export function balancedAddress(): Promise<Address> {
  return eventually(async () => {
    const [first] = (await readService()).status.loadBalancer.ingress ?? [];
    const address = first?.ip ?? first?.hostname;
    if (address === undefined) throw new Error('the Service has no address of a load balancer');
    return { address, port: 80 };
  });
}

interface PodFields {
  readonly metadata: { readonly name: string; readonly deletionTimestamp?: string };
  readonly status: {
    readonly containerStatuses?: readonly ContainerFields[];
    readonly initContainerStatuses?: readonly ContainerFields[];
  };
}
interface ContainerFields {
  readonly name: string;
  readonly ready: boolean;
  readonly restartCount: number;
}

/** Our Pods, those that are ending included. */
export async function pods(): Promise<readonly PodFields[]> {
  const words = `pods -n ${settings.releaseNamespace} -l app.kubernetes.io/component=controller`;
  return (await getJson<{ readonly items: readonly PodFields[] }>(words)).items;
}

/** How often the containers of a Pod have been started again: `{ nginx: 0, controller: 0 }`. */
export async function restarts(pod: string): Promise<Readonly<Record<string, number>>> {
  const found = (await pods()).find((one) => one.metadata.name === pod);
  const statuses = [...(found?.status.containerStatuses ?? []), ...(found?.status.initContainerStatuses ?? [])];
  return Object.fromEntries(statuses.map((one) => [one.name, one.restartCount]));
}

/** Waits until only so many Pods of ours are there, all of them ready: those before them have drained and are gone. */
export function settled(count: number, limitMs = 90_000): Promise<readonly string[]> {
  return eventually(async () => {
    const all = await pods();
    const ready = all.filter(({ status }) => [...(status.containerStatuses ?? []), ...(status.initContainerStatuses ?? [])].every(isReady));
    if (all.length !== count || ready.length !== count) throw new Error(`${ready.length} of ${all.length} Pods are ready, not ${count}`);
    return all.map((one) => one.metadata.name);
  }, limitMs);
}

function isReady({ ready }: ContainerFields): boolean {
  return ready;
}

/** Runs a command in a container of ours. */
export function inPod(pod: string, container: 'controller' | 'nginx', ...command: readonly string[]): Promise<string> {
  return kubectl(`exec -n ${settings.releaseNamespace} ${pod} -c ${container} --`, ...command);
}

/** Sends a signal to the one process whose command line matches. The containers of a Pod share their processes. */
export async function kill(pod: string, pattern: string, signal: 'KILL' | 'QUIT' = 'KILL'): Promise<void> {
  const script = `for p in /proc/[0-9]*; do case "$(tr '\\0' ' ' <$p/cmdline 2>/dev/null)" in ${pattern}) kill -${signal} "\${p#/proc/}" && exit 0;; esac; done; exit 1`;
  await inPod(pod, 'controller', 'sh', '-c', script);
}

/** The Pod that leads; waits for one. */
export function leader(): Promise<string> {
  return eventually(async () => {
    const lease = await getJson<{ readonly spec: { readonly holderIdentity?: string } }>(
      `lease ${settings.release}-leader -n ${settings.releaseNamespace}`,
    );
    if (!lease.spec.holderIdentity) throw new Error('nobody leads');
    return lease.spec.holderIdentity;
  }, 60_000);
}
