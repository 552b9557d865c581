import type { Code } from '../model/diagnostic.ts';
import type { Directive } from '../model/directive.ts';
import type { Front } from '../model/front.ts';
import type { HttpBlock } from '../model/http-block.ts';
import type { ConfigMap, ObjectRef, PathType, Secret } from '../model/objects.ts';
import type { Overrides } from '../model/overrides.ts';
import type { Answer, ConditionalAnswer, Headers, Target, UpstreamSettings } from '../model/routing.ts';
import type { Complaint, Contribution, LiveFile } from './contribution.ts';
import type { ObjectName, Parsed, Parser } from './parsers.ts';

/** How dangerous a key is in the hands of somebody who may write Ingresses; the ConfigMap's `annotations-risk-level` is the highest that is taken. */
export type Risk = 'low' | 'medium' | 'high' | 'critical';

/** How a key compares with ingress-nginx; the text says what is different. */
export type Likeness = 'same' | { readonly stricter: string } | { readonly different: string };

/** One annotation key, without the prefix. */
export interface KeyDefinition<T> {
  readonly parse: Parser<T>;
  readonly doc: string;
  /** A value that is accepted: shown where one is refused, and on the page. */
  readonly example: string;
  readonly risk: Risk;
  readonly like: Likeness;
  /** What holds without the annotation and without a ConfigMap; `defaultText` shows it on the pages. */
  readonly default?: T;
  readonly defaultText?: string;
  /** Another name of the key, which counts where the first one is absent or empty. */
  readonly alias?: string;
  /** The ConfigMap key that is the default: `true` for one of the same name. */
  readonly configMap?: true | string;
  /** Where it differs from the `whenInvalid` of its feature. */
  readonly whenInvalid?: 'deny' | 'ignore';
  /**
   * What a value that is empty, refused or under a misspelt key counts as, where leaving it out would open more than was asked for.
   * `consequence` is a whole sentence about that.
   */
  readonly refusedAs?: { readonly value: T; readonly consequence: string };
  /** The kind of object that the value names, so that the object is known when the feature runs. */
  readonly names?: 'Secret' | 'ConfigMap';
}

export type Keys = Readonly<Record<string, KeyDefinition<unknown>>>;

type ValueOf<D> = D extends { readonly parse: Parser<infer T> } ? T : never;

/** What the annotations of one Ingress say; undefined where a key is absent. */
export type Values<K extends Keys> = { readonly [N in keyof K]: ValueOf<K[N]> | undefined };

/** What the ConfigMap says, or the default: what holds where the Ingress says nothing. */
export type Inherited<K extends Keys> = {
  readonly [N in keyof K]: K[N] extends { readonly default: infer _ } ? ValueOf<K[N]> : ValueOf<K[N]> | undefined;
};

/** The place for which a feature is asked: the path of a rule, what answers unmatched paths, or a host as a whole. */
export interface FeaturePlace {
  /** `rule`; `unmatched`: what answers the other paths of a host with rules; `catch-all`: `spec.defaultBackend` without rules; `host`. */
  readonly kind: 'rule' | 'unmatched' | 'catch-all' | 'host';
  /** As the rule writes it; empty for none. */
  readonly host: string;
  /** As the rule writes it; `/` where there is none. */
  readonly path: string;
  readonly pathType: PathType;
  /** What the rule, or `spec.defaultBackend`, names; absent where nobody names a Service. */
  readonly service?: { readonly name: string; readonly port: string };
}

/** What a feature may look at beyond its own keys. All of it is pure. */
export interface FeatureContext<K extends Keys> {
  readonly ingress: ObjectRef;
  readonly place: FeaturePlace;
  readonly inherited: Inherited<K>;
  /** The value of any ConfigMap key, as its own definition parses it, or its default. */
  config<T>(key: ConfigKey<T>): T;
  /** Whether the NGINX in use can trace requests. */
  readonly canTrace: boolean;
  /** The object of this name beside the Ingress; another namespace is refused unless the ConfigMap allows it. */
  secret(name: ObjectName): Parsed<Secret>;
  configMap(name: ObjectName): Parsed<ConfigMap>;
  /** A ConfigMap that the settings name, wherever it is. */
  settingsMap(name: ObjectName): Parsed<ConfigMap>;
  /** A host that a URL names: a Service by its name in the cluster, any other name, or an address. */
  host(name: string, port: number, settings?: UpstreamSettings): Parsed<Target>;
  /** The first port of a Service beside the Ingress, as somewhere to send requests to. */
  service(name: string): Parsed<Target>;
  /** What the operator has chosen for requests that no rule matches: a Service, or an answer. */
  readonly fallback: Target | Answer;
  /** `gatehouse_PURPOSE_0123456789`: a name for a zone, a variable or a location; equal parts give equal names. */
  unique(purpose: string, ...parts: readonly string[]): string;
  /** Sixteen hexadecimal digits for `files`; name the source, not the content, so that a new content needs no reload. */
  fileId(...parts: readonly string[]): string;
}

/** A ConfigMap key with the type of its value: what `config()` is asked with. */
export interface ConfigKey<T> {
  readonly key: string;
  readonly default: T;
}

/** What the ConfigMap and the defaults say about all hosts. */
export interface ConfigContribution {
  readonly main?: readonly Directive[];
  readonly events?: readonly Directive[];
  readonly http?: readonly Directive[];
  readonly upstream?: readonly Directive[];
  /** For TCP and UDP ports. */
  readonly stream?: readonly Directive[];
  readonly blocks?: readonly HttpBlock[];
  readonly headers?: Partial<Headers>;
  /** What the ConfigMap itself says about headers: each takes the place of the one of that name. */
  readonly ownHeaders?: Partial<Headers>;
  /** Answers for some requests to any host, before anything else. */
  readonly answers?: readonly ConditionalAnswer[];
  /** In the server for hosts that no rule names, where it listens for https. */
  readonly unmatchedTls?: readonly Directive[];
  /** Files that directives at the level `http` name as `{ file: id }`. NGINX reads them once, so that the id is made from the content. */
  readonly files?: readonly LiveFile[];
  /** Each of them from one place. */
  readonly overrides?: Overrides;
  /** From one place. */
  readonly front?: Front;
  /** Keys whose value cannot be used, though it could be parsed. One that guards access denies. */
  readonly problems?: readonly Complaint[];
  /** What whoever writes the ConfigMap should know about a key, though it is carried out. */
  readonly warnings?: readonly ConfigWarning[];
}

/** `message` is all that is said. */
export interface ConfigWarning {
  /** The ConfigMap that the key is in; absent: that of the controller. */
  readonly object?: ObjectRef;
  readonly key: string;
  readonly code: Code;
  readonly message: string;
}

/** What a feature is called, where it applies, and its keys. */
export interface FeatureDefinition<K extends Keys> {
  /** The heading on the page. */
  readonly title: string;
  /** `location`: asked for each path of the Ingress; `host`: once for each host, and the oldest Ingress that says something decides. */
  readonly scope: 'location' | 'host';
  /** `deny`: the feature guards access, and the locations of the Ingress answer 503, or for `scope: 'host'` all of the host 403; `ignore`: it tunes, and is left out with a warning. */
  readonly whenInvalid: 'deny' | 'ignore';
  /** Whether it also runs for Ingresses that say nothing, once the ConfigMap has one of its keys. Otherwise `base` is what the ConfigMap does. */
  readonly everywhere?: boolean;
  /** Whether an Ingress with these values only offers an alternative to another one, and takes no host and no path. */
  readonly isAlternative?: (values: Readonly<Record<string, unknown>>) => boolean;
  /** Whether it also runs at this place of an Ingress that says nothing: for what a ConfigMap key of a group, or a default, demands of some places. */
  readonly alsoAt?: (place: FeaturePlace, config: FeatureContext<Keys>['config']) => boolean;
  readonly keys: K;
}

/** What a feature leads to. */
export interface FeatureEffect<K extends Keys> {
  /** What holds for all locations that say nothing. */
  readonly base?: (values: Inherited<K>, context: Pick<FeatureContext<K>, 'config' | 'canTrace'>) => ConfigContribution;
  /** What one Ingress leads to at one place. */
  readonly emit: (values: Values<K>, context: FeatureContext<K>) => Contribution;
  /** Whether the path of a rule is a regular expression. Asked for a denied place as well, which has to keep all of its requests. */
  readonly isPattern?: (values: Values<K>, place: FeaturePlace) => boolean;
}

/** A feature as the engine sees it. */
export type Feature = FeatureDefinition<Keys> & FeatureEffect<Keys>;

/** Defines a feature; what `emit` reads is typed from `keys`. A file in `features/` has it as its default export. */
export function feature<const K extends Keys>(definition: FeatureDefinition<K>, effect: FeatureEffect<K>): Feature {
  return { ...definition, ...(effect as unknown as FeatureEffect<Keys>) };
}

/** The ConfigMap key that is the default of an annotation key, if any. */
export function configKeyOf(key: string, definition: KeyDefinition<unknown>): string | undefined {
  return definition.configMap === true ? key : definition.configMap;
}
