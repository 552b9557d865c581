import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Built } from './model/built.ts';
import { diagnostic } from './model/diagnostic.ts';
import { type Ingress, refText } from './model/objects.ts';
import type { Outcome } from './model/outcome.ts';
import type { Reconciled } from './model/reconciled.ts';
import type { Rendered } from './model/rendered.ts';
import type { Topology, Upstream } from './model/routing.ts';
import type { Runtime } from './model/runtime.ts';
import type { Snapshot } from './model/snapshot.ts';
import { createReconcile, type ReconcileParts } from './reconcile.ts';

function ingress(name: string): Ingress {
  return { kind: 'Ingress', metadata: { namespace: 'default', name, labels: {}, annotations: {} }, rules: [], tls: [], loadBalancer: [] };
}

function snapshot(ingresses: readonly Ingress[]): Snapshot {
  const none = new Map();
  return {
    revision: 7,
    now: 0,
    ingresses: new Map(ingresses.map((one) => [`default/${one.metadata.name}`, one])),
    ingressClasses: none,
    services: none,
    endpoints: none,
    secrets: none,
    configMaps: none,
    namespaces: none,
  };
}

interface House {
  /** Names of the Ingresses in a configuration → what NGINX says to it; undefined: it accepts. */
  readonly nginx?: (names: readonly string[]) => { readonly message: string; readonly line?: number } | undefined;
  /** Says which names the renderer throws for. */
  readonly throwsFor?: string;
  readonly outcome?: Outcome;
}

/**
 * A house whose configuration is one line for each Ingress, its name, with a `!` where it is denied. `applied` and `tested` are the
 * configurations that NGINX was given to run and to look at.
 */
function house({ nginx = () => undefined, throwsFor, outcome = { kind: 'unchanged' } }: House) {
  const applied: string[] = [];
  const tested: string[] = [];
  const reported: Reconciled[] = [];
  const names = (config: string) => config.split(' ').filter((name) => name !== '');
  const text = (rendered: Rendered) => rendered.files.get('nginx.conf') ?? '';
  const built = new Map<Built['topology'], string>();
  const parts: ReconcileParts = {
    build: (one) => {
      const topology = { http: [], servers: [], upstreams: [], streams: [] };
      built.set(topology, [...one.ingresses].map(([key, { metadata }]) => `${metadata.name}${one.refused?.has(key) ? '!' : ''}`).join(' '));
      const web = { kind: 'Ingress', namespace: 'default', name: 'web' };
      return {
        topology,
        runtime: { endpoints: new Map(), certificates: new Map() },
        selected: [],
        diagnostics: [diagnostic('ServiceMissing', web, 'spec', 'said by the routing')],
      };
    },
    render: (topology) => {
      const config = built.get(topology) ?? '';
      if (throwsFor !== undefined && names(config).includes(throwsFor)) throw new Error('this cannot be printed');
      return { generation: config, files: new Map([['nginx.conf', config]]), upstreams: [] };
    },
    apply: async ({ rendered }) => {
      applied.push(text(rendered));
      const refusal = nginx(names(text(rendered)));
      return refusal ? { kind: 'rejected', stage: 'test', ...refusal } : outcome;
    },
    accepts: async (rendered) => {
      tested.push(text(rendered));
      return nginx(names(text(rendered))) === undefined;
    },
    originAt: (config, line) => {
      const name = names(config)[line - 1];
      return name === undefined ? undefined : { kind: 'Ingress', namespace: 'default', name: name.replace('!', '') };
    },
    report: async (result) => {
      reported.push(result);
    },
  };
  return { reconcile: createReconcile(parts), applied, tested, reported };
}

const refusals = (result: Reconciled) =>
  result.diagnostics
    .filter(({ code }) => code === 'IngressRefusedByNginx')
    .map((one) => `${one.severity} ${refText(one.object)}: ${one.message}`);
const says = (name: string, message: string) =>
  `error Ingress default/${name}: NGINX refuses what this Ingress leads to, so its paths answer 503: ${message}`;
const saysLeftOut = (name: string, message: string) =>
  `error Ingress default/${name}: NGINX refuses what this Ingress leads to, so it is left out: ${message}`;

const all = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];

test('a configuration that NGINX accepts is applied once and reported with what the routing said', async () => {
  const { reconcile, applied, tested, reported } = house({ outcome: { kind: 'live', endpoints: 3, certificates: 1, files: 0 } });
  const input = snapshot([ingress('a'), ingress('b')]);
  const result = await reconcile(input);
  assert.deepEqual([applied, tested], [['a b'], []]);
  assert.deepEqual(reported, [result]);
  assert.equal(result.snapshot, input);
  assert.deepEqual(result.outcome, { kind: 'live', endpoints: 3, certificates: 1, files: 0 });
  assert.deepEqual(
    result.diagnostics.map(({ message }) => message),
    ['said by the routing'],
  );
  assert.ok(Number.isInteger(result.milliseconds) && result.milliseconds >= 0);
});

test('the line that NGINX names leads to the culprit at once, and the rest goes live', async () => {
  const { reconcile, applied, tested } = house({
    nginx: (names) => (names.includes('c') ? { message: 'bad c', line: names.indexOf('c') + 1 } : undefined),
  });
  const result = await reconcile(snapshot(all.map(ingress)));
  assert.deepEqual([applied, tested], [['a b c d e f g h', 'a b c! d e f g h'], []]);
  assert.deepEqual([result.outcome.kind, refusals(result)], ['unchanged', [says('c', 'bad c')]]);
});

for (const name of all) {
  test(`without a line ${name} of eight is found by halving, with at most four looks`, async () => {
    const { reconcile, applied, tested } = house({ nginx: (names) => (names.includes(name) ? { message: `bad ${name}` } : undefined) });
    const result = await reconcile(snapshot(all.map(ingress)));
    assert.deepEqual(applied, [all.join(' '), all.map((one) => (one === name ? `${one}!` : one)).join(' ')]);
    assert.deepEqual(refusals(result), [says(name, `bad ${name}`)]);
    assert.ok(tested.length <= 4, tested.join(' | '));
  });
}

test('a line that belongs to nobody leads to halving', async () => {
  const { reconcile } = house({ nginx: (names) => (names.includes('b') ? { message: 'bad b', line: 99 } : undefined) });
  assert.deepEqual(refusals(await reconcile(snapshot(all.map(ingress)))), [says('b', 'bad b')]);
});

for (const line of [2, undefined]) {
  test(`an Ingress that is refused denied as well is left out, with the first message, ${line ? 'by its line' : 'by halving'}`, async () => {
    const { reconcile, applied } = house({
      nginx: (names) => {
        const found = names.find((name) => name.startsWith('b'));
        return found === undefined ? undefined : { message: found === 'b' ? 'bad b' : 'bad path', ...(line ? { line } : {}) };
      },
    });
    const input = snapshot(['a', 'b', 'c'].map(ingress));
    assert.deepEqual(refusals(await reconcile(input)), [saysLeftOut('b', 'bad b')]);
    assert.deepEqual(refusals(await reconcile(input)), [saysLeftOut('b', 'bad b')]);
    assert.deepEqual(applied, ['a b c', 'a b! c', 'a c', 'a c']);
  });
}

test('several culprits are denied one after the other, each with its own message', async () => {
  const bad = ['b', 'e', 'h'];
  const { reconcile, applied } = house({
    nginx: (names) => {
      const first = bad.find((name) => names.includes(name));
      return first === undefined ? undefined : { message: `bad ${first}` };
    },
  });
  const result = await reconcile(snapshot(all.map(ingress)));
  assert.deepEqual(
    refusals(result),
    bad.map((name) => says(name, `bad ${name}`)),
  );
  assert.equal(applied.at(-1), 'a b! c d e! f g h!');
  assert.equal(result.outcome.kind, 'unchanged');
});

test('of two Ingresses that only together are too much one is denied', async () => {
  const { reconcile, applied } = house({
    nginx: (names) => (names.includes('b') && names.includes('f') ? { message: 'too much' } : undefined),
  });
  const result = await reconcile(snapshot(all.map(ingress)));
  assert.deepEqual(refusals(result), [says('f', 'too much')]);
  assert.equal(applied.at(-1), 'a b c d e f! g h');
});

test('an Ingress that cannot be printed is denied like one that NGINX refuses', async () => {
  const { reconcile, applied } = house({ throwsFor: 'd' });
  const result = await reconcile(snapshot(all.map(ingress)));
  assert.deepEqual(refusals(result), [says('d', 'this cannot be printed')]);
  assert.deepEqual(applied, ['a b c d! e f g h']);
});

test('a refusal that no Ingress is to blame for is the outcome, and nobody is denied', async () => {
  const { reconcile, applied, tested } = house({ nginx: () => ({ message: 'no such user' }) });
  const result = await reconcile(snapshot(all.map(ingress)));
  assert.deepEqual(result.outcome, { kind: 'rejected', stage: 'test', message: 'no such user' });
  assert.deepEqual([applied.length, tested, refusals(result)], [1, [''], []]);
});

test('a refusal without any Ingress is the outcome', async () => {
  const { reconcile } = house({ nginx: () => ({ message: 'no such user', line: 1 }) });
  assert.deepEqual((await reconcile(snapshot([]))).outcome, { kind: 'rejected', stage: 'test', message: 'no such user', line: 1 });
});

test('a failure after the test blames nobody', async () => {
  const outcome: Outcome = { kind: 'rejected', stage: 'reload', message: 'port taken', line: 1 };
  const { reconcile, applied, tested } = house({ outcome });
  const result = await reconcile(snapshot([ingress('a')]));
  assert.deepEqual([result.outcome, applied, tested, refusals(result)], [outcome, ['a'], [], []]);
});

test('a culprit stays denied, without another attempt, until it changes', async () => {
  const broken = ingress('b');
  let fixed = false;
  const { reconcile, applied } = house({ nginx: (names) => (names.includes('b') && !fixed ? { message: 'bad b' } : undefined) });
  await reconcile(snapshot([ingress('a'), broken]));
  applied.length = 0;
  const again = await reconcile(snapshot([ingress('a'), broken, ingress('c')]));
  assert.deepEqual([applied, refusals(again)], [['a b! c'], [says('b', 'bad b')]]);
  fixed = true;
  const changed = await reconcile(snapshot([ingress('a'), { ...broken }, ingress('c')]));
  assert.deepEqual([applied, refusals(changed)], [['a b! c', 'a b c'], []]);
});

test('a culprit that was deleted is forgotten', async () => {
  const { reconcile } = house({ nginx: (names) => (names.includes('b') ? { message: 'bad b' } : undefined) });
  await reconcile(snapshot([ingress('a'), ingress('b')]));
  assert.deepEqual(refusals(await reconcile(snapshot([ingress('a')]))), []);
});

test('a mistake in the build or in the report is thrown to the loop', async () => {
  const parts: ReconcileParts = {
    build: () => {
      throw new Error('a mistake of ours');
    },
    render: () => assert.fail(),
    apply: () => assert.fail(),
    accepts: () => assert.fail(),
    originAt: () => assert.fail(),
    report: () => assert.fail(),
  };
  await assert.rejects(createReconcile(parts)(snapshot([])), new Error('a mistake of ours'));
});

/** A house where each snapshot of so many Ingresses leads to one upstream of that number; every change of the upstream has to cross a bridge. */
function bridgedHouse(outcomeOf: (config: string) => Outcome) {
  const applied: string[] = [];
  const topologyOf = (names: readonly string[]): Topology => ({
    http: [],
    servers: [],
    streams: [],
    upstreams: names.map((id) => ({ ...upstream, id })),
  });
  const parts: ReconcileParts = {
    build: ({ ingresses }) => ({
      topology: topologyOf([`u${ingresses.size}`]),
      runtime: { endpoints: new Map([[`u${ingresses.size}`, none]]), certificates: new Map([[`c${ingresses.size}`, 'default']]) },
      selected: [],
      diagnostics: [],
    }),
    render: ({ upstreams }) => {
      const config = upstreams.map(({ id }) => id).join(' ');
      return { generation: config, files: new Map([['nginx.conf', config]]), upstreams: [] };
    },
    bridge: (before, next) => {
      const ids = (one: Topology) => one.upstreams.map(({ id }) => id);
      const isKnown = ids(next).every((id) => ids(before).includes(id));
      return isKnown ? undefined : topologyOf([...new Set([...ids(before), ...ids(next)])]);
    },
    apply: async ({ rendered, runtime }) => {
      applied.push(`${rendered.generation} with ${[...runtime.endpoints.keys(), ...runtime.certificates.keys()].join(' ')}`);
      return outcomeOf(rendered.generation);
    },
    accepts: async () => false,
    originAt: () => undefined,
    report: async () => {},
  };
  return { reconcile: createReconcile(parts), applied, parts };
}

const none = { kind: 'addresses', endpoints: [] } as const;
const upstream: Upstream = {
  id: '',
  service: { kind: 'Service', namespace: 'default', name: 'web' },
  port: '80',
  resolution: { kind: 'SRV' },
  ipv6: false,
  balancing: { kind: 'round_robin' },
};
const reloaded = (generation: string): Outcome => ({ kind: 'reloaded', generation, cause: 'other', reason: 'a change', milliseconds: 40 });

test('a change that has to cross a bridge makes the bridge live first, with the values of both sides, and is one reload in the report', async () => {
  const { reconcile, applied } = bridgedHouse(reloaded);
  await reconcile(snapshot([ingress('a')]));
  const { outcome } = await reconcile(snapshot([ingress('a'), ingress('b')]));
  assert.deepEqual(applied, ['u1 with u1 c1', 'u1 u2 with u1 u2 c1 c2', 'u2 with u2 c2']);
  assert.deepEqual(outcome, {
    kind: 'reloaded',
    generation: 'u2',
    cause: 'other',
    reason: 'a change; a reload before made the new upstreams known, as their routes are in use',
    milliseconds: 80,
  });
});

test('a bridge that NGINX refuses is left out', async () => {
  const { reconcile, applied } = bridgedHouse((config) =>
    config === 'u1 u2' ? { kind: 'rejected', stage: 'test', message: 'too long' } : reloaded(config),
  );
  await reconcile(snapshot([ingress('a')]));
  const { outcome } = await reconcile(snapshot([ingress('a'), ingress('b')]));
  assert.deepEqual(outcome, reloaded('u2'));
  assert.deepEqual(applied.slice(1), ['u1 u2 with u1 u2 c1 c2', 'u2 with u2 c2']);
});

test('a bridge that NGINX does not take in time ends the batch, and is crossed by the next one', async () => {
  const late: Outcome = { kind: 'rejected', stage: 'verify', message: 'late' };
  let isLate = true;
  const { reconcile, applied } = bridgedHouse((config) => (config === 'u1 u2' && isLate ? late : reloaded(config)));
  await reconcile(snapshot([ingress('a')]));
  assert.deepEqual((await reconcile(snapshot([ingress('a'), ingress('b')]))).outcome, late);
  isLate = false;
  await reconcile(snapshot([ingress('a'), ingress('b')]));
  assert.deepEqual(applied.slice(1), ['u1 u2 with u1 u2 c1 c2', 'u1 u2 with u1 u2 c1 c2', 'u2 with u2 c2']);
});

test('a bridge that was crossed is not crossed again when what comes after it was refused', async () => {
  let isBad = true;
  const { reconcile, applied } = bridgedHouse((config) =>
    config === 'u2' && isBad ? { kind: 'rejected', stage: 'verify', message: 'bad' } : reloaded(config),
  );
  await reconcile(snapshot([ingress('a')]));
  await reconcile(snapshot([ingress('a'), ingress('b')]));
  isBad = false;
  await reconcile(snapshot([ingress('a'), ingress('b')]));
  assert.deepEqual(applied.slice(1), ['u1 u2 with u1 u2 c1 c2', 'u2 with u2 c2', 'u2 with u2 c2']);
});

test('what is refreshed while a bridge is being crossed is not taken back by what comes after it', async () => {
  const published: string[] = [];
  const { parts } = bridgedHouse(reloaded);
  const endpointsOf = ({ endpoints }: Snapshot) =>
    ({ kind: 'addresses', endpoints: [{ address: [...endpoints.keys()].join(), port: 80 }] }) as const;
  const facts = (count: number, revision: number, address: string): Snapshot => ({
    ...snapshot(all.slice(0, count).map(ingress)),
    revision,
    endpoints: new Map([[address, {} as never]]),
  });
  const text = ({ endpoints }: Runtime) =>
    [...endpoints].map(([id, source]) => `${id} ${source.kind === 'addresses' ? source.endpoints[0]?.address : source.kind}`).join(', ');
  const reconcile = createReconcile({
    ...parts,
    build: (one) => ({
      ...parts.build(one),
      runtime: { endpoints: new Map([[`u${one.ingresses.size}`, endpointsOf(one)]]), certificates: new Map() },
    }),
    apply: async ({ rendered, runtime }) => {
      published.push(`${rendered.generation}: ${text(runtime)}`);
      if (rendered.generation === 'u1 u2') await reconcile.refresh(facts(2, 3, 'late'));
      return reloaded(rendered.generation);
    },
    publish: async (runtime) => {
      published.push(`refresh: ${text(runtime)}`);
    },
  });
  await reconcile(facts(1, 1, 'first'));
  await reconcile(facts(2, 2, 'second'));
  assert.deepEqual(published, ['u1: u1 first', 'u1 u2: u1 first, u2 second', 'refresh: u2 late', 'u2: u2 late']);
});
