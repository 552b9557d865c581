import type { Location, PathMatch } from '../model/routing.ts';

/** One `location` block of NGINX. */
export interface LocationBlock {
  readonly modifier: '' | '= ' | '~ ' | '~* ';
  /** A path, or a regular expression after `~`. */
  readonly path: string;
  readonly location: Location;
}

/**
 * The blocks that give a list of locations its meaning in NGINX: a prefix by path element is the path itself and everything below
 * it; an exact path that ends in a slash needs a block for the path without it, or NGINX answers that one with a redirect of its own.
 */
export function locationBlocks(locations: readonly Location[]): readonly LocationBlock[] {
  if (locations.some((one) => one.match.kind === 'regex')) return withPatterns(locations);
  const blocks = new Map<string, LocationBlock>();
  const add = (modifier: LocationBlock['modifier'], path: string, location: Location) => {
    const key = modifier + path;
    if (!blocks.has(key)) blocks.set(key, { modifier, path, location });
  };
  for (const location of locations.filter((one) => one.match.kind === 'exact')) add('= ', location.match.path, location);
  for (const location of locations.filter((one) => one.match.kind === 'prefix')) {
    if (location.match.path === '/') {
      add('', '/', location);
      continue;
    }
    add('= ', location.match.path, location);
    add('', `${location.match.path}/`, location);
  }
  for (const location of locations.filter(
    (one) => one.match.kind === 'exact' && one.match.path.length > 1 && one.match.path.endsWith('/'),
  )) {
    const without = location.match.path.slice(0, -1);
    const other = longestPrefix(locations, without);
    if (other) add('= ', without, other);
  }
  return [...blocks.values()];
}

/**
 * NGINX takes the first regular expression that fits, in the order of the file, before any prefix. So on a host that has one, everything
 * but exact paths and `/` is a regular expression, in the order of ingress-nginx: the longest rule path first, then the larger text.
 * An exact path with a slash at its end is one as well, as NGINX would redirect the path without the slash to it.
 */
function withPatterns(locations: readonly Location[]): readonly LocationBlock[] {
  const isPlain = ({ match }: Location) => match.kind === 'exact' && (match.path === '/' || !match.path.endsWith('/'));
  const exact = locations.filter(isPlain).map((location) => ({ modifier: '= ', path: location.match.path, location }) as const);
  const slashed = locations.filter((one) => one.match.kind === 'exact' && !isPlain(one)).sort(byRule);
  const others = locations.filter(({ match }) => match.kind === 'regex' || (match.kind === 'prefix' && match.path !== '/')).sort(byRule);
  const rest = locations.filter(({ match }) => match.kind === 'prefix' && match.path === '/');
  return [
    ...exact,
    ...[...slashed, ...others].map(patternBlock),
    ...rest.map((location) => ({ modifier: '', path: '/', location }) as const),
  ];
}

function byRule({ match: a }: Location, { match: b }: Location): number {
  return b.path.length - a.path.length || (a.path < b.path ? 1 : a.path > b.path ? -1 : 0);
}

function patternBlock(location: Location): LocationBlock {
  const { match } = location;
  if (match.kind === 'regex') return { modifier: '~* ', path: `^${match.path}`, location };
  const literal = match.path.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
  return { modifier: '~ ', path: match.kind === 'exact' ? `^${literal}$` : `^${literal}(?:/|$)`, location };
}

/** What answers a request path that no exact location takes. */
function longestPrefix(locations: readonly Location[], path: string): Location | undefined {
  return locations
    .filter((location) => location.match.kind === 'prefix' && isUnder(location.match, path))
    .sort((a, b) => b.match.path.length - a.match.path.length)[0];
}

function isUnder(match: PathMatch, path: string): boolean {
  return match.path === '/' || path === match.path || path.startsWith(`${match.path}/`);
}
