import type { Location, PathMatch } from '../model/routing.ts';

/** One `location` block of NGINX. */
export interface LocationBlock {
  readonly modifier: '' | '= ';
  readonly path: string;
  readonly location: Location;
}

/**
 * The blocks that give a list of locations its meaning in NGINX: a prefix by path element is the path itself and everything below
 * it; an exact path that ends in a slash needs a block for the path without it, or NGINX answers that one with a redirect of its own.
 */
export function locationBlocks(locations: readonly Location[]): readonly LocationBlock[] {
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

/** What answers a request path that no exact location takes. */
function longestPrefix(locations: readonly Location[], path: string): Location | undefined {
  return locations
    .filter((location) => location.match.kind === 'prefix' && isUnder(location.match, path))
    .sort((a, b) => b.match.path.length - a.match.path.length)[0];
}

function isUnder(match: PathMatch, path: string): boolean {
  return match.path === '/' || path === match.path || path.startsWith(`${match.path}/`);
}
