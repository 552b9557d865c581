import type { ConfigContribution, ConfigKey, Feature } from '../annotations/define.ts';
import { configKeyOf } from '../annotations/define.ts';
import { hasControl, shown } from '../annotations/messages.ts';
import { accepted, type ObjectName, type Parsed, type Parser, refused } from '../annotations/parsers.ts';
import { type Diagnostic, diagnostic } from '../model/diagnostic.ts';
import { type ConfigMap, type Key, nameKey, type ObjectRef, refOf } from '../model/objects.ts';
import { closest } from '../model/suggestions.ts';
import type { Group, GroupContext } from './define.ts';
import { mergeContributions } from './merge.ts';
import { nameOf, names } from './names.ts';

/** The settings of one moment: what the ConfigMap says, and what holds where it says nothing. */
export interface Config {
  value<T>(key: ConfigKey<T>): T;
  /** The value of a key, or its default; undefined where it has none. */
  raw(key: string): unknown;
  /** Whether the ConfigMap has a usable value for the key. */
  isSet(key: string): boolean;
  /** Guarding keys that the ConfigMap has, but that cannot be carried out. */
  readonly broken: ReadonlySet<string>;
  readonly contribution: Required<ConfigContribution>;
  readonly diagnostics: readonly Diagnostic[];
}

/** What can be said in a ConfigMap: groups, and features whose annotations have their defaults there. */
export interface ConfigDefinitions {
  readonly groups: ReadonlyMap<string, Group>;
  readonly features: ReadonlyMap<string, Feature>;
}

/** One key, whoever defines it. */
interface Definition {
  readonly parse: Parser<unknown>;
  readonly example: string;
  readonly default?: unknown;
  readonly emptyAs?: unknown;
  readonly otherwise?: { readonly value: unknown; readonly says: string };
  readonly guards: boolean;
  readonly lines?: true;
  readonly secret?: true;
  readonly names?: string;
}

/** What decides beside the ConfigMap itself. */
interface ConfigSurroundings {
  readonly others: ReadonlyMap<Key, ConfigMap>;
  readonly ignoreSnippets: boolean;
  readonly canTrace: boolean;
}

/** Reads a ConfigMap, or the absence of one. What is wrong with it is said to the ConfigMap, and the defaults stay. */
export function readConfig(
  configMap: ConfigMap | undefined,
  { groups, features }: ConfigDefinitions,
  { others, ignoreSnippets, canTrace }: ConfigSurroundings,
): Config {
  const definitions = definitionsOf({ groups, features });
  const reading: Reading = { values: new Map(), broken: new Set(), diagnostics: [], ignoreSnippets };
  if (configMap)
    for (const [key, text] of Object.entries(configMap.data)) readKey(reading, definitions, { key, text, ref: refOf(configMap) });
  const raw = (key: string) => (reading.values.has(key) ? reading.values.get(key) : definitions.get(key)?.default);
  const value = <T>(key: ConfigKey<T>): T => (raw(key.key) ?? key.default) as T;
  const named = ({ namespace, name }: ObjectName) => others.get(nameKey(namespace ?? configMap?.metadata.namespace ?? '', name));
  const contribution = mergeContributions(contributionsOf({ groups, features }, raw, { config: value, canTrace, configMap: named }));
  if (configMap) complain(reading, definitions, configMap, contribution);
  return {
    value,
    raw,
    isSet: (key) => reading.values.has(key),
    broken: reading.broken,
    contribution,
    diagnostics: reading.diagnostics,
  };
}

function contributionsOf({ groups, features }: ConfigDefinitions, raw: (key: string) => unknown, context: GroupContext) {
  const valuesOf = (keys: readonly (readonly [string, string])[]) => Object.fromEntries(keys.map(([name, key]) => [name, raw(key)]));
  return [
    ...[...groups.values()].map((group) => group.base?.(valuesOf(Object.keys(group.keys).map((key) => [key, key])), context)),
    ...[...features.values()].map((feature) =>
      feature.base?.(valuesOf(Object.entries(feature.keys).map(([key, one]) => [key, configKeyOf(key, one) ?? key])), context),
    ),
  ];
}

function complain(
  { broken, diagnostics }: Reading,
  definitions: ReadonlyMap<string, Definition>,
  configMap: ConfigMap,
  { problems, warnings }: Required<ConfigContribution>,
): void {
  const ref = refOf(configMap);
  const field = (key: string) => `data[${JSON.stringify(key)}]`;
  for (const { key, reason } of problems) {
    const isGuard = definitions.get(key)?.guards === true;
    if (isGuard) broken.add(key);
    const message = `${key}: ${shown(configMap.data[key] ?? '')} is refused: ${reason}. ${isGuard ? guardDenies : 'It has no effect.'}`;
    diagnostics.push(diagnostic('ConfigMapInvalid', ref, field(key), message));
  }
  diagnostics.push(...warnings.map(({ object = ref, key, code, message }) => diagnostic(code, object, field(key), message)));
}

const guardDenies = 'As it guards access, every path that depends on it answers 503.';

/** The ConfigMaps that the keys of a ConfigMap name. */
export function configReferences(configMap: ConfigMap, definitions: ConfigDefinitions): readonly Key[] {
  const known = definitionsOf(definitions);
  return Object.entries(configMap.data).flatMap(([key, text]) => {
    const definition = known.get(key);
    const parsed = definition?.names === 'ConfigMap' ? definition.parse(text.trim()) : undefined;
    if (!parsed?.ok) return [];
    const { namespace = configMap.metadata.namespace, name } = parsed.value as { readonly namespace?: string; readonly name: string };
    return [nameKey(namespace, name)];
  });
}

interface Reading {
  readonly values: Map<string, unknown>;
  readonly broken: Set<string>;
  readonly diagnostics: Diagnostic[];
  readonly ignoreSnippets: boolean;
}

interface Entry {
  readonly key: string;
  readonly text: string;
  readonly ref: ObjectRef;
}

function readKey(reading: Reading, definitions: ReadonlyMap<string, Definition>, { key, text, ref }: Entry): void {
  const definition = definitions.get(key);
  const trimmed = (definition?.lines ? text.replace(/[\r\n\t]+/g, ' ') : text).trim();
  const problem = definition
    ? knownProblem(reading, definition, key, trimmed)
    : unknownProblem(key, trimmed, definitions, reading.ignoreSnippets);
  if (!problem) return;
  if (problem.code === 'ConfigMapGuardUnsupported') reading.broken.add(key);
  reading.diagnostics.push(diagnostic(problem.code, ref, `data[${JSON.stringify(key)}]`, problem.message));
}

/** Keeps the value of a key, or what holds in its place. */
function knownProblem(reading: Reading, definition: Definition, key: string, text: string): Problem | undefined {
  const { emptyAs, otherwise, guards } = definition;
  const parsed = text === '' ? accepted(emptyAs) : parsedText(definition, text);
  const value = parsed.ok ? parsed.value : otherwise?.value;
  if (value !== undefined) reading.values.set(key, value);
  if (parsed.ok) return undefined;
  if (guards) reading.broken.add(key);
  const shownAs = definition.secret ? '' : `: ${shown(text)}`;
  const instead = definition.secret ? '' : `, for example ${JSON.stringify(definition.example)}`;
  const consequence = otherwise?.says ?? (guards ? guardDenies : 'The default stays.');
  return { code: 'ConfigMapInvalid', message: `${key}${shownAs} is refused: ${parsed.reason}${instead}. ${consequence}` };
}

function parsedText({ parse }: Definition, text: string): Parsed<unknown> {
  return hasControl(text) ? refused('it contains a line break or another control character') : parse(text);
}

interface Problem {
  readonly code: 'ConfigMapGuardUnsupported' | 'ConfigMapInvalid' | 'ConfigMapUnsupported' | 'ConfigMapUnknown';
  readonly message: string;
}

function unknownProblem(
  key: string,
  text: string,
  definitions: ReadonlyMap<string, Definition>,
  ignoreSnippets: boolean,
): Problem | undefined {
  const known = nameOf(key);
  if (known === undefined) {
    const meant = closest(key, [...definitions.keys(), ...names.keys()]);
    return {
      code: 'ConfigMapUnknown',
      message: `there is no key ${key}.${meant === undefined ? '' : ` Did you mean ${meant}?`} It is ignored.`,
    };
  }
  if (text === '' || known.asDefault?.includes(text)) return undefined;
  if (known.kind === 'guard') {
    return {
      code: 'ConfigMapGuardUnsupported',
      message: `${key} guards access and is never carried out, so every path answers 503: ${known.why}. Remove it only if everybody may reach them.`,
    };
  }
  if (known.kind === 'snippet' && !ignoreSnippets) {
    return {
      code: 'ConfigMapGuardUnsupported',
      message: `${key} may guard access, so every path answers 503: ${known.why}. With --ignore-snippets all is served without it.`,
    };
  }
  const why = known.kind === 'planned' ? 'it is not supported yet' : known.why;
  return { code: 'ConfigMapUnsupported', message: `${key} has no effect: ${why}.` };
}

function definitionsOf({ groups, features }: ConfigDefinitions): ReadonlyMap<string, Definition> {
  const own = [...groups.values()]
    .flatMap((group) => Object.entries(group.keys))
    .map(([key, one]) => [key, { ...one, guards: one.guards ?? false }] as const);
  const defaults = [...features.values()].flatMap((feature) =>
    Object.entries(feature.keys).flatMap(([key, one]) => {
      const configKey = configKeyOf(key, one);
      const guards = (one.whenInvalid ?? feature.whenInvalid) === 'deny';
      return configKey === undefined ? [] : [[configKey, { ...one, guards }] as const];
    }),
  );
  return new Map<string, Definition>([...own, ...defaults]);
}
