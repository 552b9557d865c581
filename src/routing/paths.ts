import type { PathType } from '../model/objects.ts';
import type { PathMatch } from '../model/routing.ts';

/**
 * What a path of a rule matches. ImplementationSpecific means Prefix, as in ingress-nginx. A Prefix goes by path elements, so that
 * `/s` and `/s/` are the same (Kubernetes: "a request is a match if every p is an element-wise prefix"). Of several slashes at the
 * end none is cut: no request can have them, and `//` must not become `/`, which takes everything.
 */
export function matchOf(path: string, pathType: PathType): PathMatch {
  if (pathType === 'Exact') return { kind: 'exact', path };
  const trimmed = path.length > 1 && /[^/]\/$/.test(path) ? path.slice(0, -1) : path;
  return { kind: 'prefix', path: trimmed };
}

/** Tells matches of one host apart. */
export function matchKey(match: PathMatch): string {
  return `${match.kind} ${match.path}`;
}

/** Exact before prefix, then by path: the order in which a reader looks for them. NGINX does not care. */
export function compareMatches(a: PathMatch, b: PathMatch): number {
  if (a.kind !== b.kind) return a.kind === 'exact' ? -1 : 1;
  return a.path < b.path ? -1 : a.path > b.path ? 1 : 0;
}

/** Why no usual request can match this path, or undefined. Requests are matched decoded, with single slashes, without dot segments and without the query. */
export function whyNeverMatched(path: string): string | undefined {
  const escaped = /%[0-9A-Fa-f]{2}/.exec(path)?.[0];
  if (escaped !== undefined) return `requests are matched after decoding, so write the character itself instead of ${escaped}`;
  if (path.includes('//')) return 'several slashes in a request count as one, so write one';
  if (/\/\.{1,2}(?:\/|$)/.test(path)) return 'dot segments of a request are resolved before matching, so write the path without them';
  if (path.includes('?')) return 'the query is not part of the path, so leave out everything from the ? on';
  return undefined;
}
