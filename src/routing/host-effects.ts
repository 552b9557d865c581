import type { Feature } from '../annotations/define.ts';
import { type Effect, type Merged, mergeSaid, noEffect, type Said } from '../annotations/effect.ts';
import { annotationField } from '../annotations/messages.ts';
import { type Diagnostic, diagnostic } from '../model/diagnostic.ts';
import { type Ingress, refOf, refText } from '../model/objects.ts';
import type { Effects } from './effects.ts';
import type { HostDraft } from './hosts.ts';
import { matchKey } from './paths.ts';
import { closed, type PlacedLocation, placed, stillDefining } from './placed.ts';

/** What holds for a host as a whole. */
export interface HostEffect {
  readonly effect: Effect;
  /** Its locations, some of which are denied or replaced by what the host as a whole answers. */
  readonly locations: readonly PlacedLocation[];
}

/**
 * Asks the features of hosts. Of each feature the oldest Ingress that says something decides; the others are told so. A younger one that
 * asks for another guard, or for one that cannot be carried out, is denied alone: it must neither be served under a weaker one, nor close
 * a host for those who came before.
 */
export function hostEffect(draft: HostDraft, effects: Effects, prefix: string, diagnostics: Diagnostic[]): HostEffect {
  const asking: Asking = { host: draft.host, effects, prefix, diagnostics, decided: new Map(), refused: new Set() };
  let closedBy: Ingress | undefined;
  for (const ingress of draft.ingresses) {
    const own = effects.onHost(ingress, draft.host);
    if (own) for (const said of own) decide(asking, ingress, said);
    else if ([...asking.decided.keys()].some(guards)) asking.refused.add(ingress);
    else closedBy ??= ingress;
  }
  const merged = asking.decided.size === 0 ? nothingSaid : mergeSaid([...asking.decided.values()].map(({ said }) => said));
  if (!merged.ok) diagnostics.push(...conflict(asking.decided.get(merged.between[1])?.ingress, draft.host, merged));
  if (closedBy) diagnostics.push(...closedFor(draft, closedBy));
  const locations = withServerLocations([...draft.locations.values()]);
  return {
    effect: merged.ok ? merged.effect : noEffect,
    locations: closedBy || !merged.ok ? locations.map((one) => closed(one)) : withoutRefused(locations, asking.refused),
  };
}

/** Everybody else with rules for a host that is closed hears why. */
function closedFor({ host, origins }: HostDraft, by: Ingress): readonly Diagnostic[] {
  const culprit = refText(refOf(by));
  const where = host === '' ? 'what no rule names a host for' : host;
  const message = `${where} answers 403: ${culprit} asks for certificates of its clients, which cannot be checked. Mend that Ingress, or take its rule for the host away.`;
  const others = origins.filter(({ object }) => refText(object) !== culprit);
  return others.map(({ object, field }) => diagnostic('HostClosed', object, field, message));
}

const nothingSaid: Merged = { ok: true, effect: noEffect };

interface Asking {
  readonly host: string;
  readonly effects: Effects;
  readonly prefix: string;
  readonly diagnostics: Diagnostic[];
  readonly decided: Map<Feature, { readonly ingress: Ingress; readonly said: Said }>;
  /** Younger Ingresses whose guard is not the one of the host. */
  readonly refused: Set<Ingress>;
}

function decide({ host, effects, prefix, diagnostics, decided, refused }: Asking, ingress: Ingress, said: Said): void {
  const { feature } = said;
  const owner = decided.get(feature);
  if (!owner) {
    decided.set(feature, { ingress, said });
    return;
  }
  if (guards(feature) && !isAlike(owner.said, said)) refused.add(ingress);
  diagnostics.push(...taken(effects, { ingress, owner: owner.ingress, host, feature, prefix, isRefused: refused.has(ingress) }));
}

function withoutRefused(locations: readonly PlacedLocation[], refused: ReadonlySet<Ingress>): readonly PlacedLocation[] {
  if (refused.size === 0) return locations;
  return locations.map((one) => (one.ingress && refused.has(one.ingress) ? closed(one, 503) : one));
}

function guards({ whenInvalid }: Feature): boolean {
  return whenInvalid === 'deny';
}

function isAlike(a: Said, b: Said): boolean {
  return JSON.stringify(a.contribution) === JSON.stringify(b.contribution);
}

function conflict(ingress: Ingress | undefined, host: string, { what, between }: Extract<Merged, { ok: false }>): readonly Diagnostic[] {
  if (!ingress) return [];
  const titles = between.map(({ title }) => `"${title}"`).join(' and ');
  const message = `the annotations of ${titles} both decide ${what} of ${host}, and only one can; the host answers 403. Remove one of the two.`;
  return [diagnostic('AnnotationConflict', refOf(ingress), 'metadata.annotations', message)];
}

interface Taken {
  readonly ingress: Ingress;
  readonly owner: Ingress;
  readonly host: string;
  readonly feature: Feature;
  readonly prefix: string;
  readonly isRefused: boolean;
}

function taken(effects: Effects, { ingress, owner, host, feature, prefix, isRefused }: Taken): readonly Diagnostic[] {
  const keys = Object.keys(effects.of(ingress).values.get(feature) ?? {});
  return keys.map((key) => {
    const consequence = isRefused
      ? 'the paths of this Ingress answer 503 there, as its own guard cannot hold'
      : 'it is ignored for this host';
    const message = `${key} of ${host} is decided by ${refText(refOf(owner))}, which counts as older; ${consequence}.`;
    return diagnostic('AnnotationTaken', refOf(ingress), annotationField(`${prefix}/${key}`), message);
  });
}

/** What a location says about the host as a whole takes the place of a rule with the same match. */
function withServerLocations(locations: readonly PlacedLocation[]): readonly PlacedLocation[] {
  const speaking = locations.filter(({ effect }) => effect.serverLocations.length > 0);
  if (speaking.length === 0) return locations;
  const byKey = new Map(locations.map((one) => [matchKey(one.location.match), one]));
  const shortestFirst = speaking.toSorted((a, b) => a.location.match.path.length - b.location.match.path.length);
  for (const { effect, location, ingress } of shortestFirst) {
    for (const { match, answer } of effect.serverLocations) {
      const origin = location.origin ? { origin: location.origin } : {};
      const replaced = byKey.get(matchKey(match))?.effect ?? noEffect;
      byKey.set(
        matchKey(match),
        placed({ match, target: answer, effect: { ...stillDefining(replaced), answer }, ...origin, ...(ingress ? { ingress } : {}) }),
      );
    }
  }
  return [...byKey.values()];
}
