import type { Outcome } from '../model/outcome.ts';
import { portKey, type Stream } from '../model/routing.ts';
import { portObstacle } from './ports.ts';

/** One port of one protocol. */
export type StreamPort = Pick<Stream, 'port' | 'protocol'>;

/**
 * Finds out which ports NGINX could not open. One of them makes NGINX refuse a reload as a whole, and its test does not notice, so they
 * have to be known before.
 */
export interface StreamPorts {
  /** Why ports cannot be opened, by `portKey`. Those that NGINX has are none of them. */
  look(wanted: readonly StreamPort[]): Promise<ReadonlyMap<string, string>>;
  /** Takes note of a port that NGINX could not open after all, for a minute; true where the same batch without it may go live. */
  heed(outcome: Outcome, wanted: readonly StreamPort[]): boolean;
}

export interface StreamPortsOptions {
  readonly ipv6: boolean;
  /** The configuration that NGINX runs; undefined while none is known to. */
  readonly running: () => Promise<string | undefined>;
  /** Milliseconds, from any beginning. */
  readonly clock: () => number;
}

const refusedForMs = 60_000;

/** Starts with no port refused. */
export function createStreamPorts({ ipv6, running, clock }: StreamPortsOptions): StreamPorts {
  const refused = new Map<string, { readonly reason: string; readonly until: number }>();
  return {
    async look(wanted) {
      if (wanted.length === 0) return new Map();
      const held = heldPorts((await running()) ?? '');
      const found = await Promise.all(
        wanted.map(async (port): Promise<readonly (readonly [string, string])[]> => {
          const key = portKey(port);
          if (held.has(key)) return [];
          const before = refused.get(key);
          if (before && before.until > clock()) return [[key, before.reason]];
          const obstacle = await portObstacle(port.port, port.protocol, { ipv6 });
          return obstacle === undefined ? [] : [[key, obstacle]];
        }),
      );
      return new Map(found.flat());
    },
    heed(outcome, wanted) {
      const failure = outcome.kind === 'rejected' ? bindFailure(outcome.message) : undefined;
      const ports = wanted.filter(({ port }) => port === failure?.port);
      for (const port of ports)
        refused.set(portKey(port), { reason: `NGINX could not take it: ${failure?.reason}.`, until: clock() + refusedForMs });
      return ports.length > 0;
    },
  };
}

/** The ports in the lines `listen` of a configuration that we have printed, on whatever address. */
function heldPorts(config: string): ReadonlySet<string> {
  return new Set(
    [...config.matchAll(/^ +listen (?:(?:\[[0-9a-f:.]+\]|[0-9.]+):)?(\d+)([ ;].*)$/gm)].map(([, port, rest]) =>
      portKey({ port: Number(port), protocol: / (?:udp|quic)\b/.test(rest ?? '') ? 'UDP' : 'TCP' }),
    ),
  );
}

/** Reads what NGINX says of a port that it cannot have: `bind() to 0.0.0.0:53 failed (13: Permission denied)`. By then it has accepted all the rest. */
export function bindFailure(message: string): { readonly port: number; readonly reason: string } | undefined {
  const [, port, reason] = /bind\(\) to (?:\[[0-9a-f:.]+\]|[0-9.]+):(\d+) failed \(\d+: ([^)]*)\)/.exec(message) ?? [];
  return port === undefined || reason === undefined ? undefined : { port: Number(port), reason };
}
