import type { LiveFile } from '../annotations/contribution.ts';
import type { Effect } from '../annotations/effect.ts';
import { noEffect } from '../annotations/effect.ts';
import { annotationField } from '../annotations/messages.ts';
import type { Config } from '../config/read.ts';
import { type Diagnostic, diagnostic } from '../model/diagnostic.ts';
import { withoutTls } from '../model/http-block.ts';
import { type Ingress, refOf } from '../model/objects.ts';
import type { Alias, Location, Server, ServerName, SideLocation } from '../model/routing.ts';
import type { Effects } from './effects.ts';
import { type HostEffect, hostEffect } from './host-effects.ts';
import { type HostDraft, serverName } from './hosts.ts';
import type { PassthroughHost } from './passthrough.ts';
import { compareMatches } from './paths.ts';
import { scopePatterns } from './pattern-scope.ts';
import { hasHeaders, type PlacedLocation } from './placed.ts';
import { defaultCertificate, type Tls } from './tls.ts';

/** The servers of all hosts, and what their annotations need elsewhere. */
export interface Servers {
  /** Sorted: the default server first, then exact names, then wildcards, each by name. */
  readonly servers: readonly Server[];
  /** Hosts whose TLS is not to be ended here. */
  readonly passthrough: readonly PassthroughHost[];
  /** Every effect that is in force somewhere. */
  readonly effects: ReadonlySet<Effect>;
  readonly diagnostics: readonly Diagnostic[];
}

interface Finishing {
  readonly drafts: ReadonlyMap<string, HostDraft>;
  readonly effects: Effects;
  readonly config: Config;
  readonly prefix: string;
  readonly tls: Tls;
}

interface Work extends Finishing {
  readonly used: Set<Effect>;
  readonly diagnostics: Diagnostic[];
  /** Further names and hosts that have been given away, in the form of `nameText`. */
  readonly given: Set<string>;
}

/** Turns collected hosts into servers. */
export function finishServers(finishing: Finishing): Servers {
  const work: Work = { ...finishing, used: new Set(), diagnostics: [], given: new Set(finishing.drafts.keys()) };
  const finished = [...finishing.drafts.values()].map((draft) => {
    const whole = hostEffect(draft, work.effects, work.prefix, work.diagnostics);
    return { draft, whole: { ...whole, locations: scopePatterns(draft, whole.locations, work.config, work.diagnostics) } };
  });
  const servers = finished.map(({ draft, whole }) => finish(work, draft, whole));
  const extra = finished.flatMap(({ draft, whole }) => extraServers(work, draft, whole));
  const passthrough = finished.flatMap(({ draft, whole: { effect, locations } }) => (effect.passthrough ? [{ draft, locations }] : []));
  return { servers: [...servers, ...extra].sort(compareServers), passthrough, effects: work.used, diagnostics: work.diagnostics };
}

function finish(work: Work, draft: HostDraft, { effect, locations }: HostEffect): Server {
  const { tls, used } = work;
  const certificate = tls.hosts.get(draft.host);
  const isTls = certificate !== undefined || tls.hosts.has(parentWildcard(draft.host));
  for (const one of locations) used.add(one.effect);
  used.add(effect);
  const aliases = aliasesOf(work, draft, effect);
  const sides = uniqueSides([effect, ...locations.map((one) => one.effect)]);
  return {
    name: serverName(draft.host),
    origins: draft.origins,
    ...(certificate === undefined ? {} : { certificate }),
    ...(aliases.length === 0 ? {} : { aliases }),
    directives: effect.serverDirectives,
    ...(effect.answers.length === 0 ? {} : { answers: effect.answers }),
    ...(hasHeaders(effect.headers) ? { headers: effect.headers } : {}),
    locations: locations.map((one) => withPlainHttp(withRedirect(one, isTls), effect)).sort((a, b) => compareMatches(a.match, b.match)),
    ...(sides.length === 0 ? {} : { sides }),
  };
}

/** An answer to every request is given on plain http as well, and what is denied is denied there too. */
function withRedirect({ location, effect }: PlacedLocation, isTls: boolean): Location {
  const { when = 'tls', form } = effect.httpsRedirect ?? {};
  const redirects = when === 'always' || (when === 'tls' && isTls);
  if (!redirects || location.denied || effect.answer) return location;
  return { ...location, httpsRedirect: true, ...(form ? { redirect: { ...form, forced: when === 'always' } } : {}) };
}

/** Where clients have to show a certificate, plain http is closed, unless it is sent to https. */
function withPlainHttp(location: Location, { plainHttp }: Effect): Location {
  if (plainHttp !== 'refuse' || location.httpsRedirect || location.denied) return location;
  const refusal = { variable: withoutTls.name, answer: { kind: 'answer', status: 403 }, headers: [] } as const;
  return { ...location, answers: [refusal, ...(location.answers ?? [])] };
}

/** A wildcard host with TLS speaks for every one-label host below it, as in ingress-nginx. */
function parentWildcard(host: string): string {
  return `*${host.slice(host.indexOf('.'))}`;
}

/** Locations of NGINX's own are named by what is in them, so those of one name are alike; anything else is a mistake of ours. */
function uniqueSides(effects: readonly Effect[]): readonly SideLocation[] {
  const byName = new Map<string, SideLocation>();
  for (const side of effects.flatMap((one) => one.side)) {
    const earlier = byName.get(side.name);
    if (earlier && contentOf(earlier) !== contentOf(side)) throw new Error(`${side.name} is defined twice, and not alike`);
    byName.set(side.name, earlier ?? side);
  }
  return [...byName.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

function contentOf({ origin: _, ...content }: SideLocation): string {
  return JSON.stringify(content);
}

/** A further name counts unless it is a host with rules of its own, or a further name of an older one. */
function aliasesOf(work: Work, draft: HostDraft, effect: Effect): readonly Alias[] {
  if (draft.host === '') return [];
  return effect.serverNames.flatMap((name) => {
    const text = nameText(name);
    if (work.given.has(text)) {
      work.diagnostics.push(...nameTaken(work, draft.ingresses[0], draft.host, text));
      return [];
    }
    work.given.add(text);
    return [{ name, covered: name.kind !== 'pattern' && work.tls.covers(draft.host, text) }];
  });
}

function nameTaken({ prefix }: Work, ingress: Ingress | undefined, host: string, name: string): readonly Diagnostic[] {
  if (!ingress) return [];
  const message = `${name} is not a further name of ${host}, as it has rules of its own or belongs to an older Ingress.`;
  return [diagnostic('AnnotationTaken', refOf(ingress), annotationField(`${prefix}/server-alias`), message)];
}

function nameText(name: Alias['name']): string {
  return name.kind === 'exact' ? name.host : name.kind === 'suffix' ? `*.${name.suffix}` : `~${name.pattern}`;
}

/** Hosts that only answer; one that has rules, or is a further name, answers for itself. */
function extraServers(work: Work, draft: HostDraft, { effect }: HostEffect): readonly Server[] {
  return effect.extraServers.flatMap(({ host, answer }) => {
    if (work.given.has(host)) return [];
    work.given.add(host);
    const own = work.tls.hosts.get(draft.host);
    const certificate = own !== undefined && own !== defaultCertificate && work.tls.covers(draft.host, host) ? own : undefined;
    const ingress = draft.ingresses[0];
    const origin = ingress ? { origin: { object: refOf(ingress), field: 'metadata.annotations' } } : {};
    const location: Location = { match: { kind: 'prefix', path: '/' }, ...origin, directives: [], target: answer, httpsRedirect: false };
    return [
      {
        name: serverName(host),
        origins: draft.origins,
        ...(certificate === undefined ? {} : { certificate }),
        directives: [],
        locations: [location],
      },
    ];
  });
}

const order = { default: 0, exact: 1, wildcard: 2 } as const;

/** NGINX takes the first expression of the file that fits, so those of further names come after all wildcard hosts. */
function rank({ name, aliases = [] }: Server): number {
  return aliases.some((alias) => alias.name.kind !== 'exact') ? 3 : order[name.kind];
}

function compareServers(a: Server, b: Server): number {
  const difference = rank(a) - rank(b);
  return difference !== 0 ? difference : hostText(a.name) < hostText(b.name) ? -1 : 1;
}

function hostText(name: ServerName): string {
  return name.kind === 'default' ? '' : name.kind === 'exact' ? name.host : `*.${name.suffix}`;
}

/** What annotations add at the level `http`, and the files that NGINX opens, with those of the settings. */
export function sharedParts(effects: ReadonlySet<Effect>, settings: readonly LiveFile[]) {
  const all = [...effects].filter((one) => one !== noEffect);
  return {
    blocks: all.flatMap((one) => one.http),
    files: new Map([...settings, ...all.flatMap((one) => one.files)].map(({ id, content }) => [id, content])),
  };
}
