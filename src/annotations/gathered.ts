import type { Headers } from '../model/routing.ts';
import type { Contribution } from './contribution.ts';

const nothing: readonly never[] = [];
const noHeaders: Headers = { request: nothing, response: nothing, hidden: nothing };

/** One list of all contributions, in their order. At most places no feature or just one has something to say, and nothing is copied. */
export function gathered<T>(all: readonly Contribution[], pick: (one: Contribution) => readonly T[] | undefined): readonly T[] {
  let found: readonly T[] = nothing;
  for (const one of all) {
    const list = pick(one) ?? nothing;
    if (list.length > 0) found = found.length === 0 ? list : [...found, ...list];
  }
  return found;
}

/** The headers of all contributions. */
export function headersOf(all: readonly Contribution[]): Headers {
  if (all.every((one) => one.headers === undefined)) return noHeaders;
  return {
    request: gathered(all, (one) => one.headers?.request),
    response: gathered(all, (one) => one.headers?.response),
    hidden: gathered(all, (one) => one.headers?.hidden),
  };
}
