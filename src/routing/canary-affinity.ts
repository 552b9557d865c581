import { type Affinity, backendKey, issuedCookie, present, seenBackend, stickyUpstream } from '../annotations/affinity.ts';
import type { CanaryRule } from '../annotations/contribution.ts';
import type { Effect } from '../annotations/effect.ts';
import { named } from '../annotations/named-block.ts';
import { joined, variable, type Word } from '../model/directive.ts';
import type { HttpBlock } from '../model/http-block.ts';
import type { Path } from '../model/objects.ts';
import type { Headers, UpstreamId, UpstreamSettings } from '../model/routing.ts';
import { portText } from './service-ports.ts';

/** What a primary and its canary say about clients with a session cookie. */
export interface Sides {
  readonly rule: CanaryRule;
  /** At the place of the primary. */
  readonly primary: Effect;
  /** At the place of the canary. */
  readonly own: Effect;
  /** In the form of `backendKey`. */
  readonly backend: string;
}

/** The upstreams of both. */
export interface Split {
  readonly primary: UpstreamId;
  readonly canary: UpstreamId;
}

/** Which backend a cookie of the canary is for. */
export function canaryBackend(namespace: string, { backend }: Pick<Path, 'backend'>): string {
  return backend.kind === 'service' ? backendKey(namespace, backend.name, portText(backend.port)) : '';
}

/** The affinity that a canary takes from its primary. */
function kept({ rule, primary }: Sides): Affinity | undefined {
  return rule.keepsClients ? primary.affinity : undefined;
}

/** NGINX's own cookie names an endpoint and not a backend, so that of a canary needs another name. */
function canaryCookie({ kind, cookie }: Affinity, backend: string): string {
  return kind === 'persistent' ? `${cookie}_${backend.slice(0, 8)}` : cookie;
}

/**
 * The upstream of a canary: that of its own annotations, with the affinity of the primary unless it is told to ignore it. Connections are what
 * the location of the primary makes of them. With it come the blocks that it names.
 */
export function canaryUpstream(sides: Sides): { readonly settings: UpstreamSettings | undefined; readonly blocks: readonly HttpBlock[] } {
  const { rule, primary, own, backend } = sides;
  const affinity = kept(sides);
  const sticky = affinity && stickyUpstream(affinity, canaryCookie(affinity, backend));
  const isDropped = rule.keepsClients && own.affinity !== undefined;
  const balancing = sticky?.upstream ?? (isDropped ? undefined : own.upstream) ?? { directives: [], balances: false, needsNames: false };
  const { directives, balances, needsNames, unlessService } = balancing;
  const connections = primary.upstream?.connections;
  const settings: UpstreamSettings = {
    directives,
    balances,
    needsNames,
    ...(unlessService ? { unlessService } : {}),
    ...(own.upstream?.clusterIp ? { clusterIp: true } : {}),
    ...(connections === undefined ? {} : { connections }),
  };
  const isPlain = directives.length === 0 && !balances && !unlessService && !settings.clusterIp && connections === undefined;
  const defined = directives.length > 0 ? own.http.filter(({ kind }) => kind === 'map' || kind === 'split_clients' || kind === 'geo') : [];
  return { settings: isPlain ? undefined : settings, blocks: sticky?.blocks ?? defined };
}

/** Leads clients with a cookie to the side where they got it; `next` decides about all others. */
export function keepClients(sides: Sides, { primary, canary }: Split, next: Word): readonly HttpBlock[] {
  const affinity = kept(sides);
  if (!affinity) return [];
  const { cookie, kind } = affinity;
  const [toPrimary, toCanary] = [{ text: primary }, { text: canary }];
  if (kind === 'balanced') {
    const seen = seenBackend(affinity);
    const entries = [
      { key: { exact: affinity.backend }, value: toPrimary },
      { key: { exact: sides.backend }, value: toCanary },
    ];
    return [seen, named('canary', { kind: 'map', source: variable(seen.name), entries, default: next })];
  }
  const entries = [
    { key: present(canaryCookie(affinity, sides.backend)), value: toCanary },
    // That of ingress-nginx.
    { key: present(cookie, `\\|${sides.backend}`), value: toCanary },
    { key: present(cookie), value: toPrimary },
  ];
  return [named('canary', { kind: 'map', source: variable('http_cookie'), entries, default: next })];
}

/** Where a request went in the end: a variable that names one of the two upstreams. */
interface Ways extends Split {
  readonly chosen: string;
  readonly afterFailure: string;
}

/** Sends the cookie of the side that has answered; undefined where neither sends one. */
export function sideCookies(sides: Sides, ways: Ways): { readonly value: Word; readonly blocks: readonly HttpBlock[] } | undefined {
  const [ofPrimary, ofCanary] = cookiesOf(sides);
  if (!ofPrimary && !ofCanary) return undefined;
  const { primary, canary, chosen, afterFailure } = ways;
  const answered = named('canary', {
    kind: 'map',
    source: joined(variable(afterFailure), ' ', variable(chosen)),
    entries: [{ key: { exact: `${primary} ${canary}` }, value: { text: primary } }],
    default: variable(chosen),
  });
  const nothing = { text: '' };
  const sent = named('cookie', {
    kind: 'map',
    source: variable(answered.name),
    entries: [{ key: { exact: canary }, value: ofCanary?.value ?? nothing }],
    default: ofPrimary?.value ?? nothing,
  });
  return { value: variable(sent.name), blocks: [...(ofPrimary?.blocks ?? []), ...(ofCanary?.blocks ?? []), answered, sent] };
}

function cookiesOf(sides: Sides): readonly (ReturnType<typeof issuedCookie> | undefined)[] {
  const affinity = kept(sides);
  const issued = (one: Affinity | undefined, backend: string) =>
    one?.kind === 'balanced' ? issuedCookie(one, { backend, only: affinity !== undefined }) : undefined;
  const { primary, own, backend, rule } = sides;
  return [issued(primary.affinity, primary.affinity?.backend ?? ''), issued(rule.keepsClients ? affinity : own.affinity, backend)];
}

/** The headers of a location with one `Set-Cookie` in the place of that of the primary alone. */
export function withCookie({ request, response, hidden }: Headers, { primary }: Sides, value: Word): Headers {
  const { affinity } = primary;
  const own = affinity?.kind === 'balanced' && issuedCookie(affinity, { backend: affinity.backend, only: false }).value;
  const others = own ? response.filter((one) => JSON.stringify(one.value) !== JSON.stringify(own)) : response;
  return { request, response: [...others, { name: 'Set-Cookie', value, always: true }], hidden };
}
