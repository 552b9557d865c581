import { noAuthLocations } from './config-keys.ts';
import type { FeatureContext, FeaturePlace, Keys } from './define.ts';

/** Whether the ConfigMap exempts a rule path from all authentication. It goes by path element: `/open` does not exempt a rule `/openly`. */
export function isExempt({ path }: FeaturePlace, config: FeatureContext<Keys>['config']): boolean {
  return config(noAuthLocations).some((one) => path === one || path.startsWith(one.endsWith('/') ? one : `${one}/`));
}
