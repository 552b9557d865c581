import { refText } from '../model/objects.ts';
import type { Overrides } from '../model/overrides.ts';
import type { Alias, Location, Server, ServerName } from '../model/routing.ts';
import { type NginxSettings, runPaths } from '../model/settings.ts';
import { namesScheme } from './client-maps.ts';
import { headerLines, mergeHeaders } from './headers.ts';
import { quicListens } from './http3.ts';
import { addressPrefixes, deferral, type Listening } from './listens.ts';
import { answerView, httpsReturn, isOfLog, type LocationContext, type LocationView, locationViews } from './location-view.ts';
import { locationBlocks } from './locations.ts';
import { comment, printDirective, quoteHost, quoteLiteral, quotePattern, withFiles } from './quote.ts';
import { sideViews } from './side-view.ts';

/** One `server` block as the template prints it. */
export interface ServerView {
  readonly comment: string;
  readonly names: string;
  readonly listens: readonly string[];
  readonly certificate: boolean;
  /** Where all locations send plain http to https: the one line that does it. */
  readonly redirect: string | undefined;
  /** What stands in `/healthz`; undefined where a rule has that path, or where it is no business of this server. */
  readonly health: readonly string[] | undefined;
  readonly directives: readonly string[];
  /** Answers for some requests, before anything else. */
  readonly answers: LocationView['answers'];
  readonly locations: readonly LocationView[];
}

/** The arguments of `listen` for each port. */
export interface Listens {
  readonly http: readonly string[];
  readonly https: readonly string[];
  /** HTTP/3; empty where there is none. */
  readonly quic: readonly string[];
}

/** Both public ports. NGINX takes a changed `proxy_protocol` with a reload, and keeps the socket. */
export function listensOf(listening: Listening, suffix: '' | ' default_server'): Listens {
  const { settings, front, overrides } = listening;
  const end = `${suffix}${front.proxyProtocol ? ' proxy_protocol' : ''}${suffix === '' ? '' : socketOptions(overrides)}`;
  const isBound = suffix !== '' && !overrides.addresses?.length;
  const at = (port: number, more: string) => addressPrefixes(settings, overrides).map((prefix) => `${prefix}${port}${more}`);
  const socket = quoteLiteral(`unix:${runPaths(settings.runDirectory).httpsSocket}`);
  const https = listening.isPassedOn
    ? [`${socket} ssl${suffix}`]
    : at(settings.httpsPort, ` ssl${end}${isBound ? deferral(settings) : ''}`);
  return { http: at(settings.httpPort, end), https, quic: quicListens(listening, suffix) };
}

/** NGINX takes options of a socket once, where it is bound. */
function socketOptions({ reusePort, addresses }: Overrides): string {
  return reusePort && !addresses?.length ? ' reuseport' : '';
}

/** The arguments of `listen` for a port on all addresses. */
export function onAll(settings: NginxSettings, port: number, suffix: string): readonly string[] {
  return (settings.ipv6 ? ['', '[::]:'] : ['']).map((address) => `${address}${port}${suffix}`);
}

/**
 * One block for both ports; a host whose plain http goes to https has a block for each. Names for which its certificate is no good
 * are served on plain http as they are, in a block of their own. Where somebody in front says what the client speaks, both ports are alike.
 */
export function serverViews(server: Server, listens: Listens, context: LocationContext): readonly ServerView[] {
  const https = [...listens.https, ...listens.quic];
  const aliases = server.aliases ?? [];
  const block = (on: BlockOptions['on'], names: readonly string[], at: readonly string[]) =>
    blockView(server, context, { on, names, listens: at });
  const own = serverNameText(server.name);
  const all = [own, ...aliases.map(aliasText)];
  const both = [...listens.http, ...https];
  if (!server.locations.some((location) => location.httpsRedirect)) return [block('any', all, both)];
  const uncovered = aliases.filter((alias) => !alias.covered).map(aliasText);
  const covered = aliases.filter((alias) => alias.covered).map(aliasText);
  if (namesScheme(context.front))
    return [block('plain', [own, ...covered], both), ...(uncovered.length === 0 ? [] : [block('alias', uncovered, both)])];
  const plain = block('plain', [own, ...covered], listens.http);
  const redirect = commonRedirect(server.locations, context);
  return [
    redirect === undefined ? plain : { ...plain, redirect, locations: [] },
    ...(uncovered.length === 0 ? [] : [block('alias', uncovered, listens.http)]),
    block('any', all, https),
  ];
}

/** The line that sends everything to https, where all locations do and in the same way. */
export function commonRedirect(locations: readonly Location[], context: LocationContext): string | undefined {
  const [first] = locations;
  // One line for all of them could not tell the log where it comes from.
  if (!first || context.origin.variables.length > 0) return undefined;
  const line = httpsReturn(first.redirect, context);
  const isPlain = (location: Location) =>
    location.httpsRedirect &&
    location.answers === undefined &&
    (location.headers?.response.length ?? 0) === 0 &&
    !location.directives.some(isOfLog) &&
    httpsReturn(location.redirect, context) === line;
  return locations.every(isPlain) ? line : undefined;
}

interface BlockOptions {
  readonly on: 'plain' | 'alias' | 'any';
  readonly names: readonly string[];
  readonly listens: readonly string[];
}

function blockView(server: Server, context: LocationContext, { on, names, listens }: BlockOptions): ServerView {
  const isDefault = server.name.kind === 'default';
  const hasHealth = isDefault && !locationBlocks(server.locations).some((block) => block.modifier === '= ' && block.path === '/healthz');
  const base = server.headers ? { ...context.base, headers: mergeHeaders(context.base.headers, server.headers) } : context.base;
  const own = { ...context, base, ...(isDefault ? {} : { unmatchedLines: [] }) };
  // A server without certificate lines shares the TLS settings of the default one.
  const hasTls = isDefault || server.directives.some(({ name }) => name.startsWith('ssl_'));
  const listensTls = listens.some((listen) => listen.includes(' ssl'));
  return {
    comment: comment(serverComment(server)),
    names: names.join(' '),
    listens,
    certificate: hasTls && listensTls && !server.directives.some(({ name }) => name === 'ssl_certificate'),
    redirect: undefined,
    health: hasHealth ? [...context.unmatchedLines, ...context.untraced, 'return 200;'] : undefined,
    directives: [
      ...(isDefault && listensTls ? (context.base.unmatchedTls ?? []).map(printDirective) : []),
      ...server.directives.map((one) => printDirective(withFiles(one, context.files))),
      ...(server.headers ? headerLines(context.base.headers, server.headers) : []),
    ],
    answers: [...(context.base.answers ?? []), ...(server.answers ?? [])].map((one) => answerView(one, own.base.headers.response)),
    locations: [...locationViews(server.locations, own, on), ...uniqueSideViews(server, context)],
  };
}

/** Several sides may have the same way after a failure. */
function uniqueSideViews({ sides = [], headers }: Server, context: LocationContext): readonly LocationView[] {
  return [...new Map(sides.flatMap((side) => sideViews(side, context, headers)).map((view) => [view.match, view])).values()];
}

function serverComment(server: Server): string {
  if (server.name.kind === 'default') return 'every host that no rule names';
  const host = server.name.kind === 'exact' ? server.name.host : `*.${server.name.suffix}`;
  return `${host}: ${[...new Set(server.origins.map((origin) => refText(origin.object)))].join(', ')}`;
}

/** A wildcard is exactly one label of letters, digits, `_` and `-`; NGINX's own `*.` would take any number of labels. */
export function serverNameText(name: ServerName): string {
  if (name.kind === 'default') return '_';
  return name.kind === 'exact' ? quoteHost(name.host) : quoteLiteral(`~^[\\w-]+\\.${escaped(name.suffix)}$`);
}

function escaped(host: string): string {
  return host.replace(/[^a-z0-9-]/gu, '\\$&');
}

/** All names of a host, as `server_name` takes them. */
export function nameTexts({ name, aliases = [] }: Server): readonly string[] {
  return [serverNameText(name), ...aliases.map(aliasText)];
}

function aliasText({ name }: Alias): string {
  if (name.kind === 'exact') return quoteHost(name.host);
  // NGINX's own `*.` would win over the expression of a wildcard host.
  return quotePattern(name.kind === 'suffix' ? `^.+\\.${escaped(name.suffix)}$` : name.pattern, '~');
}
