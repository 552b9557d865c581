import type { Feature } from '../annotations/define.ts';
import { type Effect, type Merged, mergeSaid, noEffect, type Said } from '../annotations/effect.ts';
import { annotationField } from '../annotations/messages.ts';
import { type Diagnostic, diagnostic } from '../model/diagnostic.ts';
import { type Ingress, refOf, refText } from '../model/objects.ts';
import type { Effects } from './effects.ts';
import type { HostDraft } from './hosts.ts';
import { matchKey } from './paths.ts';
import { closed, type PlacedLocation, placed } from './placed.ts';

/** What holds for a host as a whole. */
export interface HostEffect {
  readonly effect: Effect;
  /** Its locations, some of which are denied or replaced by what the host as a whole answers. */
  readonly locations: readonly PlacedLocation[];
}

/** Asks the features of hosts. Of each feature the oldest Ingress that says something decides; the others are told so. */
export function hostEffect(draft: HostDraft, effects: Effects, prefix: string, diagnostics: Diagnostic[]): HostEffect {
  const owners = new Map<Feature, Ingress>();
  const said: Said[] = [];
  let isClosed = false;
  for (const ingress of draft.ingresses) {
    const own = effects.onHost(ingress, draft.host);
    isClosed ||= own === undefined;
    for (const one of own ?? []) {
      const owner = owners.get(one.feature);
      if (owner) diagnostics.push(...taken(effects, { ingress, owner, host: draft.host, feature: one.feature, prefix }));
      else said.push(one);
      owners.set(one.feature, owner ?? ingress);
    }
  }
  const merged = mergeSaid(said);
  if (!merged.ok) diagnostics.push(...conflict(owners.get(merged.between[1]), draft.host, merged));
  const locations = withServerLocations([...draft.locations.values()]);
  return {
    effect: merged.ok ? merged.effect : noEffect,
    locations: isClosed || !merged.ok ? locations.map(closed) : locations,
  };
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
}

function taken(effects: Effects, { ingress, owner, host, feature, prefix }: Taken): readonly Diagnostic[] {
  const keys = Object.keys(effects.of(ingress).values.get(feature) ?? {});
  return keys.map((key) => {
    const message = `${key} of ${host} is decided by ${refText(refOf(owner))}, which counts as older; it is ignored for this host.`;
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
      byKey.set(
        matchKey(match),
        placed({ match, target: answer, effect: { ...noEffect, answer }, ...origin, ...(ingress ? { ingress } : {}) }),
      );
    }
  }
  return [...byKey.values()];
}
