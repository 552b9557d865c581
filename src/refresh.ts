import type { Built } from './model/built.ts';
import type { Topology, Upstream, UpstreamId } from './model/routing.ts';
import type { LiveContent, Runtime } from './model/runtime.ts';
import type { Snapshot } from './model/snapshot.ts';

/** What a refresh passes through. */
export interface RefreshParts {
  readonly build: (snapshot: Snapshot) => Built;
  /** Publishes values of what is published already: endpoints and files that may have changed, and all certificates or none. Absent: nothing is refreshed. */
  readonly publish?: (values: Runtime) => Promise<void>;
}

/** Lets endpoints, certificates and files go live beside a batch that takes its time, and in the pause after it. */
export interface Refresh {
  /** Told what a batch is about to publish. Returns it with the values of facts that were refreshed since its snapshot was taken: nothing goes back. */
  handOver(snapshot: Snapshot, next: Values): Runtime;
  /** The same things with the values that were published last. */
  latest(runtime: Runtime): Runtime;
  /** Publishes what the facts of this moment say of things that NGINX has been told of. */
  refresh(snapshot: Snapshot): Promise<void>;
}

type Values = Pick<Built, 'topology' | 'runtime'>;
/** The facts that change without a reload. */
type Facts = Pick<Snapshot, 'revision' | 'now' | 'endpoints' | 'secrets'>;

interface State {
  handed: { readonly snapshot: Snapshot; readonly topology: Topology } | undefined;
  /** The facts behind what is published, and what they led to. */
  facts: Facts | undefined;
  runtime: Runtime;
}

const nothing: Runtime = { endpoints: new Map(), certificates: new Map() };

/**
 * A refresh takes the objects of the last batch with the endpoints and Secrets of now, through the same build as a batch: so it can only say
 * what a batch would. Routes, Services and settings wait for the batch.
 */
export function createRefresh({ build, publish }: RefreshParts): Refresh {
  const state: State = { handed: undefined, facts: undefined, runtime: nothing };
  const valuesOf = (snapshot: Snapshot, facts: Facts, topology: Topology) =>
    knownValues(
      build({ ...snapshot, revision: facts.revision, now: facts.now, endpoints: facts.endpoints, secrets: facts.secrets }),
      topology,
    );

  return {
    handOver(snapshot, { topology, runtime }) {
      const { facts } = state;
      const isOvertaken = facts !== undefined && facts.revision > snapshot.revision;
      if (!isOvertaken) state.facts = snapshot;
      state.handed = { snapshot, topology };
      state.runtime = isOvertaken ? merged(runtime, valuesOf(snapshot, facts, topology)) : runtime;
      return state.runtime;
    },
    latest: (runtime) => merged(runtime, state.runtime),
    async refresh(snapshot) {
      const { handed, facts, runtime } = state;
      if (!publish || !handed || !facts || snapshot.revision < facts.revision) return;
      const isSame = snapshot.endpoints === facts.endpoints && snapshot.secrets === facts.secrets;
      const values = isSame ? nothing : valuesOf(handed.snapshot, snapshot, handed.topology);
      state.facts = snapshot;
      state.runtime = merged(runtime, values);
      const changed = onlyChanged(runtime, state.runtime);
      if (changed.endpoints.size + changed.certificates.size + (changed.files?.size ?? 0) > 0) await publish(changed);
    },
  };
}

function isSameContent(before: LiveContent | undefined, after: LiveContent): boolean {
  if (typeof before !== 'object' || typeof after !== 'object') return before === after;
  return 'share' in before && 'share' in after ? before.share === after.share : before === after;
}

/** An upstream whose printed form would change has to wait for the reload: NGINX would ask for its endpoints in another way. */
function knownValues({ topology, runtime }: Built, known: Topology): Runtime {
  const forms = new Map(allUpstreams(known).map((upstream) => [upstream.id, formOf(upstream)]));
  const isSame = (upstream: Upstream) => forms.get(upstream.id) === formOf(upstream);
  const ids = new Set(allUpstreams(topology).flatMap((upstream) => (isSame(upstream) ? [upstream.id] : [])));
  return { ...runtime, endpoints: only(runtime.endpoints, (id: UpstreamId) => ids.has(id)) };
}

function allUpstreams({ upstreams, streamUpstreams = [] }: Topology): readonly Upstream[] {
  return [...upstreams, ...streamUpstreams];
}

function formOf({ resolution, ipv6 }: Upstream): string {
  return `${resolution.kind} ${resolution.kind === 'A' ? resolution.port : ''} ${ipv6}`;
}

/** The names of one side with the values of the other, where it has them. */
function merged(names: Runtime, values: Runtime): Runtime {
  const files = names.files && withValues(names.files, values.files ?? new Map());
  return {
    endpoints: withValues(names.endpoints, values.endpoints),
    certificates: withValues(names.certificates, values.certificates),
    ...(files && { files }),
  };
}

/**
 * Names from outside lead to addresses that change without any fact, so they are always among what has changed. Of certificates it is
 * all or none, as one of them can stand for others.
 */
function onlyChanged(before: Runtime, after: Runtime): Runtime {
  const files = after.files && only(after.files, (name, content) => !isSameContent(before.files?.get(name), content));
  const isChanged = [...after.certificates].some(([id, pem]) => !isSamePem(before.certificates.get(id), pem));
  return {
    endpoints: only(after.endpoints, (id, source) => source.kind === 'externalName' || before.endpoints.get(id) !== source),
    certificates: isChanged ? after.certificates : new Map(),
    ...(files && { files }),
  };
}

type Certificate = Runtime['certificates'] extends ReadonlyMap<string, infer T> ? T : never;

function isSamePem(left: Certificate | undefined, right: Certificate): boolean {
  if (left === undefined || left === 'default' || right === 'default') return left === right;
  return left.key === right.key && left.chain === right.chain;
}

function withValues<K, V>(names: ReadonlyMap<K, V>, values: ReadonlyMap<K, V>): ReadonlyMap<K, V> {
  return new Map([...names].map(([name, value]) => [name, values.get(name) ?? value]));
}

function only<K, V>(map: ReadonlyMap<K, V>, keep: (key: K, value: V) => boolean): ReadonlyMap<K, V> {
  return new Map([...map].filter(([key, value]) => keep(key, value)));
}
