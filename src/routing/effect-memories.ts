import type { Feature } from '../annotations/define.ts';
import type { Effect, Said } from '../annotations/effect.ts';
import type { Ingress } from '../model/objects.ts';

/** What was found out about one Ingress in this build: most of it holds for all of its paths. */
export interface Memory {
  /** What features say that have not looked at the place. */
  readonly saidOf: Map<Feature, Said>;
  /** What was said at one of its places, and what it adds up to; undefined: the place is denied. */
  last: { readonly said: readonly Said[]; readonly effect: Effect | undefined } | undefined;
}

/** The memories of one build. */
export interface Memories {
  of(ingress: Ingress): Memory;
}

/** Begins with nothing known. */
export function createMemories(): Memories {
  const memories = new Map<Ingress, Memory>();
  return {
    of(ingress) {
      const known = memories.get(ingress) ?? { saidOf: new Map(), last: undefined };
      memories.set(ingress, known);
      return known;
    },
  };
}

/** Whether the same features have said the very same things. */
export function isSame(one: readonly Said[], other: readonly Said[]): boolean {
  return one.length === other.length && one.every((said, index) => said === other[index]);
}
