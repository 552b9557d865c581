import type { Directive } from '../model/directive.ts';
import type { HttpBlock } from '../model/http-block.ts';
import type { ConditionalAnswer, ErrorPage, Headers, SideLocation, UpstreamSettings } from '../model/routing.ts';
import type { Complaint, Contribution, LiveFile } from './contribution.ts';
import type { Feature } from './define.ts';
import { gathered, headersOf } from './gathered.ts';
import { pagesOf } from './side-pages.ts';

/** What all features together say about one place. */
export interface Effect
  extends Pick<
    Contribution,
    'answer' | 'rewrite' | 'httpsRedirect' | 'protocol' | 'affinity' | 'canary' | 'plainHttp' | 'passthrough' | 'standIn'
  > {
  readonly directives: readonly Directive[];
  readonly headers: Headers;
  readonly answers: readonly ConditionalAnswer[];
  readonly upstream?: UpstreamSettings;
  readonly errorPages: readonly ErrorPage[];
  readonly side: readonly SideLocation[];
  readonly http: readonly HttpBlock[];
  readonly files: readonly LiveFile[];
  readonly serverDirectives: readonly Directive[];
  readonly serverNames: NonNullable<Contribution['serverNames']>;
  readonly extraServers: NonNullable<Contribution['extraServers']>;
  readonly serverLocations: NonNullable<Contribution['serverLocations']>;
}

/** One feature and what it says. */
export interface Said {
  readonly feature: Feature;
  readonly contribution: Contribution;
}

/** The merged effect, or the two features of which only one can be right. */
export type Merged =
  | { readonly ok: true; readonly effect: Effect }
  | { readonly ok: false; readonly what: string; readonly between: readonly [Feature, Feature] };

/** Directives that NGINX takes more than once in one place. */
export const repeatable: ReadonlySet<string> = new Set([
  ...['allow', 'deny', 'set_real_ip_from', 'access_log', 'error_log', 'log_format', 'limit_req', 'limit_conn', 'set', 'auth_request_set'],
  ...['proxy_cookie_path', 'proxy_cookie_domain', 'proxy_cookie_flags', 'proxy_redirect', 'mirror', 'fastcgi_param', 'debug_connection'],
]);

/** Nothing is different from what holds for all. */
export const noEffect: Effect = {
  directives: [],
  headers: { request: [], response: [], hidden: [] },
  answers: [],
  errorPages: [],
  side: [],
  http: [],
  files: [],
  serverDirectives: [],
  serverNames: [],
  extraServers: [],
  serverLocations: [],
};

/** Puts together what features say about one place. Lists are gathered in the order given; what can be said once is a conflict when it is said twice. */
export function mergeSaid(said: readonly Said[]): Merged {
  const conflict = conflictOf(said);
  if (conflict) return { ok: false, ...conflict };
  const all = said.map((one) => one.contribution);
  const upstreams = all.flatMap((one) => one.upstream ?? []);
  return {
    ok: true,
    effect: {
      directives: gathered(all, (one) => one.directives),
      headers: headersOf(all),
      answers: gathered(all, (one) => one.answers),
      ...pagesOf(all),
      http: gathered(all, (one) => one.http),
      files: gathered(all, (one) => one.files),
      serverDirectives: gathered(all, (one) => one.serverDirectives),
      serverNames: gathered(all, (one) => one.serverNames),
      extraServers: gathered(all, (one) => one.extraServers),
      serverLocations: gathered(all, (one) => one.serverLocations),
      ...(upstreams.length === 0 ? {} : { upstream: mergeUpstreams(upstreams) }),
      ...onlyOf(all, 'answer'),
      ...onlyOf(all, 'rewrite'),
      ...onlyOf(all, 'httpsRedirect'),
      ...onlyOf(all, 'protocol'),
      ...onlyOf(all, 'affinity'),
      ...onlyOf(all, 'canary'),
      ...onlyOf(all, 'plainHttp'),
      ...onlyOf(all, 'passthrough'),
    },
  };
}

/** Why a place is not to be served, as far as one of the features says so. */
export function denialOf(said: readonly Said[]): Complaint | undefined {
  return said.find((one) => one.contribution.deny)?.contribution.deny;
}

type Single = 'answer' | 'rewrite' | 'httpsRedirect' | 'protocol' | 'affinity' | 'canary' | 'plainHttp' | 'passthrough';

function onlyOf<K extends Single>(all: readonly Contribution[], key: K): Partial<Pick<Contribution, K>> {
  const found = all.find((one) => one[key] !== undefined);
  return found ? ({ [key]: found[key] } as Pick<Contribution, K>) : {};
}

function mergeUpstreams(upstreams: readonly UpstreamSettings[]): UpstreamSettings {
  const unlessService = upstreams.flatMap((one) => one.unlessService ?? []);
  const connections = upstreams.flatMap((one) => one.connections ?? []).join(' ');
  return {
    directives: upstreams.flatMap((one) => one.directives),
    balances: upstreams.some((one) => one.balances),
    needsNames: upstreams.some((one) => one.needsNames),
    ...(unlessService.length > 0 ? { unlessService } : {}),
    ...(upstreams.some((one) => one.clusterIp) ? { clusterIp: true } : {}),
    ...(connections === '' ? {} : { connections }),
  };
}

/** What one feature claims for itself; nobody else may claim the same. */
function claimsOf({ contribution: one }: Said): readonly string[] {
  const names = (list: readonly Directive[] = []) => list.map(({ name }) => name).filter((name) => !repeatable.has(name));
  return [
    ...new Set(names(one.directives)),
    ...(one.answer ? ['the answer to every request'] : []),
    ...(one.rewrite ? ['the path that the backend sees'] : []),
    ...(one.httpsRedirect ? ['the redirect to https'] : []),
    ...(one.protocol ? ['what the backend speaks'] : []),
    ...(one.upstream?.balances ? ['who gets a request'] : []),
    ...(one.errorPages ?? []).flatMap(({ statuses, isFirst }) =>
      (isFirst ? [] : statuses).map((status) => `the answer of status ${status}`),
    ),
    ...(one.headers?.request ?? []).map(({ name }) => `the request header ${name.toLowerCase()}`),
  ];
}

function conflictOf(said: readonly Said[]): { what: string; between: readonly [Feature, Feature] } | undefined {
  if (said.length < 2) return undefined;
  const owners = new Map<string, Feature>();
  for (const one of said) {
    for (const what of claimsOf(one)) {
      const owner = owners.get(what);
      if (owner && owner !== one.feature) return { what, between: [owner, one.feature] };
      owners.set(what, one.feature);
    }
  }
  return undefined;
}
