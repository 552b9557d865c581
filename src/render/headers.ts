import { directive } from '../model/directive.ts';
import type { Headers, ResponseHeader } from '../model/routing.ts';
import { printDirective } from './quote.ts';

/** No headers at all. */
export const noHeaders: Headers = { request: [], response: [], hidden: [] };

/**
 * The lines for the headers of one place. NGINX inherits `proxy_set_header`, `add_header` and `proxy_hide_header` only where a place has none
 * of its own, so each kind that is different here is printed as a whole, and the others are not printed at all.
 */
export function headerLines(base: Headers, own: Headers): readonly string[] {
  const request = own.request.length === 0 ? [] : byName(base.request, own.request);
  const hidden = own.hidden.length === 0 ? [] : byName(base.hidden.map(named), own.hidden.map(named));
  return [
    ...request.map(({ name, value }) => printDirective(directive('proxy_set_header', name, value))),
    ...hidden.map(({ name }) => printDirective(directive('proxy_hide_header', name))),
    ...responseHeaderLines(own.response.length === 0 ? [] : byName(base.response, own.response)),
  ];
}

/** The lines for response headers, whatever was said elsewhere. */
export function responseHeaderLines(headers: readonly ResponseHeader[]): readonly string[] {
  return headers.map(({ name, value, always }) => printDirective(directive('add_header', name, value, ...(always ? ['always'] : []))));
}

/** The headers of a place and of the one around it. */
export function mergeHeaders(base: Headers, own: Headers): Headers {
  return {
    request: byName(base.request, own.request),
    response: byName(base.response, own.response),
    hidden: [...new Set([...base.hidden, ...own.hidden])],
  };
}

/** Two lists as one; of one name, whatever its case, the later one holds, in the place of the earlier. */
export function byName<T extends { readonly name: string }>(base: readonly T[], own: readonly T[]): readonly T[] {
  const merged = new Map(base.map((one) => [one.name.toLowerCase(), one]));
  for (const one of own) merged.set(one.name.toLowerCase(), one);
  return [...merged.values()];
}

function named(name: string): { readonly name: string } {
  return { name };
}
