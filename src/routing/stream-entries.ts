import { shown } from '../annotations/messages.ts';
import { type Diagnostic, diagnostic } from '../model/diagnostic.ts';
import { type ConfigMap, type NamespacedName, nameKey, type ObjectRef, type ServicePortRef } from '../model/objects.ts';
import { portKey, type Stream } from '../model/routing.ts';
import type { Snapshot } from '../model/snapshot.ts';
import type { RoutingOptions } from './options.ts';

/** One line of a ConfigMap of ports: what is to be opened, and where it leads to. */
export interface StreamEntry extends Omit<Stream, 'upstream'> {
  readonly namespace: string;
  readonly service: string;
  readonly servicePort: ServicePortRef;
}

/** What the ConfigMaps ask for. */
export interface StreamEntries {
  /** Sorted by port, TCP before UDP; none of them is a port that Gatehouse itself needs. */
  readonly entries: readonly StreamEntry[];
  readonly diagnostics: readonly Diagnostic[];
}

type Protocol = Stream['protocol'];

const flags = { TCP: '--tcp-services-configmap', UDP: '--udp-services-configmap' } as const;

/**
 * Reads the ConfigMaps of TCP and UDP ports, in the form of ingress-nginx: `PORT: NAMESPACE/SERVICE:PORT[:PROXY][:PROXY]`. An entry
 * that cannot be carried out is left out with a complaint to the ConfigMap, and all others stay.
 */
export function readStreamEntries(snapshot: Snapshot, options: RoutingOptions): StreamEntries {
  const diagnostics: Diagnostic[] = [];
  const wanted = [
    { protocol: 'TCP', named: options.tcpServicesConfigmap },
    { protocol: 'UDP', named: options.udpServicesConfigmap },
  ] as const;
  const entries = wanted.flatMap(({ protocol, named }) => (named ? readOne({ snapshot, options, diagnostics }, protocol, named) : []));
  return { entries: entries.sort((a, b) => a.port - b.port || (a.protocol < b.protocol ? -1 : 1)), diagnostics };
}

interface Reading {
  readonly snapshot: Snapshot;
  readonly options: RoutingOptions;
  readonly diagnostics: Diagnostic[];
}

function readOne({ snapshot, options, diagnostics }: Reading, protocol: Protocol, named: NamespacedName): StreamEntry[] {
  const object: ObjectRef = { kind: 'ConfigMap', ...named };
  const configMap = snapshot.configMaps.get(nameKey(named.namespace, named.name));
  const say = (code: Diagnostic['code'], field: string, message: string) => diagnostics.push(diagnostic(code, object, field, message));
  if (!configMap) {
    const message = `there is no ConfigMap ${named.namespace}/${named.name}, so no ${protocol} port is opened. Create it, or correct ${flags[protocol]}.`;
    say('ConfigMapMissing', '', message);
    return [];
  }
  if (!options.canStream && Object.keys(configMap.data).length > 0) {
    const message = `no ${protocol} port is opened, as this NGINX cannot pass on TCP and UDP: it has no stream module. Debian has it in the package libnginx-mod-stream.`;
    say('StreamUnsupported', '', message);
    return [];
  }
  return readData(configMap, protocol, options, say);
}

type Say = (code: Diagnostic['code'], field: string, message: string) => void;

function readData({ data, metadata }: ConfigMap, protocol: Protocol, options: RoutingOptions, say: Say): StreamEntry[] {
  const object: ObjectRef = { kind: 'ConfigMap', namespace: metadata.namespace, name: metadata.name };
  return Object.entries(data).flatMap(([key, text]) => {
    const field = `data[${JSON.stringify(key)}]`;
    const port = portNumber(key);
    if (port === undefined) {
      say('StreamInvalid', field, `${shown(key)} is no port; write a number from 1 to 65535. Nothing is opened for it.`);
      return [];
    }
    const target = readTarget(text);
    if (typeof target === 'string') {
      say('StreamInvalid', field, `${shown(text)} is refused: ${target}. ${protocol} port ${port} is not opened.`);
      return [];
    }
    const obstacle = obstacleOf({ port, protocol }, options);
    if (obstacle) {
      say(obstacle.code, field, obstacle.message);
      return [];
    }
    const wantsProxy = target.acceptsProxy || target.sendsProxy;
    if (protocol === 'TCP' || !wantsProxy) return [{ port, protocol, origin: { object, field }, ...target }];
    say('StreamProxyIgnored', field, `UDP port ${port} is opened without the PROXY protocol, which is for TCP only. Remove PROXY.`);
    return [{ port, protocol, origin: { object, field }, ...target, acceptsProxy: false, sendsProxy: false }];
  });
}

/** Why a port cannot be opened, whatever it leads to. */
function obstacleOf(
  wanted: { readonly port: number; readonly protocol: Protocol },
  { reservedPorts, takenPorts }: RoutingOptions,
): { readonly code: 'StreamPortReserved' | 'StreamPortTaken'; readonly message: string } | undefined {
  const name = `${wanted.protocol} port ${wanted.port}`;
  const user = reservedPorts.get(wanted.port);
  if (user !== undefined) return { code: 'StreamPortReserved', message: `${name} is not opened, as ${user}. Choose another port.` };
  const taken = takenPorts.get(portKey(wanted));
  return taken === undefined ? undefined : { code: 'StreamPortTaken', message: `${name} is not opened: ${taken}` };
}

function portNumber(text: string): number | undefined {
  const number = /^[1-9]\d{0,4}$/.test(text) ? Number(text) : 0;
  return number >= 1 && number <= 65_535 ? number : undefined;
}

const label = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
/** RFC 6335: what the API takes as the name of a port. */
const portName = /^(?=.*[a-z])[a-z0-9](?:-?[a-z0-9]){0,14}$/;

type TargetOf = Pick<StreamEntry, 'namespace' | 'service' | 'servicePort' | 'acceptsProxy' | 'sendsProxy'>;

/** Reads `NAMESPACE/SERVICE:PORT[:PROXY][:PROXY]`; a sentence about what would be right where that fails. */
function readTarget(text: string): TargetOf | string {
  const [name = '', port = '', accepts = '', sends = '', ...more] = text.trim().split(':');
  const [namespace = '', service = '', ...rest] = name.split('/');
  const form = 'write namespace/service:port, such as "default/postgres:5432"';
  if (!label.test(namespace) || !label.test(service) || rest.length > 0) return form;
  const number = portNumber(port);
  if (number === undefined && !portName.test(port)) return `${form}, with the number or the name of a port of the Service`;
  if (more.length > 0 || ![accepts, sends].every((word) => word === '' || word.toUpperCase() === 'PROXY'))
    return 'behind the port there may only be :PROXY, for clients that begin with a PROXY protocol header, and another :PROXY, for a header to the backend';
  const servicePort = number === undefined ? { name: port } : { number };
  return { namespace, service, servicePort, acceptsProxy: accepts !== '', sendsProxy: sends !== '' };
}
