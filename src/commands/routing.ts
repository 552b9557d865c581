import type { ClassOptions } from '../flags/values.ts';
import { defaultRoutingOptions, type RoutingOptions } from '../routing/options.ts';

/** The routing options that the flags of a local command lead to. */
export function routingOptions(options: ClassOptions, local: Partial<RoutingOptions>): RoutingOptions {
  const { ingressClass, controllerClass, ingressClassByName, watchIngressWithoutClass } = options;
  return { ...defaultRoutingOptions, ingressClass, controllerClass, ingressClassByName, watchIngressWithoutClass, ...local };
}
