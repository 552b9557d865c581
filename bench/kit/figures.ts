/** What is said about numbers that were measured several times. */
export interface Summary {
  readonly count: number;
  readonly p50: number;
  readonly p99: number;
  readonly min: number;
  readonly max: number;
  /** Distance of the largest from the smallest, as a part of the median. */
  readonly spread: number;
}

/** The smallest value that at least this part (0 to 1) of the values does not exceed. Throws when there is no value. */
export function percentile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const value = sorted[Math.max(0, Math.ceil(part * sorted.length) - 1)];
  if (value === undefined) throw new Error('nothing was measured');
  return value;
}

/** The middle value, or the mean of the two in the middle. Throws when there is no value. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const [low, high] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]];
  if (low === undefined || high === undefined) throw new Error('nothing was measured');
  return (low + high) / 2;
}

/** Sums measurements of one thing up. */
export function summarise(values: readonly number[]): Summary {
  const middle = median(values);
  const [min, max] = [Math.min(...values), Math.max(...values)];
  return { count: values.length, p50: middle, p99: percentile(values, 0.99), min, max, spread: middle === 0 ? 0 : (max - min) / middle };
}
