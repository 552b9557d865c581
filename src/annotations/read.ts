import { type Diagnostic, diagnostic } from '../model/diagnostic.ts';
import { type Ingress, refOf } from '../model/objects.ts';
import { closest } from '../model/suggestions.ts';
import { riskLevel, risks, wordBlocklist } from './config-keys.ts';
import type { ConfigKey, Feature, KeyDefinition } from './define.ts';
import { keys, refusals, replacementOf, switches, wasGuard } from './keys.ts';
import { annotationField, denialText, emptyMessage, hasControl, refusalMessage, shown } from './messages.ts';
import { type Parsed, refused } from './parsers.ts';

/** What all Ingresses are read with. */
export interface Reader {
  /** What the annotations begin with, before the slash. */
  readonly prefix: string;
  readonly definitions: Definitions;
  readonly config: <T>(key: ConfigKey<T>) => T;
  /** Whether an Ingress with snippets is served without them. */
  readonly ignoreSnippets: boolean;
}

/** The keys of all features and their aliases. */
export type Definitions = ReadonlyMap<string, Definition>;

interface Definition {
  readonly feature: Feature;
  /** The main name, also where it was found by its alias. */
  readonly key: string;
  readonly one: KeyDefinition<unknown>;
  readonly guards: boolean;
}

/** What the annotations of one Ingress say. */
export interface Annotated {
  /** `deny`: every path of it answers 503. */
  readonly kind: 'serve' | 'deny';
  /** For each feature that it names: its values by key. */
  readonly values: ReadonlyMap<Feature, Readonly<Record<string, unknown>>>;
  /** A guard of whole hosts cannot be carried out: they are closed, whoever's paths they have. */
  readonly closesHosts: boolean;
  /** It takes no host and no path, and only offers an alternative to another Ingress. */
  readonly isAlternative: boolean;
  readonly diagnostics: readonly Diagnostic[];
}

const nothing: Annotated = { kind: 'serve', values: new Map(), isAlternative: false, closesHosts: false, diagnostics: [] };

/** The keys of features, and where two of them want the same one: that is a mistake of ours, and throws. */
export function definitionsOf(features: ReadonlyMap<string, Feature>): Definitions {
  const found = new Map<string, Definition>();
  for (const feature of features.values()) {
    for (const [key, one] of Object.entries(feature.keys)) {
      for (const name of one.alias === undefined ? [key] : [key, one.alias]) {
        if (found.has(name)) throw new Error(`${name} is defined by two features`);
        found.set(name, { feature, key, one, guards: (one.whenInvalid ?? feature.whenInvalid) === 'deny' });
      }
    }
  }
  return found;
}

/** Reads the annotations under the prefix; those under any other are left alone. What is wrong is said to the Ingress. */
export function readAnnotations(ingress: Ingress, reader: Reader): Annotated {
  const start = `${reader.prefix}/`;
  const own = Object.entries(ingress.metadata.annotations).filter(([name]) => name.startsWith(start));
  if (own.length === 0) return nothing;
  const reading: Reading = {
    ingress,
    reader,
    present: new Map(own),
    values: new Map(),
    diagnostics: [],
    isDenied: false,
    closesHosts: false,
  };
  for (const [name, text] of own) readOne(reading, { name, key: name.slice(start.length), text: trimmed(text) });
  return {
    kind: reading.isDenied ? 'deny' : 'serve',
    values: reading.values,
    closesHosts: reading.closesHosts,
    isAlternative: [...reading.values].some(([feature, values]) => feature.isAlternative?.(values) === true),
    diagnostics: reading.diagnostics,
  };
}

interface Reading {
  readonly ingress: Ingress;
  readonly reader: Reader;
  readonly present: ReadonlyMap<string, string>;
  readonly values: Map<Feature, Record<string, unknown>>;
  readonly diagnostics: Diagnostic[];
  isDenied: boolean;
  closesHosts: boolean;
}

interface Annotation {
  /** With the prefix. */
  readonly name: string;
  readonly key: string;
  readonly text: string;
}

/** ingress-nginx trims line by line. */
function trimmed(text: string): string {
  const lines = text.split('\n').map((line) => line.trim());
  return lines.join('\n').trim();
}

function say(reading: Reading, { name }: Annotation, code: Diagnostic['code'], message: string): void {
  reading.diagnostics.push(diagnostic(code, refOf(reading.ingress), annotationField(name), message));
}

function deny(reading: Reading, annotation: Annotation, code: Diagnostic['code'], message: string): void {
  reading.isDenied = true;
  say(reading, annotation, code, message);
}

function denyGuard(reading: Reading, annotation: Annotation, { scope }: Feature, message: string): void {
  if (scope === 'host') reading.closesHosts = true;
  deny(reading, annotation, 'AnnotationGuardInvalid', message);
}

function readOne(reading: Reading, annotation: Annotation): void {
  const definition = reading.reader.definitions.get(annotation.key);
  const word = reading.reader.config(wordBlocklist).find((one) => annotation.text.includes(one));
  if (word !== undefined) {
    forbid(reading, annotation, definition, `contains ${shown(word)}, which the ConfigMap's ${wordBlocklist.key} forbids`);
    return;
  }
  const refusal = refusals.get(annotation.key);
  if (refusal) refuse(reading, annotation);
  else if (definition) readDefined(reading, annotation, definition);
  else readUndefined(reading, annotation);
}

/** Whoever is denied keeps all requests that the paths would take as expressions. */
function forbid(reading: Reading, annotation: Annotation, definition: Definition | undefined, why: string): void {
  const guardsHost = definition?.guards === true && definition.feature.scope === 'host';
  if (guardsHost) reading.closesHosts = true;
  const pattern = definition?.feature.isPattern && parse(definition.one, annotation.text);
  if (definition && pattern?.ok) setValue(reading, definition.feature, definition.key, pattern.value);
  deny(reading, annotation, 'AnnotationForbidden', `${annotation.key} ${why}; ${denialText(guardsHost)}.`);
}

function readDefined(reading: Reading, annotation: Annotation, definition: Definition): void {
  const { feature, key, one, guards } = definition;
  const { key: written, text } = annotation;
  const { reader, present } = reading;
  if (written !== key && trimmed(present.get(`${reader.prefix}/${key}`) ?? '') !== '') {
    say(reading, annotation, 'AnnotationWithoutEffect', `${written} is another name of ${key}, which is there too and counts.`);
    return;
  }
  if (text === '' && one.refusedAs === undefined) {
    if (guards) denyGuard(reading, annotation, feature, emptyMessage(written, one.example, feature.scope === 'host'));
    return;
  }
  const level = reader.config(riskLevel);
  if (risks.findIndex((risk) => risk.toLowerCase() === one.risk) > risks.indexOf(level)) {
    forbid(reading, annotation, definition, `has the risk ${one.risk}, and the ConfigMap's ${riskLevel.key} allows ${level} at most`);
    return;
  }
  readValue(reading, annotation, definition);
}

function readValue(reading: Reading, annotation: Annotation, { feature, key, one, guards }: Definition): void {
  const { key: written, text } = annotation;
  const parsed = parse(one, text);
  if (parsed.ok) {
    setValue(reading, feature, key, parsed.value);
    return;
  }
  if (one.refusedAs) setValue(reading, feature, key, one.refusedAs.value);
  const message = refusalMessage({
    key: written,
    text,
    reason: parsed.reason,
    example: one.example,
    guards: guards && feature.scope === 'host' ? 'host' : guards,
    ...(one.refusedAs ? { otherwise: one.refusedAs.consequence } : {}),
  });
  if (guards) denyGuard(reading, annotation, feature, message);
  else say(reading, annotation, 'AnnotationInvalid', message);
}

function parse(one: KeyDefinition<unknown>, text: string): Parsed<unknown> {
  if (text === '') return refused('it is empty');
  return hasControl(text) ? refused('it contains a line break or another control character') : one.parse(text);
}

function setValue({ values }: Reading, feature: Feature, key: string, value: unknown): void {
  const own = values.get(feature) ?? {};
  values.set(feature, own);
  own[key] = value;
}

/** The values by which Go's ParseBool means false. */
const no = new Set(['0', 'f', 'F', 'false', 'FALSE', 'False']);

function refuse(reading: Reading, annotation: Annotation): void {
  const { key, text } = annotation;
  const { kind, instead } = refusals.get(key) ?? { kind: 'tune', instead: '' };
  if (switches.has(key) && no.has(text)) return;
  if (kind === 'snippet' && reading.reader.ignoreSnippets) {
    say(reading, annotation, 'AnnotationWithoutEffect', `${key} is left out, as --ignore-snippets asks: ${instead}.`);
  } else if (kind === 'snippet') {
    const message = `snippets are not carried out, and this one may guard access, so the paths of this Ingress answer 503: ${instead}. With --ignore-snippets it is served without it.`;
    deny(reading, annotation, 'AnnotationSnippet', message);
  } else if (kind === 'guard') {
    const message = `${key} asks for protection that cannot be given, so the paths of this Ingress answer 503: ${instead}.`;
    deny(reading, annotation, 'AnnotationGuardUnsupported', message);
  } else say(reading, annotation, 'AnnotationWithoutEffect', `${key} has no effect: ${instead}.`);
}

function readUndefined(reading: Reading, annotation: Annotation): void {
  const { key, text } = annotation;
  const effect = keys.get(key);
  if (switches.has(key) && no.has(text)) return;
  if (effect === undefined) readUnknown(reading, annotation);
  else if (effect === 'guard') {
    const message = `${key} guards access and is not supported yet, so the paths of this Ingress answer 503. Remove it only if everybody may reach them.`;
    deny(reading, annotation, 'AnnotationGuardUnsupported', message);
  } else say(reading, annotation, 'AnnotationUnsupported', `${key} is not supported yet; this Ingress is served without it.`);
}

/** A key that is a guard but for its spelling was meant to keep somebody out; nobody can tell that it was not. */
function readUnknown(reading: Reading, annotation: Annotation): void {
  const { key } = annotation;
  const { definitions } = reading.reader;
  const replacement = replacementOf(key);
  const meant = replacement === undefined ? closest(key, [...definitions.keys(), ...keys.keys()]) : undefined;
  const guards = wasGuard(key) || (meant !== undefined && (keys.get(meant) === 'guard' || definitions.get(meant)?.guards === true));
  const what =
    replacement === undefined
      ? `there is no annotation ${key}.${meant === undefined ? '' : ` Did you mean ${meant}?`}`
      : `ingress-nginx dropped ${key} long ago: ${replacement}.`;
  if (guards) deny(reading, annotation, 'AnnotationUnknown', `${what} As it was to guard access, the paths of this Ingress answer 503.`);
  else say(reading, annotation, 'AnnotationUnknown', `${what} ${withoutMeant(reading, meant) ?? 'It is ignored.'}`);
}

/** A misspelt key counts as one that was refused, unless it is there in its right spelling too. */
function withoutMeant(reading: Reading, meant: string | undefined): string | undefined {
  const { definitions, prefix } = reading.reader;
  const definition = meant === undefined ? undefined : definitions.get(meant);
  if (!definition?.one.refusedAs || reading.present.has(`${prefix}/${definition.key}`)) return undefined;
  setValue(reading, definition.feature, definition.key, definition.one.refusedAs.value);
  return definition.one.refusedAs.consequence;
}
