import { isIP } from 'node:net';
import { apiMessage, fieldsOf } from '../model/api.ts';
import type { LoadBalancerAddress } from '../model/objects.ts';
import type { Timing } from '../model/timing.ts';
import { type ReplicaOptions, readReplicas } from './replicas.ts';
import { addressesText, sortAddresses } from './status-addresses.ts';

export interface NodeAddressOptions extends ReplicaOptions {
  /** Takes the internal address of a node even where it has an external one. */
  readonly internal: boolean;
}

export interface NodeAddressesOptions extends NodeAddressOptions {
  /** Only the leader asks. */
  readonly isLeader: () => boolean;
  readonly timing: Timing;
  /** How often they are looked up; 30 s unless given. */
  readonly intervalMs?: number;
  readonly onChange: () => void;
  /** Told once for each reason why an address cannot be read. */
  readonly onTrouble: (message: string) => void;
}

/** The addresses of the nodes that our Pods run on, kept up to date. */
export interface NodeAddresses {
  /** Empty until they are known. */
  readonly current: readonly LoadBalancerAddress[];
  /** Looks them up now. */
  refresh(): Promise<void>;
  stop(): void;
}

/** Until our own Pod is ready there is nothing to find. */
const soonMs = 2_000;

/**
 * Where Ingresses are reached when no Service is published: the nodes of our Pods, as in ingress-nginx. Those count whose NGINX is ready: a
 * controller that starts anew takes no node out. When none is ready, or something cannot be read, what was known stays.
 */
export function createNodeAddresses(options: NodeAddressesOptions): NodeAddresses {
  const { timing, intervalMs = 30_000, isLeader, onChange, onTrouble } = options;
  const stop = new AbortController();
  let current: readonly LoadBalancerAddress[] = [];
  let trouble: string | undefined;
  const refresh = async (): Promise<void> => {
    if (!isLeader()) return;
    const found = await readNodeAddresses(options).catch((error: unknown) => (error instanceof Error ? error.message : String(error)));
    if (typeof found === 'string') {
      if (trouble !== found) onTrouble(found);
      trouble = found;
      return;
    }
    trouble = undefined;
    if (found.length === 0 || addressesText(found) === addressesText(current)) return;
    current = found;
    onChange();
  };
  void repeat(refresh, () => timing.wait(current.length === 0 ? soonMs : intervalMs, stop.signal), stop.signal);
  return {
    get current() {
      return current;
    },
    refresh,
    stop: () => stop.abort(),
  };
}

async function repeat(work: () => Promise<void>, wait: () => Promise<void>, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await work();
    await wait();
  }
}

/** Reads them once. Throws with a sentence that says what cannot be read. */
async function readNodeAddresses(options: NodeAddressOptions): Promise<readonly LoadBalancerAddress[]> {
  const replicas = await readReplicas(options);
  if (!replicas) throw new Error('the Pods of this controller cannot be read, so the addresses of their nodes are not known');
  const nodes = [...new Set(replicas.all.flatMap(readyNode))];
  return sortAddresses((await Promise.all(nodes.map((name) => addressOfNode(name, options)))).flat());
}

/** The node of a Pod whose containers are ready, sidecars aside. */
function readyNode(pod: unknown): readonly string[] {
  const { metadata, spec, status } = fieldsOf(pod);
  const { phase, containerStatuses } = fieldsOf(status);
  const { nodeName } = fieldsOf(spec);
  const containers = Array.isArray(containerStatuses) ? containerStatuses : [];
  const isReady = phase === 'Running' && containers.length > 0 && containers.every((one) => fieldsOf(one)['ready'] === true);
  const isEnding = fieldsOf(metadata)['deletionTimestamp'] !== undefined;
  return isReady && !isEnding && typeof nodeName === 'string' ? [nodeName] : [];
}

async function addressOfNode(name: string, { api, internal }: NodeAddressOptions): Promise<readonly LoadBalancerAddress[]> {
  const answer = await api.request({ method: 'GET', path: `/api/v1/nodes/${name}` });
  if (answer.status === 404) return [];
  if (answer.status !== 200) {
    throw new Error(
      `the address of node ${name} cannot be read: ${apiMessage(answer)}. Name addresses with --publish-status-address, or a Service with --publish-service.`,
    );
  }
  const { addresses } = fieldsOf(fieldsOf(answer.body)['status']);
  const all = (Array.isArray(addresses) ? addresses : []).map(fieldsOf);
  const first = (type: string) => all.find((one) => one['type'] === type && typeof one['address'] === 'string' && one['address'] !== '');
  const address = ((internal ? undefined : first('ExternalIP')) ?? first('InternalIP'))?.['address'];
  return typeof address === 'string' && isIP(address) > 0 ? [{ ip: address }] : [];
}
