import type { RunOptions } from '../flags/run.ts';
import type { Api } from '../model/api.ts';
import { type LoadBalancerAddress, nameKey } from '../model/objects.ts';
import type { Reconciled } from '../model/reconciled.ts';
import type { Snapshot } from '../model/snapshot.ts';
import { createEvents } from '../report/events.ts';
import { createLeader, type Leader } from '../report/leader.ts';
import type { Log } from '../report/log.ts';
import { createStatus } from '../report/status.ts';
import { addressesOf, readAddresses } from '../report/status-addresses.ts';
import { fieldManagerOf } from '../report/status-manager.ts';
import { createNodeAddresses, type NodeAddresses, type NodeAddressesOptions } from '../report/status-nodes.ts';
import { isLastReplica } from '../report/status-replicas.ts';
import { realTiming } from '../sources/kube-timing.ts';

/** What the controller writes to the cluster: status and Events, by the one replica that leads. */
export interface ClusterWriters {
  readonly isLeader: () => boolean;
  start(): void;
  /** Takes what a batch led to. Returns at once; the writing goes on by itself. */
  report(result: Reconciled): void;
  stop(): Promise<void>;
}

interface WriterParts {
  readonly api: Api;
  readonly log: Log;
}

/** Makes the writers. Without a Pod of its own (`POD_NAME`) or with `--disable-leader-election` there is no election, and nobody writes. */
export function createClusterWriters(options: RunOptions, parts: WriterParts): ClusterWriters {
  const { api, log } = parts;
  let latest: Reconciled | undefined;
  const leader = createElection(options, parts, () => {
    status.onLeadership();
    events.onLeadership();
    void nodes?.refresh();
  });
  const isLeader = () => leader?.isLeader() ?? false;
  const common = { api, isLeader, timing: realTiming, onTrouble: (message: string) => log.warn(message) };
  const status = createStatus({ ...common, fieldManager: fieldManagerOf(options.controllerClass) });
  const events = createEvents({ ...common, instance: options.pod?.name ?? 'gatehouse' });
  const publish = () => {
    if (latest) status.publish(publishedOf(latest, options, nodes));
  };
  const nodes = createNodes(options, { ...common, onChange: publish });
  return {
    isLeader,
    start: () => leader?.start(),
    report(result) {
      events.report(result);
      if (!options.updateStatus || result.outcome.kind === 'rejected') return;
      latest = result;
      publish();
    },
    async stop() {
      nodes?.stop();
      await status.stop({ clear: isLeader() && (await shouldClear(options, api)) });
      await events.stop();
      await leader?.stop();
    },
  };
}

function createElection(options: RunOptions, { api, log }: WriterParts, onLeadership: () => void): Leader | undefined {
  const { pod } = options;
  if (!pod || options.disableLeaderElection) return undefined;
  return createLeader({
    api,
    lease: { namespace: pod.namespace, name: options.electionId },
    identity: pod.name,
    ttlMs: options.electionTtlMs,
    timing: realTiming,
    onTrouble: (message) => log.warn(message),
    onChange: (leads) => {
      log.info(leads ? 'this replica leads: it writes status and Events' : 'this replica does not lead any more');
      if (leads) onLeadership();
    },
  });
}

/** Only where nothing else says where Ingresses are reached. */
function createNodes(
  options: RunOptions,
  parts: Pick<NodeAddressesOptions, 'api' | 'isLeader' | 'timing' | 'onTrouble' | 'onChange'>,
): NodeAddresses | undefined {
  const { pod, publishService, publishStatusAddress, updateStatus, disableLeaderElection } = options;
  if (!pod || publishService || publishStatusAddress.length > 0 || !updateStatus || disableLeaderElection) return undefined;
  return createNodeAddresses({ ...parts, namespace: pod.namespace, pod: pod.name, internal: options.reportNodeInternalIpAddress });
}

async function shouldClear({ updateStatus, updateStatusOnShutdown, pod }: RunOptions, api: Api): Promise<boolean> {
  return updateStatus && updateStatusOnShutdown && pod !== undefined && isLastReplica({ api, namespace: pod.namespace, pod: pod.name });
}

/** Ours are those that have a block in the configuration that runs; all others may still carry an address of ours. */
function publishedOf({ snapshot, built, diagnostics }: Reconciled, options: RunOptions, nodes: NodeAddresses | undefined) {
  const refused = new Set(
    diagnostics.flatMap((one) => (one.code === 'IngressRefusedByNginx' ? [nameKey(one.object.namespace, one.object.name)] : [])),
  );
  const served = new Set(built.selected.filter((key) => !refused.has(key)));
  const all = [...snapshot.ingresses];
  return {
    ingresses: all.flatMap(([key, ingress]) => (served.has(key) ? [ingress] : [])),
    others: all.flatMap(([key, ingress]) => (served.has(key) ? [] : [ingress])),
    addresses: nodes?.current ?? publishedAddresses(snapshot, options),
  };
}

function publishedAddresses(snapshot: Snapshot, { publishStatusAddress, publishService }: RunOptions): readonly LoadBalancerAddress[] {
  if (publishStatusAddress.length > 0) return readAddresses(publishStatusAddress.join(','));
  const service = publishService && snapshot.services.get(nameKey(publishService.namespace, publishService.name));
  return service ? addressesOf(service) : [];
}
