/** Time and chance, so that a test decides about both. */
export interface Timing {
  /** Resolves after so many milliseconds, or as soon as the signal is aborted. */
  wait(milliseconds: number, signal: AbortSignal): Promise<void>;
  /** Milliseconds of a clock that never goes back. */
  now(): number;
  /** Milliseconds since 1970. */
  epoch(): number;
  /** From 0 to 1. */
  random(): number;
}
