import fc, { type Arbitrary, type Parameters } from 'fast-check';

/** The long form: how often the cheapest properties run; the others run more often in the same measure. */
const asked = Number(process.env['GATEHOUSE_FUZZ_RUNS'] ?? '0');
const seed = process.env['GATEHOUSE_FUZZ_SEED'];

/** What the cheapest properties do as a part of `make test`. */
const shortest = 300;

/**
 * How often a property runs: `usual` times in the short form, and in the same measure more often with GATEHOUSE_FUZZ_RUNS. What
 * fails is printed with its seed, and GATEHOUSE_FUZZ_SEED repeats it.
 */
export function runs<T>(usual: number): Parameters<T> {
  return { numRuns: times(usual), ...(seed === undefined ? {} : { seed: Number(seed) }) };
}

/** The number alone. */
export function times(usual: number): number {
  return Math.max(usual, Math.ceil((asked * usual) / shortest));
}

/** So many values, other ones in each round. */
export function sampled<T>(arbitrary: Arbitrary<T>, count: number, round = 0): readonly T[] {
  return fc.sample(arbitrary, { numRuns: count, ...(seed === undefined ? {} : { seed: Number(seed) + round }) });
}
