import type { Scenario } from './scenario.ts';

/** A small generator of random numbers, so that a seed replays a run (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The same things in another order. */
export function shuffled<T>(list: readonly T[], random: () => number): readonly T[] {
  return list
    .map((value) => ({ value, key: random() }))
    .sort((a, b) => a.key - b.key)
    .map(({ value }) => value);
}

/**
 * Scenarios at random until the time is over: each once in another order, then all again. In the second half nothing is started again on
 * purpose: so the memory of the controller and of NGINX's master is that of processes which have been through all the rest.
 */
export function* atRandom(scenarios: readonly Scenario[], milliseconds: number, random: () => number): Iterable<Scenario> {
  const start = performance.now();
  const passed = () => (performance.now() - start) / milliseconds;
  while (passed() < 1) {
    for (const scenario of shuffled(scenarios, random)) {
      if (passed() >= 1) return;
      if (!scenario.replaces || passed() < 0.5) yield scenario;
    }
  }
}
