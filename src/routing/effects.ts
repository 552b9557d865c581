import type { Complaint } from '../annotations/contribution.ts';
import { configKeyOf, type Feature, type FeaturePlace } from '../annotations/define.ts';
import { denialOf, type Effect, type Merged, mergeSaid, noEffect, type Said } from '../annotations/effect.ts';
import { annotationField, refusalMessage } from '../annotations/messages.ts';
import { type Annotated, definitionsOf, readAnnotations } from '../annotations/read.ts';
import type { Config } from '../config/read.ts';
import { type Diagnostic, diagnostic } from '../model/diagnostic.ts';
import { type Ingress, nameKey, refOf } from '../model/objects.ts';
import type { Snapshot } from '../model/snapshot.ts';
import type { Backends } from './backends.ts';
import { createMemories, isSame, type Memories } from './effect-memories.ts';
import { createContexts } from './feature-context.ts';
import type { RoutingOptions } from './options.ts';

/** What the annotations of all Ingresses lead to. */
export interface Effects {
  /** Whether an Ingress is served at all, and what it says. */
  of(ingress: Ingress): Annotated;
  /** What holds at a path of an Ingress; undefined: it answers 503. */
  at(ingress: Ingress, place: FeaturePlace): Effect | undefined;
  /** Whether the path is a regular expression, also where it answers 503. */
  isPattern(ingress: Ingress, place: FeaturePlace): boolean;
  /** Whether NGINX has refused what it leads to, so that nothing but its hosts and paths is to be printed. */
  isRefused(ingress: Ingress): boolean;
  /** What each feature says about a host as a whole, in the order of features; undefined: a guard of it cannot be carried out, so it is closed. */
  onHost(ingress: Ingress, host: string): readonly Said[] | undefined;
  /** What holds where nothing is annotated: always the same object. */
  readonly none: Effect;
  readonly diagnostics: readonly Diagnostic[];
}

/** What a build reads from. */
export interface EffectSources {
  readonly features: ReadonlyMap<string, Feature>;
  readonly snapshot: Snapshot;
  readonly options: RoutingOptions;
  readonly config: Config;
  readonly backends: Backends;
}

/** Starts the reading of one build. Each Ingress is read once, whatever its number of paths. */
export function createEffects(sources: EffectSources): Effects {
  const { features, options, config } = sources;
  const state: State = {
    sources,
    contexts: createContexts(sources),
    memory: createMemories(),
    diagnostics: [],
    ...scopesOf([...features.values()].map((feature) => known(feature, config))),
    isAllBroken: [...config.broken].some((key) => ![...features.values()].some((feature) => hasConfigKey(feature, key))),
    broken: [...features.values()].flatMap((feature) => brokenKeys(feature, config)),
  };
  const definitions = definitionsOf(features);
  const { annotationsPrefix: prefix, ignoreSnippets } = options;
  const reader = { prefix, definitions, ignoreSnippets, config: config.value };
  const read = new Map<Ingress, Annotated>();
  const of = (ingress: Ingress): Annotated => {
    const found = read.get(ingress) ?? ifRefused(sources.snapshot, ingress, readAnnotations(ingress, reader));
    if (!read.has(ingress)) state.diagnostics.push(...found.diagnostics);
    read.set(ingress, found);
    return found;
  };
  return {
    of,
    at: (ingress, place) => effectAt(state, of(ingress), ingress, place),
    isPattern: (ingress, place) => [...of(ingress).values].some(([feature, values]) => feature.isPattern?.(values, place) === true),
    isRefused: (ingress) => isRefused(sources.snapshot, ingress),
    onHost: (ingress, host) => saidOfHost(state, of(ingress), ingress, host),
    none: noEffect,
    diagnostics: state.diagnostics,
  };
}

function isRefused({ refused }: Snapshot, { metadata }: Ingress): boolean {
  return refused?.has(nameKey(metadata.namespace, metadata.name)) === true;
}

/** Its guards are gone with all the rest, so that its paths are denied, and hosts that it guards as a whole are closed. */
function ifRefused(snapshot: Snapshot, ingress: Ingress, annotated: Annotated): Annotated {
  if (!isRefused(snapshot, ingress)) return annotated;
  const guardsHosts = [...annotated.values.keys()].some(({ scope, whenInvalid }) => scope === 'host' && whenInvalid === 'deny');
  return { ...annotated, kind: 'deny', closesHosts: annotated.closesHosts || guardsHosts };
}

interface KnownFeature {
  readonly feature: Feature;
  /** Whether it runs for Ingresses that say nothing. */
  readonly isEverywhere: boolean;
}

/** The features of one scope, and those among them that may speak where an Ingress says nothing. */
interface Scoped {
  readonly all: readonly KnownFeature[];
  readonly unasked: readonly KnownFeature[];
}

interface BrokenKey {
  readonly feature: Feature;
  readonly key: string;
}

interface State {
  readonly sources: EffectSources;
  readonly contexts: ReturnType<typeof createContexts>;
  readonly memory: Memories;
  readonly diagnostics: Diagnostic[];
  readonly location: Scoped;
  readonly host: Scoped;
  /** Whether the ConfigMap asks for protection of everything that cannot be given. */
  readonly isAllBroken: boolean;
  /** Keys whose default in the ConfigMap guards, and cannot be used. */
  readonly broken: readonly BrokenKey[];
}

function known(feature: Feature, config: Config): KnownFeature {
  const keys = Object.entries(feature.keys).map(([key, one]) => configKeyOf(key, one));
  return { feature, isEverywhere: feature.everywhere === true && keys.some((key) => key !== undefined && config.isSet(key)) };
}

function scopesOf(features: readonly KnownFeature[]): Record<Feature['scope'], Scoped> {
  const scoped = (scope: Feature['scope']): Scoped => {
    const all = features.filter(({ feature }) => feature.scope === scope);
    return { all, unasked: all.filter(({ feature, isEverywhere }) => isEverywhere || feature.alsoAt) };
  };
  return { location: scoped('location'), host: scoped('host') };
}

function brokenKeys(feature: Feature, config: Config): readonly BrokenKey[] {
  const broken = Object.entries(feature.keys).filter(([key, one]) => config.broken.has(configKeyOf(key, one) ?? ''));
  return broken.map(([key]) => ({ feature, key }));
}

function hasConfigKey(feature: Feature, configKey: string): boolean {
  return Object.entries(feature.keys).some(([key, one]) => configKeyOf(key, one) === configKey);
}

function effectAt(state: State, annotated: Annotated, ingress: Ingress, place: FeaturePlace): Effect | undefined {
  if (annotated.kind === 'deny' || isBroken(state, annotated)) return undefined;
  const said = saidAt(state, { annotated, ingress, place, scope: 'location' });
  if (said.length === 0) return noEffect;
  const { last } = state.memory.of(ingress);
  if (last && isSame(last.said, said)) return last.effect;
  const effect = isDenied(state, ingress, said) ? undefined : merged(state, ingress, mergeSaid(said));
  state.memory.of(ingress).last = { said, effect };
  return effect;
}

function saidOfHost(state: State, annotated: Annotated, ingress: Ingress, host: string): readonly Said[] | undefined {
  if (annotated.closesHosts) return undefined;
  if (isRefused(state.sources.snapshot, ingress)) return [];
  const place = { kind: 'host', host, path: '/', pathType: 'Prefix' } as const;
  const said = saidAt(state, { annotated, ingress, place, scope: 'host' });
  return isDenied(state, ingress, said) ? undefined : said;
}

/** A list of the ConfigMap that cannot be used protects nobody; an Ingress with a list of its own does not need it. */
function isBroken(state: State, { values }: Annotated): boolean {
  return state.isAllBroken || state.broken.some(({ feature, key }) => values.get(feature)?.[key] === undefined);
}

interface Asked {
  readonly annotated: Annotated;
  readonly ingress: Ingress;
  readonly place: FeaturePlace;
  readonly scope: Feature['scope'];
}

function saidAt(state: State, { annotated, ingress, place, scope }: Asked): readonly Said[] {
  const said: Said[] = [];
  const { all, unasked } = state[scope];
  for (const { feature, isEverywhere } of annotated.values.size === 0 ? unasked : all) {
    const values = annotated.values.get(feature);
    if (!values && !isEverywhere && !feature.alsoAt?.(place, state.sources.config.value)) continue;
    said.push(state.memory.of(ingress).saidOf.get(feature) ?? sayAt(state, { feature, ingress, place }, values));
  }
  return said;
}

/** What one feature says; where it has not looked at the place, it says the same at all places of the Ingress. */
function sayAt(state: State, { feature, ingress, place }: Speaking, values: Readonly<Record<string, unknown>> = {}): Said {
  let hasLooked = false;
  const look = () => {
    hasLooked = true;
    return place;
  };
  const said = { feature, contribution: feature.emit(values, state.contexts.of(feature, ingress, look)) };
  if (!hasLooked) state.memory.of(ingress).saidOf.set(feature, said);
  return said;
}

interface Speaking {
  readonly feature: Feature;
  readonly ingress: Ingress;
  readonly place: FeaturePlace;
}

function isDenied(state: State, ingress: Ingress, said: readonly Said[]): boolean {
  for (const { contribution } of said) {
    for (const one of contribution.ignored ?? []) complain(state, ingress, one, 'AnnotationInvalid');
    for (const one of contribution.withoutEffect ?? []) complain(state, ingress, one, 'AnnotationWithoutEffect');
  }
  const denial = denialOf(said);
  if (denial) complain(state, ingress, denial, 'AnnotationGuardInvalid');
  return denial !== undefined;
}

function merged(state: State, ingress: Ingress, result: Merged): Effect | undefined {
  if (result.ok) return result.effect;
  const titles = result.between.map(({ title }) => `"${title}"`).join(' and ');
  const message = `the annotations of ${titles} both decide ${result.what}, and only one can; the paths of this Ingress answer 503. Remove one of the two.`;
  state.diagnostics.push(diagnostic('AnnotationConflict', refOf(ingress), 'metadata.annotations', message));
  return undefined;
}

type ComplaintCode = 'AnnotationInvalid' | 'AnnotationWithoutEffect' | 'AnnotationGuardInvalid';

function complain({ sources, diagnostics }: State, ingress: Ingress, { key, reason }: Complaint, code: ComplaintCode): void {
  const { annotationsPrefix: prefix } = sources.options;
  const { annotations } = ingress.metadata;
  const alias = [...sources.features.values()].map((feature) => feature.keys[key]?.alias).find((one) => one !== undefined);
  const name = `${prefix}/${alias !== undefined && annotations[`${prefix}/${key}`] === undefined ? alias : key}`;
  const text = annotations[name];
  const scope = [...sources.features.values()].find((feature) => key in feature.keys)?.scope;
  const guards = code === 'AnnotationGuardInvalid' && (scope === 'host' ? 'host' : true);
  const message =
    code === 'AnnotationWithoutEffect' ? reason : refusalMessage({ key, text: text?.trim() ?? '(from the ConfigMap)', reason, guards });
  diagnostics.push(diagnostic(code, refOf(ingress), annotationField(name), message));
}
