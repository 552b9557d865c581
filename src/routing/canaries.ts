import { hash } from 'node:crypto';
import type { CanaryRule } from '../annotations/contribution.ts';
import type { Effect } from '../annotations/effect.ts';
import { type Diagnostic, diagnostic } from '../model/diagnostic.ts';
import { joined, variable, type Word } from '../model/directive.ts';
import type { HttpBlock } from '../model/http-block.ts';
import { type Ingress, nameKey, type Path, refOf, refText } from '../model/objects.ts';
import type { UpstreamId } from '../model/routing.ts';
import { lotLength } from '../model/runtime.ts';
import { canaryVariables } from '../model/target.ts';
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
    return [diagnostic(problem.code, refOf(offer.ingress), `${offer.field}.path`, problem.message)];
  });
}

function attach(
  offer: Offer,
  drafts: ReadonlyMap<string, HostDraft>,
  { effects, backends }: Deciders,
): Pick<Diagnostic, 'code' | 'message'> | undefined {
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
  const alternative = backends.resolve(
    path.backend,
    { object: refOf(ingress), field: `${field}.backend` },
    { settings: effect.upstream, instead: 'primary' },
  );
  if (alternative.kind !== 'proxy') return undefined;
  if (alternative.upstream === target.upstream) {
    const by = primary.ingress ? refText(refOf(primary.ingress)) : 'the primary';
    return { code: 'CanaryTaken', message: `${by} sends ${where} to the same Service and port, so there is nothing to split.` };
  }
  draft.locations.set(key, withCanary(primary, { primary: target.upstream, canary: alternative.upstream, by: ingress }, effect.canary));
  return undefined;
}

function offersOf(ingress: Ingress): readonly Offer[] {
  return ingress.rules.flatMap((rule, index) =>
    (rule.paths ?? []).map((path, number) => ({
      ingress,
      host: rule.host ?? '',
      path,
      field: `spec.rules[${index}].http.paths[${number}]`,
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

interface Split {
  readonly primary: UpstreamId;
  readonly canary: UpstreamId;
  readonly by: Ingress;
}

function withCanary({ location, effect, ...rest }: PlacedLocation, split: Split, rule: CanaryRule): PlacedLocation {
  const blocks = decision(split, rule);
  const chosen = blocks.at(-1)?.name ?? '';
  const after = afterFailure(split, chosen);
  const share = rule.share === undefined ? undefined : shareId(split.by);
  const canary = { upstream: split.canary, chosen, afterFailure: after.name, ...(share === undefined ? {} : { share }) };
  const target = { kind: 'proxy', upstream: split.primary, canary } as const;
  const files = share === undefined ? [] : [{ id: share, content: { share: rule.share ?? 0 } }];
  const own: Effect = { ...effect, http: [...effect.http, ...blocks, after], files: [...effect.files, ...files] };
  return { ...rest, effect: own, location: { ...location, target } };
}

/** A chain of maps, the last of which asks the one before where it cannot decide. */
function decision({ primary, canary }: Pick<Split, 'primary' | 'canary'>, { header, cookie, share }: CanaryRule): readonly HttpBlock[] {
  const [toCanary, toPrimary] = [{ text: canary }, { text: primary }];
  const blocks: HttpBlock[] = share === undefined ? [always(primary)] : [lot, lost, byWeight({ primary, canary })];
  const next = (): Word => variable(blocks.at(-1)?.name ?? '');
  const words = [
    { key: { exact: 'always' }, value: toCanary },
    { key: { exact: 'never' }, value: toPrimary },
  ];
  if (cookie !== undefined) blocks.push(named({ kind: 'map', ...cookieMap(cookie, { toCanary, toPrimary }), default: next() }));
  if (header) {
    const { value } = header;
    const key = value && ('exact' in value ? value : { pattern: value.pattern, ignoreCase: false });
    const entries = key ? [{ key, value: toCanary }] : words;
    blocks.push(named({ kind: 'map', source: variable(headerVariable(header.name)), entries, default: next() }));
  }
  return blocks;
}

/** A canary without an endpoint costs nobody an answer: its requests go to the primary. */
function afterFailure({ primary, canary }: Split, chosen: string): HttpBlock {
  return named({
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
  return named({ kind: 'map', source: variable('request_id'), entries: [], default: { text: upstream } });
}

/** Whatever keeps NGINX from finding out leads to the primary. */
function byWeight({ primary, canary }: Pick<Split, 'primary' | 'canary'>): HttpBlock {
  const source = variable(canaryVariables.won);
  return named({ kind: 'map', source, entries: [{ key: { exact: '1' }, value: { text: canary } }], default: { text: primary } });
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

type Unnamed<T> = T extends unknown ? Omit<T, 'name'> : never;

/** Equal decisions have equal names. */
function named(block: Unnamed<Exclude<HttpBlock, { kind: 'zone' }>>): HttpBlock {
  return { ...block, name: `gatehouse_canary_${hash('sha256', JSON.stringify(block)).slice(0, 10)}` } as HttpBlock;
}
