import { regexScope } from '../annotations/config-keys.ts';
import { checkPattern } from '../annotations/parsers-http.ts';
import type { Config } from '../config/read.ts';
import { type Diagnostic, diagnostic } from '../model/diagnostic.ts';
import { refOf, refText } from '../model/objects.ts';
import type { HostDraft } from './hosts.ts';
import { matchKey } from './paths.ts';
import type { PlacedLocation } from './placed.ts';

/**
 * In ingress-nginx one regular expression on a host makes one of every path of it, whoever's it is. Here it does so only where the ConfigMap
 * asks for that; otherwise the owners of the other paths are told what would be different.
 */
export function scopePatterns(
  { host, locations: drafts }: Pick<HostDraft, 'host' | 'locations'>,
  locations: readonly PlacedLocation[],
  config: Config,
  diagnostics: Diagnostic[],
): readonly PlacedLocation[] {
  const pattern = [...drafts.values()].find(({ location }) => location.match.kind === 'regex');
  if (!pattern?.ingress) return locations;
  if (config.value(regexScope) === 'host') return asPatterns(locations);
  const by = refText(refOf(pattern.ingress));
  for (const { location, ingress } of locations) {
    const { match, origin } = location;
    if (match.kind === 'regex' || match.path === '/' || !origin || !ingress || ingress === pattern.ingress) continue;
    const message = `${JSON.stringify(match.path)} stays what it is, though ${by} has regular expressions on ${host || 'the rules without host'}: ingress-nginx would take it as one, without regard to case, so that it also matches longer names. ${regexScope.key}: host in the ConfigMap asks for that.`;
    diagnostics.push(diagnostic('PathPatternScope', origin.object, `${origin.field}.path`, message));
  }
  return locations;
}

/** Exact and Prefix paths of one text become the same regular expression; then the exact one, which is looked at first here, stays. */
function asPatterns(locations: readonly PlacedLocation[]): readonly PlacedLocation[] {
  const byKey = new Map<string, PlacedLocation>();
  for (const one of locations) {
    const { match } = one.location;
    const isPattern = match.kind !== 'regex' && match.path !== '/' && checkPattern(match.path).ok;
    const changed = isPattern ? { ...one, location: { ...one.location, match: { kind: 'regex', path: match.path } as const } } : one;
    const key = matchKey(changed.location.match);
    if (!byKey.has(key)) byKey.set(key, changed);
  }
  return [...byKey.values()];
}
