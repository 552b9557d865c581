import type { RoutingFlags } from '../flags/routing-flags.ts';
import { defaultRoutingOptions, type RoutingOptions } from '../routing/options.ts';

/** The flags that are options of routing under the same name. */
const sameNames = [
  'ingressClass',
  'controllerClass',
  'ingressClassByName',
  'watchIngressWithoutClass',
  'disableCatchAll',
  'disableSvcExternalName',
  'annotationsPrefix',
  'ignoreSnippets',
  'defaultBackendService',
  'defaultSslCertificate',
  'tcpServicesConfigmap',
  'udpServicesConfigmap',
] as const satisfies readonly (keyof RoutingFlags & keyof RoutingOptions)[];

/** The routing options that the flags of a command lead to; `more` holds what only that command knows. */
export function routingOptions(options: RoutingFlags, more: Partial<RoutingOptions>): RoutingOptions {
  const { configmap } = options;
  const flags: Partial<RoutingOptions> = Object.fromEntries(
    sameNames.flatMap((name) => (options[name] === undefined ? [] : [[name, options[name]]])),
  );
  return { ...defaultRoutingOptions, ...flags, ...(configmap ? { configMap: configmap } : {}), ...more };
}
