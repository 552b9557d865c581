import fc, { type Arbitrary, type Parameters } from 'fast-check';

/** The long form: how often each property runs, and how many values a real program gets to see. */
const asked = Number(process.env['GATEHOUSE_FUZZ_RUNS'] ?? '0');
const seed = process.env['GATEHOUSE_FUZZ_SEED'];

/**
 * How often a property runs: `usual` times in the short form, as a part of `make test`, and as often as GATEHOUSE_FUZZ_RUNS says in the long one. What
 * fails is printed with its seed, and GATEHOUSE_FUZZ_SEED repeats it.
 */
export function runs<T>(usual: number): Parameters<T> {
  return { numRuns: times(usual), ...(seed === undefined ? {} : { seed: Number(seed) }) };
}

/** The number alone. */
export function times(usual: number): number {
  return Math.max(usual, asked);
}

/** Calls back for one round after the other, each with so many values, until there were as many as are asked for. */
export async function inRounds<T>(arbitrary: Arbitrary<T>, size: number, work: (values: readonly T[]) => Promise<void>): Promise<void> {
  for (let round = 0; round < Math.ceil(times(size) / size); round += 1) await work(sampled(arbitrary, size, round));
}

/** So many values, other ones in each round. */
export function sampled<T>(arbitrary: Arbitrary<T>, count: number, round = 0): readonly T[] {
  return fc.sample(arbitrary, { numRuns: count, ...(seed === undefined ? {} : { seed: Number(seed) + round }) });
}
