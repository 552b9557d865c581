import { X509Certificate } from 'node:crypto';
import type { Diagnostic } from '../model/diagnostic.ts';
import { refText } from '../model/objects.ts';
import type { Reconciled } from '../model/reconciled.ts';
import type { EndpointSource, Pem } from '../model/runtime.ts';

/** What the debug pages show of the last batch; each is JSON. */
export interface DebugPages {
  readonly topology: () => unknown;
  readonly diagnostics: () => unknown;
  readonly endpoints: () => unknown;
}

/**
 * Whether a request comes from this machine. The Host header is looked at as well, so that no web page can make a browser here read
 * the debug pages through a name of its own.
 */
export function isFromThisMachine(remoteAddress: string, host: string): boolean {
  const name = host.replace(/:\d+$/, '');
  return isLoopback(remoteAddress) && (name === 'localhost' || isLoopback(name));
}

function isLoopback(address: string): boolean {
  return /^(::ffff:)?127\.\d+\.\d+\.\d+$/.test(address) || address === '::1' || address === '[::1]';
}

/** Shows the last batch to somebody who is on the machine. Never a key: certificates appear as names and fingerprints. */
export function createDebugPages(latest: () => Reconciled | undefined): DebugPages {
  return {
    topology: () => {
      const result = latest();
      return (
        result && {
          revision: result.snapshot.revision,
          outcome: result.outcome,
          ...result.built.topology,
          certificates: certificates(result),
        }
      );
    },
    diagnostics: () => latest()?.diagnostics.map(({ object, ...rest }: Diagnostic) => ({ object: refText(object), ...rest })),
    endpoints: () => {
      const built = latest()?.built;
      return built?.topology.upstreams.map(({ id, service, port }) => ({
        upstream: id,
        service: refText(service),
        port,
        endpoints: endpointsText(built.runtime.endpoints.get(id)),
      }));
    },
  };
}

function endpointsText(source: EndpointSource | undefined): readonly string[] {
  if (source === undefined) return [];
  if (source.kind === 'externalName') return [`external name ${source.name}:${source.port}`];
  if (source.kind === 'standIn') return ['the built-in stand-in'];
  return source.endpoints.map(({ address, port }) => (address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`));
}

function certificates({ built }: Reconciled): Readonly<Record<string, unknown>> {
  return Object.fromEntries([...built.runtime.certificates].map(([id, pem]) => [id, pem === 'default' ? 'default' : described(pem)]));
}

function described(pem: Pem): unknown {
  const { subject, subjectAltName = '', validFrom, validTo, fingerprint256 } = new X509Certificate(pem.chain);
  return { subject, names: subjectAltName, validFrom, validTo, fingerprint256 };
}
