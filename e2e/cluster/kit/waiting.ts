import { setTimeout as pause } from 'node:timers/promises';

/** Repeats a look at the cluster until it does not throw any more, and gives back what it found; after the limit it rejects with what was wrong last. */
export async function eventually<T>(look: () => T | Promise<T>, limitMs = 30_000): Promise<T> {
  const end = performance.now() + limitMs;
  for (;;) {
    try {
      return await look();
    } catch (error) {
      if (performance.now() > end) throw error;
      await pause(200);
    }
  }
}
