import { type Api, type ApiAnswer, apiMessage } from '../model/api.ts';
import { type Ingress, type Key, keyOf, type LoadBalancerAddress, nameKey } from '../model/objects.ts';
import type { Timing } from '../model/timing.ts';
import { addressesText, sameAddresses, sortAddresses } from './status-addresses.ts';
import { isWrittenBy } from './status-manager.ts';

export interface StatusOptions {
  readonly api: Api;
  readonly isLeader: () => boolean;
  /** The name under which the API server remembers who wrote a status; different for each class of controller in a cluster. */
  readonly fieldManager: string;
  readonly timing: Timing;
  /** How long a write is believed in although the Ingress looks otherwise; 60 s unless given. */
  readonly intervalMs?: number;
  /** Told when a status cannot be written, once for each Ingress and message. */
  readonly onTrouble?: (message: string) => void;
}

/** What is to be seen in the cluster. */
export interface Published {
  /** The Ingresses that are served by the generation that NGINX has been verified to run. */
  readonly ingresses: readonly Ingress[];
  /** All others that are known: foreign ones, and those that are served no more. */
  readonly others: readonly Ingress[];
  /** Where we are reached. Empty: not known (yet), and nothing is written. */
  readonly addresses: readonly LoadBalancerAddress[];
}

/** Keeps `status.loadBalancer.ingress` of our Ingresses right. */
export interface Status {
  /** To be called after each verified outcome. Returns at once; failures are tried again. */
  publish(published: Published): void;
  /** This replica has become the leader: everything is looked at again. */
  onLeadership(): void;
  /** Resolves when nothing is left to write. */
  idle(): Promise<void>;
  /** Ends; `clear` takes the addresses back first, as the last replica does. */
  stop(options: { readonly clear: boolean }): Promise<void>;
}

interface State extends StatusOptions {
  readonly intervalMs: number;
  readonly signal: AbortSignal;
  published: Published;
  /** Addresses that this process has published, as text: what an Ingress that is no longer ours may still carry from us. */
  readonly ours: Set<string>;
  /** What was written last, by uid: until the watch has brought it back the Ingress looks as if it were still wrong. */
  readonly written: Map<string, { readonly text: string; readonly at: number }>;
  readonly troubles: Map<Key, string>;
}

interface Task {
  readonly ingress: Ingress;
  readonly addresses: readonly LoadBalancerAddress[];
  /** Only if the API server remembers that we wrote what is there. */
  readonly onlyIfOurs: boolean;
}

const atOnce = 10;
const attempts = 5;

/**
 * Writes as the leader only, and only what differs. A status is taken back when its Ingress is no longer served and
 * carries exactly the addresses that we publish, *and* the API server remembers our field manager as the one who wrote
 * them (`metadata.managedFields`). So a foreign controller's status is never cleared, also when it has the same address, and what an
 * earlier process of ours wrote is still recognised.
 */
export function createStatus(options: StatusOptions): Status {
  const stop = new AbortController();
  const state: State = {
    ...options,
    intervalMs: options.intervalMs ?? 60_000,
    signal: stop.signal,
    published: { ingresses: [], others: [], addresses: [] },
    ours: new Set(),
    written: new Map(),
    troubles: new Map(),
  };
  const work = createWork(async () => runAll(state, tasksOf(state)));
  void repeat(state, work.start);
  return {
    publish(published) {
      state.published = { ...published, addresses: sortAddresses(published.addresses) };
      if (published.addresses.length > 0) state.ours.add(addressesText(published.addresses));
      work.start();
    },
    onLeadership() {
      state.written.clear();
      work.start();
    },
    idle: work.idle,
    async stop({ clear }) {
      await work.idle();
      if (clear && state.isLeader()) await runAll(state, clearingTasks(state));
      stop.abort();
    },
  };
}

/** Runs one thing at a time, and once more when it was asked for meanwhile. */
function createWork(run: () => Promise<void>): { readonly start: () => void; readonly idle: () => Promise<void> } {
  let again = false;
  let running: Promise<void> | undefined;
  const loop = async (): Promise<void> => {
    while (again) {
      again = false;
      await run();
    }
    running = undefined;
  };
  return {
    start() {
      again = true;
      running ??= loop();
    },
    idle: async () => {
      while (running) await running;
    },
  };
}

/** Somebody else may have written over it, and a write may have failed. */
async function repeat(state: State, start: () => void): Promise<void> {
  for (;;) {
    await state.timing.wait(state.intervalMs, state.signal);
    if (state.signal.aborted) return;
    start();
  }
}

function tasksOf(state: State): readonly Task[] {
  const { ingresses, others, addresses } = state.published;
  if (!state.isLeader()) return [];
  const right = addresses.length === 0 ? [] : ingresses.map((ingress) => ({ ingress, addresses, onlyIfOurs: false }));
  const withdrawn = others
    .filter((ingress) => state.ours.has(addressesText(ingress.loadBalancer)))
    .map((ingress) => ({ ingress, addresses: [], onlyIfOurs: true }));
  return [...right, ...withdrawn].filter((task) => isDue(state, task));
}

function clearingTasks(state: State): readonly Task[] {
  return state.published.ingresses
    .filter((ingress) => state.ours.has(addressesText(ingress.loadBalancer)) || state.written.has(idOf(ingress)))
    .map((ingress) => ({ ingress, addresses: [], onlyIfOurs: true }));
}

function isDue(state: State, { ingress, addresses }: Task): boolean {
  if (sameAddresses(ingress.loadBalancer, addresses)) return false;
  const last = state.written.get(idOf(ingress));
  return last?.text !== addressesText(addresses) || state.timing.now() - last.at >= state.intervalMs;
}

async function runAll(state: State, tasks: readonly Task[]): Promise<void> {
  const queue = tasks.values();
  const worker = async (): Promise<void> => {
    for (const task of queue) if (state.isLeader()) await runOne(state, task);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}

async function runOne(state: State, task: Task): Promise<void> {
  const key = keyOf(task.ingress);
  const message = await write(state, task).catch((error: unknown) => (error instanceof Error ? error.message : String(error)));
  if (message === undefined) state.troubles.delete(key);
  else if (state.troubles.get(key) !== message) {
    state.troubles.set(key, message);
    state.onTrouble?.(`the status of Ingress ${key} cannot be written: ${message}`);
  }
}

/** Gives back what went wrong. An Ingress that is gone needs no status. */
async function write(state: State, task: Task): Promise<string | undefined> {
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    const guard = task.onlyIfOurs ? await versionIfOurs(state, task.ingress) : {};
    if (guard === undefined) {
      remember(state, task);
      return undefined;
    }
    const answer = await patch(state, task, guard);
    if (answer.status === 200) remember(state, task);
    if (answer.status === 200 || answer.status === 404) return undefined;
    if (answer.status !== 409) return apiMessage(answer);
  }
  return 'it keeps changing';
}

function remember(state: State, { ingress, addresses }: Task): void {
  state.written.set(idOf(ingress), { text: addressesText(addresses), at: state.timing.now() });
}

/** The version to guard the write with, so that nothing is taken back that somebody writes at this moment. */
async function versionIfOurs(state: State, ingress: Ingress): Promise<{ readonly resourceVersion: string } | undefined> {
  const answer = await state.api.request({ method: 'GET', path: pathOf(ingress) });
  return answer.status === 200 ? isWrittenBy(answer.body, state.fieldManager, state.ours) : undefined;
}

function patch(state: State, { ingress, addresses }: Task, metadata: { readonly resourceVersion?: string }): Promise<ApiAnswer> {
  return state.api.request({
    method: 'PATCH',
    path: `${pathOf(ingress)}/status`,
    query: { fieldManager: state.fieldManager },
    contentType: 'application/merge-patch+json',
    body: { metadata, status: { loadBalancer: { ingress: addresses } } },
  });
}

function pathOf({ metadata }: Ingress): string {
  return `/apis/networking.k8s.io/v1/namespaces/${metadata.namespace}/ingresses/${metadata.name}`;
}

function idOf({ metadata }: Ingress): string {
  return metadata.uid ?? nameKey(metadata.namespace, metadata.name);
}
