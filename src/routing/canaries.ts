import { hash } from 'node:crypto';
import type { CanaryRule } from '../annotations/contribution.ts';
import { annotationField } from '../annotations/messages.ts';
import { named } from '../annotations/named-block.ts';
import { type Diagnostic, diagnostic } from '../model/diagnostic.ts';
import { joined, variable, type Word } from '../model/directive.ts';
import type { HttpBlock, MapEntry } from '../model/http-block.ts';
import { type Ingress, nameKey, type Path, refOf, refText } from '../model/objects.ts';
import type { Headers, Upstream, UpstreamId } from '../model/routing.ts';
import { lotLength } from '../model/runtime.ts';
import { canaryVariables } from '../model/target.ts';
import { canaryBackend, canaryUpstream, keepClients, type Sides, type Split, sideCookies, withCookie } from './canary-affinity.ts';
import { pathField } from './fields.ts';
import type { Deciders, HostDraft } from './hosts.ts';
import { matchOf } from './paths.ts';
import { type PlacedLocation, placeOf } from './placed.ts';

/** A path of a canary Ingress. */
interface Offer {
  readonly ingress: Ingress;
  readonly host: string;
  readonly path: Path;
  readonly field: string;
}

/**
 * Attaches canaries to the locations of primaries: those of the same namespace, host, path and path type. The oldest canary of a location
 * counts. One whose own annotations are denied gets nothing, so that all requests stay with the primary.
 */
export function attachCanaries(
  ingresses: readonly Ingress[],
  drafts: ReadonlyMap<string, HostDraft>,
  deciders: Deciders,
): readonly Diagnostic[] {
  return ingresses.flatMap(offersOf).flatMap((offer) => {
    const problem = attach(offer, drafts, deciders);
    if (!problem) return [];
    return [diagnostic(problem.code, refOf(offer.ingress), problem.field ?? `${offer.field}.path`, problem.message)];
  });
}

interface Problem extends Pick<Diagnostic, 'code' | 'message'> {
  /** The path of the rule unless given. */
  readonly field?: string;
}

function attach(offer: Offer, drafts: ReadonlyMap<string, HostDraft>, { effects, backends }: Deciders): Problem | undefined {
  const { ingress, host, path, field } = offer;
  const effect = effects.at(ingress, placeOf({ kind: 'rule', host }, path.backend, path));
  if (!effect?.canary) return undefined;
  const where = `${host === '' ? 'the rules without host' : host}${path.path}`;
  const draft = drafts.get(host);
  const found = draft && primaryOf(draft, offer);
  if (!draft || !found) {
    const message = `no other Ingress of ${ingress.metadata.namespace} has ${where} as ${path.pathType}, so nothing leads to this canary.`;
    return { code: 'CanaryWithoutPrimary', message };
  }
  const [key, primary] = found;
  const { target } = primary.location;
  if (target.kind !== 'proxy') return undefined;
  if (target.canary)
    return { code: 'CanaryTaken', message: `${where} already has a canary of an older Ingress; this one gets no requests.` };
  const sides = { rule: effect.canary, primary: primary.effect, own: effect, backend: canaryBackend(ingress.metadata.namespace, path) };
  const { settings, blocks } = canaryUpstream(sides);
  const alternative = backends.resolve(
    path.backend,
    { object: refOf(ingress), field: `${field}.backend` },
    { settings, instead: 'primary' },
  );
  if (alternative.kind !== 'proxy') return undefined;
  const split = { primary: target.upstream, canary: alternative.upstream };
  if (isSame(backends.upstreams, split)) {
    const by = primary.ingress ? refText(refOf(primary.ingress)) : 'the primary';
    return { code: 'CanaryTaken', message: `${by} sends ${where} to the same Service and port, so there is nothing to split.` };
  }
  draft.locations.set(key, withCanary(primary, sides, { ...split, by: ingress, blocks }));
  return affinityProblem(sides, ingress);
}

/** What its own annotations say of affinity is not what counts for a canary, unless it says so. */
function affinityProblem({ rule, primary, own }: Sides, { metadata }: Ingress): Problem | undefined {
  const key = Object.keys(metadata.annotations).find((name) => name.endsWith('/affinity'));
  if (!rule.keepsClients || !own.affinity || primary.affinity || key === undefined) return undefined;
  const message = 'affinity does nothing here: a canary has the affinity of its primary, unless affinity-canary-behavior is "legacy".';
  return { code: 'AnnotationWithoutEffect', field: annotationField(key), message };
}

/** Whether both lead to the same endpoints, whatever else their upstreams are like. */
function isSame(upstreams: ReadonlyMap<UpstreamId, Upstream>, { primary, canary }: Split): boolean {
  const [one, other] = [upstreams.get(primary), upstreams.get(canary)];
  return one !== undefined && other !== undefined && refText(one.service) === refText(other.service) && one.port === other.port;
}

function offersOf(ingress: Ingress): readonly Offer[] {
  return ingress.rules.flatMap((rule, index) =>
    (rule.paths ?? []).map((path, number) => ({
      ingress,
      host: rule.host ?? '',
      path,
      field: pathField(index, number),
    })),
  );
}

/** A path that annotations have made an expression of still is the same rule. */
function primaryOf({ locations }: HostDraft, { ingress, path }: Offer): readonly [string, PlacedLocation] | undefined {
  const wanted = matchOf(path.path, path.pathType);
  return [...locations].find(([, { location, ingress: owner }]) => {
    if (owner?.metadata.namespace !== ingress.metadata.namespace || location.origin?.field === 'spec.defaultBackend') return false;
    const { match } = location;
    return match.kind === 'regex' ? match.path === path.path : match.kind === wanted.kind && match.path === wanted.path;
  });
}

/** Named by the Ingress, so that another weight is no change of the topology. */
function shareId(by: Ingress): string {
  return hash('sha256', ['canary', nameKey(by.metadata.namespace, by.metadata.name)].join('\0')).slice(0, 16);
}

interface Attached extends Split {
  readonly by: Ingress;
  /** What the upstream of the canary names. */
  readonly blocks: readonly HttpBlock[];
}

function withCanary({ location, effect, ...rest }: PlacedLocation, sides: Sides, split: Attached): PlacedLocation {
  const { rule } = sides;
  const decided = decision(split, rule);
  const blocks = [...decided, ...keepClients(sides, split, variable(decided.at(-1)?.name ?? ''))];
  const chosen = blocks.at(-1)?.name ?? '';
  const after = afterFailure(split, chosen);
  const share = rule.share === undefined ? undefined : shareId(split.by);
  const canary = { upstream: split.canary, chosen, afterFailure: after.name, ...(share === undefined ? {} : { share }) };
  const target = { kind: 'proxy', upstream: split.primary, canary } as const;
  const files = share === undefined ? [] : [{ id: share, content: { share: rule.share ?? 0 } }];
  const cookies = sideCookies(sides, { ...split, chosen, afterFailure: after.name });
  const http = [...effect.http, ...split.blocks, ...blocks, after, ...(cookies?.blocks ?? [])];
  const headers = cookies && { headers: withCookie(location.headers ?? noHeaders, sides, cookies.value) };
  return { ...rest, effect: { ...effect, http, files: [...effect.files, ...files] }, location: { ...location, ...headers, target } };
}

const noHeaders: Headers = { request: [], response: [], hidden: [] };

/** A chain of maps, the last of which asks the one before where it cannot decide. */
function decision({ primary, canary }: Split, { header, cookie, share }: CanaryRule): readonly HttpBlock[] {
  const [toCanary, toPrimary] = [{ text: canary }, { text: primary }];
  const blocks: HttpBlock[] = share === undefined ? [always(primary)] : [lot, lost, byWeight({ primary, canary })];
  const next = (): Word => variable(blocks.at(-1)?.name ?? '');
  const words = [
    { key: exactly('always'), value: toCanary },
    { key: exactly('never'), value: toPrimary },
  ];
  if (cookie !== undefined) blocks.push(named('canary', { kind: 'map', ...cookieMap(cookie, { toCanary, toPrimary }), default: next() }));
  if (header) {
    const { value } = header;
    const key = value && ('exact' in value ? exactly(value.exact) : { pattern: value.pattern, ignoreCase: false });
    const entries = key ? [{ key, value: toCanary }] : words;
    blocks.push(named('canary', { kind: 'map', source: variable(headerVariable(header.name)), entries, default: next() }));
  }
  return blocks;
}

/** NGINX compares the keys of a map without regard to case, unless they are expressions. */
function exactly(text: string): MapEntry['key'] {
  return { pattern: `^${text.replaceAll('.', '\\.')}$`, ignoreCase: false };
}

/** A canary without an endpoint costs nobody an answer: its requests go to the primary. */
function afterFailure({ primary, canary }: Split, chosen: string): HttpBlock {
  return named('canary', {
    kind: 'map',
    source: joined(variable('gatehouse_after_failure'), ' ', variable(chosen)),
    entries: [{ key: { exact: `gatehouse_unavailable ${canary}` }, value: { text: primary } }],
    default: variable('gatehouse_after_failure'),
  });
}

/** The lot that a request draws, as a path below the folder of a share: hexadecimal digits, each a folder. */
const lot: HttpBlock = {
  kind: 'map',
  name: canaryVariables.lot,
  source: variable('request_id'),
  entries: [
    {
      key: { pattern: `^${'(.)'.repeat(lotLength)}`, ignoreCase: false },
      value: joined(
        ...Array.from({ length: lotLength }, (_, index) => [variable(String(index + 1)), '/'])
          .flat()
          .slice(0, -1),
      ),
    },
  ],
  default: { text: '' },
};

/** What holds until a location sets it. */
const lost: HttpBlock = { kind: 'map', name: canaryVariables.won, source: { text: '' }, entries: [], default: { text: '' } };

function always(upstream: UpstreamId): HttpBlock {
  return named('canary', { kind: 'map', source: variable('request_id'), entries: [], default: { text: upstream } });
}

/** Whatever keeps NGINX from finding out leads to the primary. */
function byWeight({ primary, canary }: Split): HttpBlock {
  const source = variable(canaryVariables.won);
  return named('canary', { kind: 'map', source, entries: [{ key: { exact: '1' }, value: { text: canary } }], default: { text: primary } });
}

/** NGINX has a variable only for cookies whose names are variables' names; the others are looked for in the header. */
function cookieMap(name: string, { toCanary, toPrimary }: { readonly toCanary: Word; readonly toPrimary: Word }) {
  const word = (text: string) => ({ pattern: `(?:^|;\\s*)${name.replace(/[.-]/g, '\\$&')}=${text}\\s*(?:;|$)`, ignoreCase: false });
  return {
    source: variable('http_cookie'),
    entries: [
      { key: word('always'), value: toCanary },
      { key: word('never'), value: toPrimary },
    ],
  };
}

function headerVariable(name: string): string {
  return `http_${name.toLowerCase().replaceAll('-', '_')}`;
}
