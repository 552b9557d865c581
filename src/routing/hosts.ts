import type { Diagnostic } from '../model/diagnostic.ts';
import { diagnostic } from '../model/diagnostic.ts';
import { type Ingress, type Path, type Rule, refOf, refText } from '../model/objects.ts';
import type { Location, Origin, PathMatch, ServerName } from '../model/routing.ts';
import type { Backends } from './backends.ts';
import { matchKey, matchOf, whyNeverMatched } from './paths.ts';

/** A host while its rules are being collected. */
export interface HostDraft {
  /** As a rule writes it; empty for rules without a host. */
  readonly host: string;
  readonly origins: Origin[];
  readonly locations: Map<string, Location>;
}

/** The hosts of all Ingresses with their paths, and complaints about what they cannot have. */
export interface Hosts {
  readonly drafts: ReadonlyMap<string, HostDraft>;
  readonly diagnostics: readonly Diagnostic[];
}

/** Hands out hosts and paths, oldest Ingress first: who comes first keeps what it has. */
export function collectHosts(ingresses: readonly Ingress[], backends: Backends, denied: ReadonlySet<Ingress>): Hosts {
  const drafts = new Map<string, HostDraft>([['', { host: '', origins: [], locations: new Map() }]]);
  const fallbacks = new Map<string, Location>();
  const diagnostics: Diagnostic[] = [];
  for (const ingress of ingresses) {
    const isDenied = denied.has(ingress);
    const fallback = fallbackOf(ingress, backends, isDenied);
    for (const [index, rule] of ingress.rules.entries()) {
      const known = drafts.has(rule.host ?? '') && rule.host !== undefined;
      const draft = draftOf(drafts, rule.host ?? '');
      draft.origins.push({ object: refOf(ingress), field: `spec.rules[${index}]` });
      if (fallback) offerFallback({ fallbacks, diagnostics }, draft.host, fallback, known);
      addPaths(draft, { ingress, rule, index, isDenied }, backends, diagnostics);
    }
    if (ingress.rules.length === 0 && fallback) offerFallback({ fallbacks, diagnostics }, '', fallback, false);
  }
  for (const draft of drafts.values()) addFallback(draft, fallbacks.get(draft.host), backends.fallback);
  return { drafts, diagnostics };
}

/** How a host of a rule is told to NGINX. */
export function serverName(host: string): ServerName {
  if (host === '') return { kind: 'default' };
  return host.startsWith('*.') ? { kind: 'wildcard', suffix: host.slice(2) } : { kind: 'exact', host };
}

function draftOf(drafts: Map<string, HostDraft>, host: string): HostDraft {
  const draft = drafts.get(host) ?? { host, origins: [], locations: new Map() };
  drafts.set(host, draft);
  return draft;
}

/** What `spec.defaultBackend` answers for requests that no path matches. */
function fallbackOf(ingress: Ingress, backends: Backends, isDenied: boolean): Location | undefined {
  if (!ingress.defaultBackend) return undefined;
  const origin = { object: refOf(ingress), field: 'spec.defaultBackend' };
  const match = { kind: 'prefix', path: '/' } as const;
  const target = backends.resolve(ingress.defaultBackend, origin);
  return locationOf(match, origin, target, isDenied);
}

/** A denied location keeps its place, so that no shorter path of somebody else takes its requests. */
function locationOf(match: PathMatch, origin: Origin, target: Location['target'], isDenied: boolean): Location {
  const common = { match, origin, directives: [], httpsRedirect: false };
  return isDenied ? { ...common, target: { kind: 'answer', status: 503 }, denied: true } : { ...common, target };
}

/** Only the Ingress that first names a host decides what answers its unmatched paths, as in ingress-nginx. */
function offerFallback(
  into: { readonly fallbacks: Map<string, Location>; readonly diagnostics: Diagnostic[] },
  host: string,
  fallback: Location,
  known: boolean,
): void {
  const earlier = into.fallbacks.get(host);
  if (!earlier && !known) {
    into.fallbacks.set(host, fallback);
    return;
  }
  const { origin } = fallback;
  if (!origin || (earlier?.origin && refText(earlier.origin.object) === refText(origin.object))) return;
  const what = host === '' ? 'hosts that no rule names' : host;
  const owner = earlier?.origin ? refText(earlier.origin.object) : 'an older Ingress with rules for it';
  const message = `unmatched requests of ${what} are already decided by ${owner}; this default backend does not get them.`;
  into.diagnostics.push(diagnostic('DefaultBackendIgnored', origin.object, origin.field, message));
}

/** A rule for `/` makes a fallback needless; without either the operator's choice holds, which is 404 unless given. */
function addFallback(draft: HostDraft, fallback: Location | undefined, target: Backends['fallback']): void {
  const match = { kind: 'prefix', path: '/' } as const;
  const key = matchKey(match);
  if (draft.locations.has(key)) return;
  draft.locations.set(key, fallback ?? { match, directives: [], target, httpsRedirect: false });
}

interface RuleAt {
  readonly ingress: Ingress;
  readonly rule: Rule;
  readonly index: number;
  readonly isDenied: boolean;
}

function addPaths(draft: HostDraft, at: RuleAt, backends: Backends, diagnostics: Diagnostic[]): void {
  for (const [number, path] of (at.rule.paths ?? []).entries()) {
    const origin = { object: refOf(at.ingress), field: `spec.rules[${at.index}].http.paths[${number}]` };
    const match = matchOf(path.path, path.pathType);
    const never = whyNeverMatched(path.path);
    if (never !== undefined) {
      diagnostics.push(
        diagnostic('PathNeverMatches', origin.object, `${origin.field}.path`, `no request matches ${JSON.stringify(path.path)}: ${never}.`),
      );
    }
    const key = matchKey(match);
    const owner = draft.locations.get(key)?.origin;
    if (owner) {
      diagnostics.push(pathTaken(origin, path, draft.host, owner));
      continue;
    }
    const target = backends.resolve(path.backend, { object: origin.object, field: `${origin.field}.backend` });
    draft.locations.set(key, locationOf(match, origin, target, at.isDenied));
  }
}

function pathTaken(origin: Origin, path: Path, host: string, owner: Origin): Diagnostic {
  const where = `${host === '' ? 'the rule without host' : host}${JSON.stringify(path.path).slice(1, -1)}`;
  const same = refText(owner.object) === refText(origin.object);
  const by = same ? `${owner.field} of the same Ingress` : `${refText(owner.object)}, which counts as older`;
  const kind = path.pathType === 'Exact' ? 'Exact' : 'Prefix';
  return diagnostic(
    'PathTaken',
    origin.object,
    `${origin.field}.path`,
    `${kind} ${where} already belongs to ${by}. Remove one of the two.`,
  );
}
