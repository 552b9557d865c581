import type { Counts } from './messages.ts';

const mostSamples = 12;

/** Counts what becomes of requests. */
export interface Tally {
  sent(): void;
  failed(what: string, kind: string, detail: string): void;
  allowed(what: string): void;
  certificate(what: string): void;
  took(milliseconds: number, what: string): void;
  /** The counts so far; counting begins anew. */
  take(): Counts;
}

/** Begins with nothing. */
export function createTally(): Tally {
  let counts = nothing();
  const add = (record: Record<string, number>, key: string) => {
    record[key] = (record[key] ?? 0) + 1;
  };
  return {
    sent() {
      counts.sent += 1;
    },
    failed(what, kind, detail) {
      add(counts.failed, `${what}: ${kind}`);
      if (counts.samples.length < mostSamples) counts.samples.push(`${new Date().toISOString().slice(11, 23)} ${what}: ${kind}: ${detail}`);
    },
    allowed: (what) => add(counts.allowed, what),
    certificate: (what) => add(counts.certificates, what),
    took(milliseconds, what) {
      if (milliseconds > counts.slowest.ms) counts.slowest = { ms: Math.round(milliseconds), what };
    },
    take() {
      const taken = counts;
      counts = nothing();
      return taken;
    },
  };
}

function nothing() {
  return {
    sent: 0,
    failed: {} as Record<string, number>,
    allowed: {} as Record<string, number>,
    samples: [] as string[],
    certificates: {} as Record<string, number>,
    slowest: { ms: 0, what: 'nothing' },
  };
}
