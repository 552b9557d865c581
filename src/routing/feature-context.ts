import { hash } from 'node:crypto';
import { allowCrossNamespace } from '../annotations/config-keys.ts';
import { configKeyOf, type Feature, type FeatureContext, type FeaturePlace, type Keys } from '../annotations/define.ts';
import { accepted, type ObjectName, type Parsed, refused } from '../annotations/parsers.ts';
import { type Ingress, type Key, nameKey, refOf } from '../model/objects.ts';
import type { EffectSources } from './effects.ts';

/** Makes what a feature may look at, for each feature, Ingress and place. */
export interface FeatureContexts {
  /** `look` is asked for the place once the feature asks for it. */
  of(feature: Feature, ingress: Ingress, look: () => FeaturePlace): FeatureContext<Keys>;
}

/** What all contexts of one build have in common is found out once. */
export function createContexts({ features, snapshot, options: { canTrace }, config, backends }: EffectSources): FeatureContexts {
  const inherited = new Map([...features.values()].map((feature) => [feature, inheritedBy(feature, config)] as const));
  const find = <T>(table: ReadonlyMap<Key, T>, kind: string, ingress: Ingress, { namespace, name }: ObjectName): Parsed<T> => {
    const own = ingress.metadata.namespace;
    if (namespace !== undefined && namespace !== own && !config.value(allowCrossNamespace)) {
      return refused(
        `it names a ${kind} of another namespace, which the ConfigMap's ${allowCrossNamespace.key} does not allow; copy it to ${own}`,
      );
    }
    const key = nameKey(namespace ?? own, name);
    const found = table.get(key);
    return found ? accepted(found) : refused(`there is no ${kind} ${key}`);
  };
  const common: Omit<FeatureContext<Keys>, 'ingress' | 'place' | 'inherited' | 'secret' | 'configMap' | 'service'> = {
    config: config.value,
    canTrace,
    settingsMap: ({ namespace = '', name }) => {
      const found = snapshot.configMaps.get(nameKey(namespace, name));
      return found ? accepted(found) : refused(`there is no ConfigMap ${namespace}/${name}`);
    },
    host: backends.host,
    fallback: backends.fallback,
    unique: (purpose, ...parts) => `gatehouse_${purpose}_${digest([purpose, ...parts], 10)}`,
    fileId: (...parts) => digest(parts, 16),
  };
  return {
    of: (feature, ingress, look) => ({
      ...common,
      ingress: refOf(ingress),
      get place() {
        return look();
      },
      inherited: inherited.get(feature) ?? {},
      secret: (name) => find(snapshot.secrets, 'Secret', ingress, name),
      configMap: (name) => find(snapshot.configMaps, 'ConfigMap', ingress, name),
      service: (name) => backends.named(ingress.metadata.namespace, name),
    }),
  };
}

/** What holds where an Ingress says nothing. */
function inheritedBy(feature: Feature, config: EffectSources['config']): FeatureContext<Keys>['inherited'] {
  const entries = Object.entries(feature.keys).map(([key, one]) => {
    const configKey = configKeyOf(key, one);
    return [key, configKey === undefined ? one.default : config.raw(configKey)] as const;
  });
  return Object.fromEntries(entries);
}

/** Parts that cannot be mistaken for one another, as no value has NUL in it. */
function digest(parts: readonly string[], digits: number): string {
  return hash('sha256', parts.join('\0')).slice(0, digits);
}
