import { isIP } from 'node:net';
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { Endpoint } from '../model/runtime.ts';

/** Which Ingresses are ours: the flags of ingress-nginx. */
export interface ClassOptions {
  readonly ingressClass: string;
  readonly controllerClass: string;
  readonly ingressClassByName: boolean;
  readonly watchIngressWithoutClass: boolean;
}

/** What a local command takes: files, ports and addresses that answer for Services. */
export interface LocalOptions extends ClassOptions {
  readonly paths: readonly string[];
  readonly httpPort: number;
  readonly httpsPort: number;
  readonly backends: ReadonlyMap<string, Endpoint>;
}

/** Adds the argument that names manifests. */
export function withPaths(command: Command): Command {
  return command.argument('<path...>', 'folders or files of manifests');
}

/** Adds the listening ports. */
export function withPorts(command: Command, http: number, https: number): Command {
  return command
    .addOption(new Option('--http-port <port>', 'where to listen for http').default(http).argParser(port))
    .addOption(new Option('--https-port <port>', 'where to listen for https').default(https).argParser(port));
}

/** Adds `--backend`. */
export function withBackends(command: Command): Command {
  const text = 'answer for a Service, written namespace/name[:port]=host:port, from this address; may be given more than once';
  return command.addOption(new Option('--backend <service=address>', text).default([], 'none').argParser(backend));
}

/** Adds the flags that choose Ingresses in a folder. */
export function withClass(command: Command): Command {
  return command
    .option('--ingress-class <name>', 'serve only Ingresses of this class (default: nginx, and Ingresses without a class)')
    .option('--controller-class <controller>', 'spec.controller of the IngressClasses to serve', 'k8s.io/ingress-nginx')
    .option('--ingress-class-by-name', 'also serve an IngressClass that is named like --ingress-class', false)
    .option('--watch-ingress-without-class', 'also serve Ingresses without a class when --ingress-class is given', false);
}

/** Without `--ingress-class` a folder is served whole; with it, only what names that class. */
export function localClass(values: { readonly ingressClass?: string; readonly watchIngressWithoutClass: boolean }) {
  return {
    ingressClass: values.ingressClass ?? 'nginx',
    watchIngressWithoutClass: values.watchIngressWithoutClass || values.ingressClass === undefined,
  };
}

/** Reads a TCP port. */
export function port(text: string): number {
  const number = Number(text);
  if (/^\d{1,5}$/.test(text) && number >= 1 && number <= 65535) return number;
  throw new InvalidArgumentError('a port is a number from 1 to 65535.');
}

/** Reads a small count. */
export function positive(text: string): number {
  if (/^[1-9]\d{0,3}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('it is a number from 1 to 9999.');
}

/** Reads `host:port`; the host is an address, as nothing resolves names here. */
export function addressAndPort(text: string): Endpoint {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([0-9.]+)|(localhost)):(\d{1,5})$/.exec(text);
  const address = match?.[1] ?? match?.[2] ?? (match?.[3] && '127.0.0.1');
  if (!match || address === undefined || isIP(address) === 0) {
    throw new InvalidArgumentError('the address is an IP address or localhost, and a port, such as 127.0.0.1:3000 or [::1]:3000.');
  }
  return { address, port: port(match[4] ?? '') };
}

function backend(text: string, earlier: readonly (readonly [string, Endpoint])[]): readonly (readonly [string, Endpoint])[] {
  const [, service, address] = /^([a-z0-9-]+\/[a-z0-9-]+(?::[a-z0-9-]+)?)=(.+)$/.exec(text) ?? [];
  if (service === undefined || address === undefined) {
    throw new InvalidArgumentError('write namespace/service=127.0.0.1:3000 or namespace/service:port=127.0.0.1:3000.');
  }
  return [...earlier, [service, addressAndPort(address)]];
}
