import type { FeaturePlace } from '../annotations/define.ts';
import { type Effect, noEffect } from '../annotations/effect.ts';
import { checkPattern } from '../annotations/parsers-http.ts';
import type { Backend, Ingress, Path, PathType } from '../model/objects.ts';
import type { Answer, Headers, Location, Origin, PathMatch, Target } from '../model/routing.ts';
import type { Resolving } from './backends.ts';
import { matchOf } from './paths.ts';
import { portText } from './service-ports.ts';

/** A location with the annotations that it carries, while its host is being put together. */
export interface PlacedLocation {
  readonly location: Location;
  readonly effect: Effect;
  /** The Ingress that asked for it; absent for what nobody asked for. */
  readonly ingress?: Ingress;
}

/** What is to be placed somewhere; without an effect it is denied. */
export interface Placing {
  readonly match: PathMatch;
  readonly origin?: Origin;
  readonly target: Target | Answer;
  readonly effect: Effect | undefined;
  readonly ingress?: Ingress;
}

const noDirectives: Location['directives'] = [];

/** Makes a location. A denied one keeps its place, so that no shorter path of somebody else takes its requests. */
export function placed({ match, origin, target, effect, ingress }: Placing): PlacedLocation {
  const common: Omit<Location, 'target'> = { match, ...(origin ? { origin } : {}), directives: noDirectives, httpsRedirect: false };
  const by = ingress ? { ingress } : {};
  if (!effect) return { ...by, effect: noEffect, location: { ...common, target: { kind: 'answer', status: 503 }, denied: true } };
  return { ...by, effect, location: effect === noEffect ? { ...common, target } : { ...common, ...carried(effect, target) } };
}

/** A location that is denied after all: 403 on a host that is closed as a whole, as in ingress-nginx, and else 503. */
export function closed(one: PlacedLocation, status: 403 | 503 = 403): PlacedLocation {
  const { match, origin } = one.location;
  const common = { match, ...(origin ? { origin } : {}), directives: noDirectives, httpsRedirect: false };
  return {
    ...(one.ingress ? { ingress: one.ingress } : {}),
    effect: stillDefining(one.effect),
    location: { ...common, target: { kind: 'answer', status }, denied: true },
  };
}

/** Nothing holds any more, but the upstream that was meant may still name a variable of the effect, which has to be defined. */
export function stillDefining({ http }: Effect): Effect {
  return http.length === 0 ? noEffect : { ...noEffect, http };
}

function carried(effect: Effect, target: Target | Answer): Pick<Location, 'directives' | 'target'> & Partial<Location> {
  const { directives, answers, rewrite, errorPages, answer, protocol, standIn } = effect;
  const isMissing = target.kind === 'answer' && target.status === 503;
  const instead = isMissing ? standIn : undefined;
  const headers = instead ? { ...effect.headers, request: [...effect.headers.request, ...instead.headers] } : effect.headers;
  return {
    directives,
    target: answer ?? instead?.target ?? target,
    ...(standIn && target.kind === 'proxy' ? { standIn: standIn.side } : {}),
    ...(hasHeaders(headers) ? { headers } : {}),
    ...(answers.length > 0 ? { answers } : {}),
    ...(rewrite ? { rewrite } : {}),
    // A stand-in speaks http, whatever the Service would.
    ...(protocol && !instead ? { protocol } : {}),
    ...(errorPages.length > 0 ? { errorPages } : {}),
  };
}

/** How the backend of a place is used, and whether a default backend answers where it does not. */
export function resolvingOf(effect: Effect | undefined): Resolving {
  if (!effect) return {};
  const { upstream: settings, standIn, errorPages, side } = effect;
  const page = errorPages.find(({ statuses }) => statuses.includes(503))?.side;
  const isReplaced = standIn !== undefined || side.some(({ name, target }) => name === page && target.kind !== 'answer');
  return { settings, ...(isReplaced ? { instead: 'default backend' } : {}) };
}

/** Whether anything is different from the headers of all. */
export function hasHeaders({ request, response, hidden }: Headers): boolean {
  return request.length + response.length + hidden.length > 0;
}

/** The place of a rule's path, as features are asked for it. */
export function placeOf(
  { kind, host }: Pick<FeaturePlace, 'kind' | 'host'>,
  backend?: Backend,
  { path = '/', pathType = 'Prefix' }: { readonly path?: string; readonly pathType?: PathType } = {},
): FeaturePlace {
  const service = backend?.kind === 'service' ? { service: { name: backend.name, port: portText(backend.port) } } : {};
  return { kind, host, path, pathType, ...service };
}

/** What a path matches; a text says why it cannot be the regular expression that annotations make of it. */
export function matchWith({ path, pathType }: Pick<Path, 'path' | 'pathType'>, isPattern: boolean): PathMatch | string {
  // A regular expression for `/` takes what the prefix takes, and comes last as well.
  if (!isPattern || path === '/') return matchOf(path, pathType);
  const checked = checkPattern(path);
  return checked.ok ? { kind: 'regex', path } : checked.reason;
}
