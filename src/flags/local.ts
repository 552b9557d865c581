import { type Command, InvalidArgumentError, Option } from 'commander';
import type { Endpoint } from '../model/runtime.ts';
import { listen, text } from './flag-forms.ts';
import { acceptedFlags } from './process-flags.ts';
import { type PublicPorts, publicPortFlags } from './public-ports.ts';
import { clusterFlags, servingFlags, withRefused, withRefusedFlags } from './refused.ts';
import { type RoutingFlags, routingFlags } from './routing-flags.ts';
import { addressAndPort } from './values.ts';

/** What every command without a cluster takes. */
export interface LocalOptions extends RoutingFlags, PublicPorts {
  readonly paths: readonly string[];
  readonly httpPort: number;
  readonly httpsPort: number;
}

/** Addresses that answer for Services. */
export interface BackendOptions {
  readonly backends: ReadonlyMap<string, Endpoint>;
}

const ingressClass = text('ingress-class', 'serve only Ingresses of this class (default: nginx, and Ingresses without a class)');

/** Adds the manifests, the ports, and the flags of ingress-nginx that make sense without a cluster. */
export function withLocal(command: Command): Command {
  command
    .argument('<path...>', 'folders or files of manifests')
    .addOption(listen('http-port', 'where to listen for http', 8080)())
    .addOption(listen('https-port', 'where to listen for https', 8443)());
  for (const flag of [...publicPortFlags, ingressClass, ...routingFlags, ...acceptedFlags]) command.addOption(flag());
  return withRefusedFlags(withRefused(command, clusterFlags, 'a flag of gatehouse run that makes no sense without a cluster'));
}

/** Adds what only `serve` can make sense of, to be refused. */
export function withoutServing(command: Command): Command {
  return withRefused(command, servingFlags, 'a flag of gatehouse serve that makes no sense here');
}

/** Adds `--backend`. */
export function withBackends(command: Command): Command {
  const what = 'answer for a Service, written namespace/name[:port]=host:port, from this address; may be given more than once';
  return command.addOption(new Option('--backend <service=address>', what).default([], 'none').argParser(backend));
}

/** Without `--ingress-class` a folder is served whole; with it, only what names that class. */
export function localClass(values: { readonly ingressClass?: string; readonly watchIngressWithoutClass: boolean }) {
  return {
    ingressClass: values.ingressClass ?? 'nginx',
    watchIngressWithoutClass: values.watchIngressWithoutClass || values.ingressClass === undefined,
  };
}

function backend(value: string, earlier: readonly (readonly [string, Endpoint])[]): readonly (readonly [string, Endpoint])[] {
  const [, service, address] = /^([a-z0-9-]+\/[a-z0-9-]+(?::[a-z0-9-]+)?)=(.+)$/.exec(value) ?? [];
  if (service === undefined || address === undefined) {
    throw new InvalidArgumentError('write namespace/service=127.0.0.1:3000 or namespace/service:port=127.0.0.1:3000.');
  }
  return [...earlier, [service, addressAndPort(address)]];
}
