import type { ConfigContribution, ConfigKey, Likeness } from '../annotations/define.ts';
import type { ObjectName, Parser } from '../annotations/parsers.ts';
import type { ConfigMap } from '../model/objects.ts';

/** One key of the ConfigMap that is not the default of an annotation. */
export interface ConfigKeyDefinition<T> {
  readonly parse: Parser<T>;
  readonly doc: string;
  /** A value that is accepted: shown where one is refused, and on the page. */
  readonly example: string;
  readonly like: Likeness;
  /** What holds without the key; `defaultText` is how one would write it. */
  readonly default?: T;
  readonly defaultText: string;
  /** Whether the empty text means something of its own; otherwise an empty value is as no value. */
  readonly emptyAs?: T;
  /** Whether it keeps somebody out: with a value that cannot be used, every location answers 503. */
  readonly guards?: boolean;
  /** What holds in place of a value that cannot be used, where the default would open something; `says` is the last sentence of the message. */
  readonly otherwise?: { readonly value: T; readonly says: string };
  /** Whether the value is a secret, which no message may show. */
  readonly secret?: true;
  /** Whether line breaks are as blanks: long lists are written that way. */
  readonly lines?: true;
  /** The value names a ConfigMap, so that it is known when the group runs. */
  readonly names?: 'ConfigMap';
}

export type ConfigKeys = Readonly<Record<string, ConfigKeyDefinition<unknown>>>;

type ValueOf<D> = D extends { readonly parse: Parser<infer T> } ? T : never;

/** What the ConfigMap says, or the default. */
export type ConfigValues<K extends ConfigKeys> = {
  readonly [N in keyof K]: K[N] extends { readonly default: infer _ } ? ValueOf<K[N]> : ValueOf<K[N]> | undefined;
};

/** What a group may look at beyond its own keys. */
export interface GroupContext {
  /** The value of a key of another group, or of an annotation's default. */
  config<T>(key: ConfigKey<T>): T;
  /** Whether the NGINX in use can trace requests. */
  readonly canTrace: boolean;
  /** A ConfigMap that a key names; undefined when there is none. */
  configMap(name: ObjectName): ConfigMap | undefined;
}

/** Some keys that belong together. */
export interface GroupDefinition<K extends ConfigKeys> {
  /** The heading on the page. */
  readonly title: string;
  readonly keys: K;
}

/** A group as `read.ts` sees it. */
export interface Group extends GroupDefinition<ConfigKeys> {
  readonly base?: (values: ConfigValues<ConfigKeys>, context: GroupContext) => ConfigContribution;
}

/**
 * Defines a group. `base` says what holds for all hosts; without it the keys are there for features that read them with
 * `context.config`. What it reads is typed from `keys`. A file in `groups/` has the group as its default export.
 */
export function group<const K extends ConfigKeys>(
  definition: GroupDefinition<K>,
  base?: (values: ConfigValues<K>, context: GroupContext) => ConfigContribution,
): Group {
  return { ...definition, ...(base ? { base: base as Group['base'] & object } : {}) };
}
