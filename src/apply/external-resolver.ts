import { lookup, Resolver } from 'node:dns/promises';

/** What a name of the outside world stands for at the moment. */
export interface Resolved {
  /** IPv4 addresses, or IPv6 addresses where the name has no IPv4 address; at least one. */
  readonly addresses: readonly string[];
  readonly ttlSeconds: number;
}

/** Rejects when the name has no address or cannot be asked for; `code` of the error says which, as in `node:dns`. */
export type ResolveName = (name: string) => Promise<Resolved>;

/** How long one server may take, twice. */
const timeoutMilliseconds = 2000;
/** What the system knows comes without a time to live. */
const systemTtlSeconds = 10;
/** Each takes one of the four threads that files are read and written with, perhaps for many seconds. */
const mostSystemLookups = 2;

/**
 * Asks the DNS servers (those of the system, or `servers` as `ADDRESS:PORT`), for A before AAAA as ingress-nginx does, and then the
 * system itself, which also knows /etc/hosts and search domains.
 */
export function createNameResolver(servers: readonly string[] = []): ResolveName {
  const resolver = new Resolver({ timeout: timeoutMilliseconds, tries: 2 });
  if (servers.length > 0) resolver.setServers(servers);
  const takeTurn = createTurns(mostSystemLookups);

  return async (name) => {
    try {
      return await askServers(resolver, name);
    } catch (error) {
      return await takeTurn(() => askSystem(name)).catch(() => {
        throw error;
      });
    }
  };
}

async function askServers(resolver: Resolver, name: string): Promise<Resolved> {
  try {
    return resolved(await resolver.resolve4(name, { ttl: true }));
  } catch (error) {
    // Any other failure does not say that there is no A record.
    if (errorCode(error) !== 'ENODATA') throw error;
    return resolved(await resolver.resolve6(name, { ttl: true }));
  }
}

async function askSystem(name: string): Promise<Resolved> {
  const found = await lookup(name, { all: true });
  const ipv4 = found.filter(({ family }) => family === 4);
  return resolved((ipv4.length > 0 ? ipv4 : found).map(({ address }) => ({ address, ttl: systemTtlSeconds })));
}

function resolved(records: readonly { readonly address: string; readonly ttl: number }[]): Resolved {
  return { addresses: records.map(({ address }) => address), ttlSeconds: Math.min(...records.map(({ ttl }) => ttl)) };
}

/** The code of a system or DNS error, such as ENOTFOUND; for messages. */
export function errorCode(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : String(error);
}

/** Lets so many work at the same time, and the others one after the other. */
function createTurns(places: number) {
  let free = places;
  const waiting: (() => void)[] = [];

  return async <T>(work: () => Promise<T>): Promise<T> => {
    if (free > 0) free -= 1;
    else await new Promise<void>((start) => waiting.push(start));
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else free += 1;
    }
  };
}
