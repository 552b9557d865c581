import type { UpstreamId } from '../model/routing.ts';
import type { Endpoint } from '../model/runtime.ts';
import { judgeAddresses, nameProblem } from './external-addresses.ts';
import { createNameResolver, errorCode, type ResolveName } from './external-resolver.ts';

/** Where a Service of `type: ExternalName` leads. */
export interface ExternalName {
  readonly name: string;
  readonly port: number;
}

/** Calls `run` once after so many milliseconds; returns how to call that off. */
export type StartTimer = (milliseconds: number, run: () => void) => () => void;

export interface ExternalNamesOptions {
  /** `endpoints()` or `problems()` has changed. Never called from within `set`. */
  readonly onChange: () => void;
  /** DNS servers as `ADDRESS:PORT`; without it those of the system. */
  readonly servers?: readonly string[];
  /** For tests, as is the next. */
  readonly resolve?: ResolveName;
  readonly startTimer?: StartTimer;
}

/** Keeps the addresses of ExternalName Services: their names are resolved here, so that NGINX gets them like all other endpoints. */
export interface ExternalNames {
  /** Takes all names of the moment; what is known of those that stay is kept. */
  set(names: ReadonlyMap<UpstreamId, ExternalName>): void;
  /**
   * The endpoints of each name, sorted. Empty where there is none that may be used; a name that has not been resolved yet is
   * missing, so that NGINX is not told "no endpoints".
   */
  endpoints(): ReadonlyMap<UpstreamId, readonly Endpoint[]>;
  /** What is wrong with a name, for the owner of its Service. */
  problems(): ReadonlyMap<UpstreamId, string>;
  /** Resolves nothing any more. */
  close(): void;
}

const shortestSeconds = 1;
/** A longer time to live would keep a retired address in use for as long, and NGINX is told at once anyway. */
const longestSeconds = 30;
const longestRetrySeconds = 10;

interface Lookup {
  readonly name: string;
  /** Undefined until the first answer or failure. */
  addresses: readonly string[] | undefined;
  problem: string | undefined;
  failures: number;
  stopTimer: () => void;
}

/** Starts with no names. */
export function createExternalNames(options: ExternalNamesOptions): ExternalNames {
  const lookups = createLookups(options);
  let current: ReadonlyMap<UpstreamId, ExternalName> = new Map();

  return {
    set(names) {
      current = new Map(names);
      lookups.keep(new Set([...names.values()].map(({ name }) => lookupName(name)).filter((name) => nameProblem(name) === undefined)));
    },
    endpoints: () =>
      collect(current, ({ name, port }) => {
        if (nameProblem(name) !== undefined) return [];
        return lookups.get(name)?.addresses?.map((address) => ({ address, port }));
      }),
    problems: () => collect(current, ({ name }) => nameProblem(name) ?? lookups.get(name)?.problem),
    close: () => lookups.keep(new Set()),
  };
}

/** Resolves a set of names again and again; Services that lead to the same name share its lookup. */
function createLookups(options: ExternalNamesOptions) {
  const resolve = options.resolve ?? createNameResolver(options.servers);
  const startTimer = options.startTimer ?? startSystemTimer;
  const lookups = new Map<string, Lookup>();

  async function refresh(lookup: Lookup): Promise<void> {
    const before = `${lookup.addresses} ${lookup.problem}`;
    const seconds = await resolveInto(lookup, resolve);
    if (lookups.get(lookup.name) !== lookup) return;
    lookup.stopTimer = startTimer(seconds * 1000, () => void refresh(lookup));
    if (before !== `${lookup.addresses} ${lookup.problem}`) options.onChange();
  }

  return {
    get: (name: string): Readonly<Lookup> | undefined => lookups.get(lookupName(name)),
    keep(wanted: ReadonlySet<string>): void {
      for (const [name, lookup] of lookups) {
        if (wanted.has(name)) continue;
        lookup.stopTimer();
        lookups.delete(name);
      }
      for (const name of wanted) {
        if (lookups.has(name)) continue;
        const lookup: Lookup = { name, addresses: undefined, problem: undefined, failures: 0, stopTimer: () => undefined };
        lookups.set(name, lookup);
        void refresh(lookup);
      }
    },
  };
}

/** Returns after how many seconds the name has to be resolved again. */
async function resolveInto(lookup: Lookup, resolve: ResolveName): Promise<number> {
  try {
    const { addresses, ttlSeconds } = await resolve(lookup.name);
    const judged = judgeAddresses(addresses);
    lookup.addresses = judged.addresses;
    lookup.problem = judged.refused.length > 0 ? refusalText(lookup.name, judged.refused, judged.addresses.length > 0) : undefined;
    lookup.failures = 0;
    return Math.min(Math.max(ttlSeconds, shortestSeconds), longestSeconds);
  } catch (error) {
    lookup.addresses ??= [];
    lookup.problem = failureText(lookup.name, errorCode(error), lookup.addresses.length > 0);
    lookup.failures += 1;
    return Math.min(2 ** (lookup.failures - 1), longestRetrySeconds);
  }
}

function failureText(name: string, code: string, hasAddresses: boolean): string {
  const consequence = hasAddresses ? 'the addresses that it had stay in use' : 'requests are answered with 503 until it can';
  return `externalName "${name}" cannot be resolved (${code}); ${consequence}`;
}

function refusalText(name: string, refused: readonly string[], hasOthers: boolean): string {
  const consequence = hasOthers ? 'its other addresses are used' : 'requests are answered with 503';
  return `externalName "${name}" resolves to ${refused.join(', ')}, where an Ingress must not lead; ${consequence}`;
}

/** Names of DNS are the same in upper and lower case. */
function lookupName(name: string): string {
  return name.toLowerCase();
}

function collect<T>(names: ReadonlyMap<UpstreamId, ExternalName>, read: (name: ExternalName) => T | undefined): ReadonlyMap<UpstreamId, T> {
  const collected = new Map<UpstreamId, T>();
  for (const [id, name] of names) {
    const value = read(name);
    if (value !== undefined) collected.set(id, value);
  }
  return collected;
}

function startSystemTimer(milliseconds: number, run: () => void): () => void {
  const timer = setTimeout(run, milliseconds);
  timer.unref();
  return () => clearTimeout(timer);
}
