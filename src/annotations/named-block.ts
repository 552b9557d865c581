import { hash } from 'node:crypto';
import type { HttpBlock } from '../model/http-block.ts';

type Unnamed<T> = T extends unknown ? Omit<T, 'name'> : never;
type Named = Exclude<HttpBlock, { readonly kind: 'zone' | 'cache' }>;

/** `gatehouse_PURPOSE_0123456789`: gives a block a name made from what is in it, so that equal blocks have equal names and are printed once. */
export function named(purpose: string, block: Unnamed<Named>): Named {
  return { ...block, name: `gatehouse_${purpose}_${hash('sha256', JSON.stringify(block)).slice(0, 10)}` } as Named;
}
