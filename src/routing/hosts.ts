import type { Diagnostic } from '../model/diagnostic.ts';
import { diagnostic } from '../model/diagnostic.ts';
import { type Ingress, type ObjectRef, type Path, type Rule, refOf, refText } from '../model/objects.ts';
import type { Origin, PathMatch, ServerName } from '../model/routing.ts';
import type { Backends } from './backends.ts';
import { attachCanaries } from './canaries.ts';
import type { Effects } from './effects.ts';
import { pathField, ruleField } from './fields.ts';
import { matchKey, matchOf, whyNeverMatched } from './paths.ts';
import { matchWith, type PlacedLocation, placed, placeOf, resolvingOf } from './placed.ts';
import { unavailable } from './service-ports.ts';

/** A host while its rules are being collected. */
export interface HostDraft {
  /** As a rule writes it; empty for rules without a host. */
  readonly host: string;
  readonly origins: Origin[];
  /** The Ingresses with rules for it, oldest first: the first one has made the host. */
  readonly ingresses: Ingress[];
  readonly locations: Map<string, PlacedLocation>;
}

/** The hosts of all Ingresses with their paths, and complaints about what they cannot have. */
export interface Hosts {
  readonly drafts: ReadonlyMap<string, HostDraft>;
  readonly diagnostics: readonly Diagnostic[];
}

/** What decides about paths: where their requests go, and what their annotations say. */
export interface Deciders {
  readonly backends: Backends;
  readonly effects: Effects;
}

interface Collection {
  readonly deciders: Deciders;
  readonly drafts: Map<string, HostDraft>;
  readonly fallbacks: Map<string, Fallback>;
  readonly diagnostics: Diagnostic[];
}

/** What `spec.defaultBackend` of an Ingress answers. */
interface Fallback {
  readonly ingress: Ingress;
  readonly origin: Origin;
}

/** Hands out hosts and paths, oldest Ingress first: who comes first keeps what it has. */
export function collectHosts(ingresses: readonly Ingress[], deciders: Deciders): Hosts {
  const drafts = new Map<string, HostDraft>([['', { host: '', origins: [], ingresses: [], locations: new Map() }]]);
  const collection: Collection = { deciders, drafts, fallbacks: new Map(), diagnostics: [] };
  const isAlternative = (ingress: Ingress) => deciders.effects.of(ingress).isAlternative;
  for (const ingress of ingresses) if (!isAlternative(ingress)) addIngress(collection, ingress);
  collection.diagnostics.push(...attachCanaries(ingresses.filter(isAlternative), drafts, deciders));
  for (const draft of drafts.values()) addFallback(collection, draft);
  return { drafts, diagnostics: collection.diagnostics };
}

function addIngress(collection: Collection, ingress: Ingress): void {
  const { drafts } = collection;
  const object = refOf(ingress);
  const fallback = ingress.defaultBackend && { ingress, origin: { object, field: 'spec.defaultBackend' } };
  for (const [index, rule] of ingress.rules.entries()) {
    const known = drafts.has(rule.host ?? '') && rule.host !== undefined;
    const draft = draftOf(drafts, rule.host ?? '');
    draft.origins.push({ object, field: ruleField(index) });
    if (draft.ingresses.at(-1) !== ingress) draft.ingresses.push(ingress);
    if (fallback) offerFallback(collection, draft.host, fallback, known);
    addPaths(collection, draft, { ingress, object, rule, index });
  }
  if (ingress.rules.length > 0 || !fallback) return;
  draftOf(drafts, '').ingresses.push(ingress);
  offerFallback(collection, '', fallback, false);
}

/** How a host of a rule is told to NGINX. */
export function serverName(host: string): ServerName {
  if (host === '') return { kind: 'default' };
  return host.startsWith('*.') ? { kind: 'wildcard', suffix: host.slice(2) } : { kind: 'exact', host };
}

function draftOf(drafts: Map<string, HostDraft>, host: string): HostDraft {
  const draft = drafts.get(host) ?? { host, origins: [], ingresses: [], locations: new Map() };
  drafts.set(host, draft);
  return draft;
}

/** Only the Ingress that first names a host decides what answers its unmatched paths, as in ingress-nginx. */
function offerFallback({ fallbacks, diagnostics }: Collection, host: string, fallback: Fallback, known: boolean): void {
  const earlier = fallbacks.get(host);
  if (!earlier && !known) {
    fallbacks.set(host, fallback);
    return;
  }
  const { origin } = fallback;
  if (earlier && refText(earlier.origin.object) === refText(origin.object)) return;
  const what = host === '' ? 'hosts that no rule names' : host;
  const owner = earlier ? refText(earlier.origin.object) : 'an older Ingress with rules for it';
  const message = `unmatched requests of ${what} are already decided by ${owner}; this default backend does not get them.`;
  diagnostics.push(diagnostic('DefaultBackendIgnored', origin.object, origin.field, message));
}

/**
 * A rule for `/` makes a fallback needless; without either the operator's choice holds, which is 404 unless given. Unmatched paths of a
 * host carry the annotations of the Ingress that has made it, as in ingress-nginx; those of the rules without host carry none.
 */
function addFallback(collection: Collection, draft: HostDraft): void {
  const match = { kind: 'prefix', path: '/' } as const;
  const key = matchKey(match);
  if (draft.locations.has(key)) return;
  const { backends, effects } = collection.deciders;
  const offered = collection.fallbacks.get(draft.host);
  const ingress = offered?.ingress ?? (draft.host === '' ? undefined : draft.ingresses[0]);
  if (!ingress) {
    draft.locations.set(key, placed({ match, target: backends.fallback, effect: effects.none }));
    return;
  }
  const effect = effects.at(
    ingress,
    placeOf({ kind: ingress.rules.length === 0 ? 'catch-all' : 'unmatched', host: draft.host }, offered && ingress.defaultBackend),
  );
  if (!offered && effect === effects.none) {
    draft.locations.set(key, placed({ match, target: backends.fallback, effect }));
    return;
  }
  const origin = offered?.origin ?? { object: refOf(ingress), field: 'metadata.annotations' };
  const wanted = offered && !effects.isRefused(ingress) ? ingress.defaultBackend : undefined;
  const target = wanted ? backends.resolve(wanted, origin, resolvingOf(effect)) : backends.fallback;
  draft.locations.set(key, placed({ match, origin, target, effect, ingress }));
}

interface RuleAt {
  readonly ingress: Ingress;
  readonly object: ObjectRef;
  readonly rule: Rule;
  readonly index: number;
}

function addPaths(collection: Collection, draft: HostDraft, { ingress, object, rule, index }: RuleAt): void {
  for (const [number, path] of (rule.paths ?? []).entries()) {
    addPath(collection, draft, { ingress, path, origin: { object, field: pathField(index, number) } });
  }
}

interface PathAt {
  readonly ingress: Ingress;
  readonly path: Path;
  readonly origin: Origin;
}

function addPath({ deciders, diagnostics }: Collection, draft: HostDraft, { ingress, path, origin }: PathAt): void {
  const { backends, effects } = deciders;
  const place = placeOf({ kind: 'rule', host: draft.host }, path.backend, path);
  const wanted = effects.at(ingress, place);
  const asked = matchWith(path, effects.isPattern(ingress, place));
  const isBroken = typeof asked === 'string';
  const [match, effect] = isBroken ? [matchOf(path.path, path.pathType), undefined] : [asked, wanted];
  const complaint = isBroken ? brokenPattern(origin, path, asked) : neverMatched(origin, path, match);
  if (complaint) diagnostics.push(complaint);
  const key = matchKey(match);
  const owner = draft.locations.get(key)?.location.origin;
  if (owner) {
    diagnostics.push(pathTaken(origin, path, draft.host, owner));
    return;
  }
  const target = effects.isRefused(ingress)
    ? unavailable
    : backends.resolve(path.backend, { object: origin.object, field: `${origin.field}.backend` }, resolvingOf(effect));
  draft.locations.set(key, placed({ match, origin, target, effect, ingress }));
}

function brokenPattern({ object, field }: Origin, { path }: Path, reason: string): Diagnostic {
  const message = `${JSON.stringify(path)} is to be a regular expression: ${reason}. This path answers 503.`;
  return diagnostic('PathPatternInvalid', object, `${field}.path`, message);
}

function neverMatched({ object, field }: Origin, { path }: Path, match: PathMatch): Diagnostic | undefined {
  const never = match.kind === 'regex' ? undefined : whyNeverMatched(path);
  if (never === undefined) return undefined;
  return diagnostic('PathNeverMatches', object, `${field}.path`, `no request matches ${JSON.stringify(path)}: ${never}.`);
}

function pathTaken(origin: Origin, path: Path, host: string, owner: Origin): Diagnostic {
  const where = `${host === '' ? 'the rule without host' : host}${JSON.stringify(path.path).slice(1, -1)}`;
  const same = refText(owner.object) === refText(origin.object);
  const by = same ? `${owner.field} of the same Ingress` : `${refText(owner.object)}, which counts as older`;
  const kind = path.pathType === 'Exact' ? 'Exact' : 'Prefix';
  return diagnostic(
    'PathTaken',
    origin.object,
    `${origin.field}.path`,
    `${kind} ${where} already belongs to ${by}. Remove one of the two.`,
  );
}
