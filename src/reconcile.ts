import type { Built } from './model/built.ts';
import { type Diagnostic, diagnostic } from './model/diagnostic.ts';
import { type Ingress, type Key, nameKey, type ObjectRef, refOf } from './model/objects.ts';
import type { Outcome } from './model/outcome.ts';
import type { Reconciled } from './model/reconciled.ts';
import type { Rendered } from './model/rendered.ts';
import type { Topology } from './model/routing.ts';
import type { Runtime } from './model/runtime.ts';
import type { Snapshot } from './model/snapshot.ts';
import { createRefresh, type Refresh } from './refresh.ts';

/** The parts that a batch passes through, in their order. */
export interface ReconcileParts {
  readonly build: (snapshot: Snapshot) => Built;
  readonly render: (topology: Topology) => Rendered;
  readonly apply: (input: { readonly rendered: Rendered; readonly runtime: Runtime }) => Promise<Outcome>;
  /** The step that has to be live before a topology may follow another, so that no request is lost; undefined, or absent: none. */
  readonly bridge?: (before: Topology, next: Topology) => Topology | undefined;
  /** Whether NGINX accepts a configuration, without running it. */
  readonly accepts: (rendered: Rendered) => Promise<boolean>;
  /** Which Ingress a line of nginx.conf comes from. */
  readonly originAt: (config: string, line: number) => ObjectRef | undefined;
  readonly report: (result: Reconciled) => Promise<void>;
  /** Publishes values of what is published already, beside `apply`; absent: everything waits for a batch. */
  readonly publish?: (values: Runtime) => Promise<void>;
}

/** Turns facts into a running configuration; one call at a time. */
export interface Reconcile {
  (snapshot: Snapshot): Promise<Reconciled>;
  /** Makes endpoints, certificates and files live of which NGINX knows already, also while a batch is at work. */
  readonly refresh: (snapshot: Snapshot) => Promise<void>;
}

/** What NGINX said to an Ingress, and whether it said so again when nothing of it was left but its hosts and paths. */
interface Refusal {
  readonly message: string;
  readonly isLeftOut: boolean;
}

type Refused = WeakMap<Ingress, Refusal>;

/** What one batch leaves for the next. */
interface State {
  readonly refused: Refused;
  readonly refresh: Refresh;
  /** What NGINX runs, as far as this process has brought it there. */
  live: Pick<Built, 'topology' | 'runtime'> | undefined;
}

/**
 * Makes the function that turns facts into a running configuration. An Ingress that NGINX refuses is denied: its guards cannot hold, so its paths
 * answer 503, and nobody else gets their requests. Only where NGINX refuses that as well it is left out. Both are remembered for as long as that
 * very object exists; when somebody changes it it is tried again. Everything else goes live.
 */
export function createReconcile(parts: ReconcileParts): Reconcile {
  const state: State = { refused: new WeakMap(), refresh: createRefresh(parts), live: undefined };
  const reconcile = async (snapshot: Snapshot) => {
    const started = performance.now();
    const { built, outcome } = await applyWithoutRefused(parts, snapshot, state);
    const diagnostics = [...built.diagnostics, ...refusals(snapshot, state.refused)];
    const result = { snapshot, built, diagnostics, outcome, milliseconds: Math.round(performance.now() - started) };
    await parts.report(result);
    return result;
  };
  return Object.assign(reconcile, { refresh: state.refresh.refresh });
}

async function applyWithoutRefused(parts: ReconcileParts, snapshot: Snapshot, state: State): Promise<{ built: Built; outcome: Outcome }> {
  for (;;) {
    const accepted = withoutRefused(snapshot, state.refused);
    const attempt = await tryOnce(parts, accepted, state);
    if (attempt.outcome.kind !== 'rejected' || attempt.outcome.stage !== 'test') return attempt;
    const culprit = await findCulprit(parts, accepted, attempt);
    if (!culprit) return attempt;
    const earlier = state.refused.get(culprit);
    state.refused.set(culprit, { message: earlier?.message ?? attempt.outcome.message, isLeftOut: earlier !== undefined });
  }
}

interface Attempt {
  readonly built: Built;
  readonly outcome: Outcome;
  readonly rendered?: Rendered;
}

/** A renderer that throws has met a value that no check foresaw: that is the fault of one object too, and must not stop the others. */
async function tryOnce(parts: ReconcileParts, snapshot: Snapshot, state: State): Promise<Attempt> {
  const built = parts.build(snapshot);
  const rendered = renderOrMessage(parts, built);
  if (typeof rendered === 'string') return { built, outcome: { kind: 'rejected', stage: 'test', message: rendered } };
  const step = await crossBridge(parts, { snapshot, built }, state);
  if (step?.kind === 'rejected' && step.stage !== 'test') return { built, rendered, outcome: step };
  const outcome = await parts.apply({ rendered, runtime: state.refresh.handOver(snapshot, built) });
  if (outcome.kind !== 'rejected') state.live = built;
  return { built, rendered, outcome: withStep(outcome, step) };
}

/** A snapshot and what it leads to. */
interface Facts {
  readonly snapshot: Snapshot;
  readonly built: Built;
}

/** Makes the step live that has to come first, with what both sides of it need. One that NGINX refuses is left out: it would save a few requests only. */
async function crossBridge(parts: ReconcileParts, { snapshot, built }: Facts, state: State): Promise<Outcome | undefined> {
  const { live, refresh } = state;
  const topology = live && parts.bridge?.(live.topology, built.topology);
  if (!topology) return undefined;
  const before = refresh.latest(live.runtime);
  const { runtime } = built;
  const both = refresh.handOver(snapshot, {
    topology,
    runtime: {
      endpoints: new Map([...before.endpoints, ...runtime.endpoints]),
      certificates: new Map([...before.certificates, ...runtime.certificates]),
      files: new Map([...(before.files ?? []), ...(runtime.files ?? [])]),
    },
  });
  const outcome = await parts.apply({ rendered: parts.render(topology), runtime: both });
  if (outcome.kind !== 'rejected') state.live = { topology, runtime: both };
  return outcome;
}

/** Both reloads are one change: its reason names both, and the time is that of both. */
function withStep(outcome: Outcome, step: Outcome | undefined): Outcome {
  if (outcome.kind !== 'reloaded' || step?.kind !== 'reloaded') return outcome;
  const reason = `${outcome.reason}; a reload before made the new upstreams known, as their routes are in use`;
  return { ...outcome, reason, milliseconds: outcome.milliseconds + step.milliseconds };
}

function renderOrMessage(parts: ReconcileParts, built: Built): Rendered | string {
  try {
    return parts.render(built.topology);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

async function findCulprit(parts: ReconcileParts, snapshot: Snapshot, attempt: Attempt): Promise<Ingress | undefined> {
  const { outcome, rendered } = attempt;
  const config = rendered?.files.get('nginx.conf');
  if (outcome.kind === 'rejected' && outcome.line !== undefined && config !== undefined) {
    const origin = parts.originAt(config, outcome.line);
    const ingress = origin && snapshot.ingresses.get(nameKey(origin.namespace, origin.name));
    if (ingress) return ingress;
  }
  return bisect([...snapshot.ingresses.values()], (ingresses) => {
    const kept = new Set(ingresses);
    return isAccepted(
      parts,
      withIngresses(snapshot, (ingress) => kept.has(ingress)),
    );
  });
}

async function isAccepted(parts: ReconcileParts, snapshot: Snapshot): Promise<boolean> {
  const rendered = renderOrMessage(parts, parts.build(snapshot));
  return typeof rendered !== 'string' && (await parts.accepts(rendered));
}

/** The first element that makes a beginning of the list unacceptable; undefined when even the empty list is. */
async function bisect<T>(list: readonly T[], isGood: (beginning: readonly T[]) => Promise<boolean>): Promise<T | undefined> {
  if (!(await isGood([]))) return undefined;
  let good = 0;
  let bad = list.length;
  while (bad - good > 1) {
    const middle = (good + bad) >> 1;
    if (await isGood(list.slice(0, middle))) good = middle;
    else bad = middle;
  }
  return list[bad - 1];
}

function withIngresses(snapshot: Snapshot, keep: (ingress: Ingress) => boolean): Snapshot {
  const ingresses = new Map<Key, Ingress>([...snapshot.ingresses].filter(([, ingress]) => keep(ingress)));
  return ingresses.size === snapshot.ingresses.size ? snapshot : { ...snapshot, ingresses };
}

function withoutRefused(snapshot: Snapshot, all: Refused): Snapshot {
  const kept = withIngresses(snapshot, (ingress) => !all.get(ingress)?.isLeftOut);
  const refused = new Set([...kept.ingresses].flatMap(([key, ingress]) => (all.has(ingress) ? [key] : [])));
  return refused.size === 0 ? kept : { ...kept, refused };
}

function refusals(snapshot: Snapshot, refused: Refused): readonly Diagnostic[] {
  return [...snapshot.ingresses.values()].flatMap((ingress) => {
    const refusal = refused.get(ingress);
    if (!refusal) return [];
    const consequence = refusal.isLeftOut ? 'it is left out' : 'its paths answer 503';
    const message = `NGINX refuses what this Ingress leads to, so ${consequence}: ${refusal.message}`;
    return [diagnostic('IngressRefusedByNginx', refOf(ingress), '', message)];
  });
}
