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
  'enableSslPassthrough',
  'defaultBackendService',
  'defaultSslCertificate',
  'tcpServicesConfigmap',
  'udpServicesConfigmap',
] as const satisfies readonly (keyof RoutingFlags & keyof RoutingOptions)[];

/** The ports that Gatehouse itself needs, by their flags. */
interface OwnPorts {
  readonly httpPort: number;
  readonly httpsPort: number;
  readonly http3Port?: number;
  readonly statusPort?: number;
  readonly healthzPort?: number;
}

/** The routing options that the flags of a command lead to; `more` holds what only that command knows. */
export function routingOptions(options: RoutingFlags & OwnPorts, more: Partial<RoutingOptions>): RoutingOptions {
  const { configmap } = options;
  const flags: Partial<RoutingOptions> = Object.fromEntries(
    sameNames.flatMap((name) => (options[name] === undefined ? [] : [[name, options[name]]])),
  );
  return {
    ...defaultRoutingOptions,
    reservedPorts: reservedPorts(options),
    ...flags,
    ...(configmap ? { configMap: configmap } : {}),
    ...more,
  };
}

function reservedPorts({ httpPort, httpsPort, http3Port, statusPort, healthzPort }: OwnPorts): ReadonlyMap<number, string> {
  return new Map([
    [httpPort, 'NGINX listens there for http (--http-port)'],
    [httpsPort, 'NGINX listens there for https (--https-port)'],
    ...(http3Port === undefined || http3Port === httpsPort ? [] : [[http3Port, 'NGINX listens there for HTTP/3 (--http3-port)'] as const]),
    ...(statusPort === undefined ? [] : [[statusPort, 'NGINX says there whether it is ready (--status-port)'] as const]),
    ...(healthzPort === undefined ? [] : [[healthzPort, 'the controller says there how it is (--healthz-port)'] as const]),
  ]);
}
