import fc, { type Arbitrary, type Parameters } from 'fast-check';

/** The long form: how many values each property and each real program gets to see. */
const asked = Number(process.env['GATEHOUSE_FUZZ_RUNS'] ?? '0');
const seed = process.env['GATEHOUSE_FUZZ_SEED'];

/**
 * How often a property runs: `usual` times in the short form, as a part of `make test`, and in the long one until there were as many values as
 * GATEHOUSE_FUZZ_RUNS says, of which a run has one, or at least so many in the mean. What fails is printed with its seed, and GATEHOUSE_FUZZ_SEED repeats it.
 */
export function runs<T>(usual: number, values = 1): Parameters<T> {
  const numRuns = Math.max(usual, Math.ceil(asked / values));
  return { numRuns, ...(seed === undefined ? {} : { seed: Number(seed) }) };
}

/** How many values are wanted, at least `usual`. */
export function times(usual: number): number {
  return Math.max(usual, asked);
}

/** Calls back for one round after the other, each with so many values, until there were as many as are asked for. */
export async function inRounds<T>(arbitrary: Arbitrary<T>, size: number, work: (values: readonly T[]) => Promise<void>): Promise<void> {
  for (let round = 0; round < Math.ceil(times(size) / size); round += 1) await work(sampled(arbitrary, size, round));
}

/** Several values at a time, for properties where most of the work is the same for one as for some; the mean is above `meanTogether`. */
export function together<T>(arbitrary: Arbitrary<T>): Arbitrary<T[]> {
  return fc.array(arbitrary, { minLength: 1, maxLength: 8 });
}

export const meanTogether = 4;

/** So many values, other ones in each round. */
export function sampled<T>(arbitrary: Arbitrary<T>, count: number, round = 0): readonly T[] {
  return fc.sample(arbitrary, { numRuns: count, ...(seed === undefined ? {} : { seed: Number(seed) + round }) });
}
