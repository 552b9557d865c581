import { hash } from 'node:crypto';
import { type Directive, directive, joined, variable } from '../model/directive.ts';
import { clientVariables, type Front } from '../model/front.ts';
import { refText } from '../model/objects.ts';
import type { Answer, Base, ConditionalAnswer, Headers, HttpsRedirect, Location, Origin, Target } from '../model/routing.ts';
import { canaryVariables } from '../model/target.ts';
import { namesScheme } from './client-maps.ts';
import { byName, headerLines, noHeaders, responseHeaderLines } from './headers.ts';
import { type LocationBlock, locationBlocks } from './locations.ts';
import { canaryNamed, canaryUnnamed, type OriginView, originLines } from './origin-variables.ts';
import { failureAnswers, passLine, settingLines } from './pass.ts';
import { comment, printDirective, quoteLiteral, quotePath, quotePattern, quoteWord } from './quote.ts';

/** What the locations of one installation have in common. */
export interface LocationContext {
  readonly base: Base;
  readonly front: Front;
  /** The directives at the level `http`. */
  readonly http: readonly Directive[];
  /** Where the files are that NGINX opens for each request. */
  readonly files: string;
  readonly httpsPort: number;
  readonly origin: OriginView;
  /** What stands in locations of the default server that no Ingress asked for. */
  readonly unmatchedLines: readonly string[];
  /** What stands in answers to probes. */
  readonly untraced: readonly string[];
}

/** One `location` block as the template prints it: strings that are nginx.conf text already. */
export interface LocationView {
  readonly match: string;
  readonly comment: string | undefined;
  readonly lines: readonly string[];
  readonly answers: readonly { readonly condition: string; readonly lines: readonly string[] }[];
  /** What has to come after the answers. */
  readonly ends: readonly string[];
}

/** The locations of a server; `plain` is where plain http is sent to https, `alias` a name without a certificate. */
export function locationViews(
  locations: readonly Location[],
  context: LocationContext,
  on: 'plain' | 'alias' | 'any',
): readonly LocationView[] {
  const redirects = ({ httpsRedirect, redirect }: Location) =>
    httpsRedirect && (on === 'plain' || (on === 'alias' && redirect?.forced === true));
  const blocks = locationBlocks(locations);
  const contents = new Map<Location, LocationContent>();
  for (const { location } of blocks)
    if (!contents.has(location)) contents.set(location, locationContent(location, context, redirects(location)));
  const failed = new Map([...contents.values()].flatMap(({ failed: view }) => (view ? [[view.match, view] as const] : [])));
  const own = blocks.flatMap((block) => {
    const found = contents.get(block.location);
    return found ? [{ match: matchText(block), ...found.content }] : [];
  });
  return [...failed.values(), ...own];
}

function matchText({ modifier, path }: LocationBlock): string {
  const isPattern = modifier === '~ ' || modifier === '~* ';
  return modifier + (isPattern ? quotePattern(path) : quotePath(path));
}

/** What stands in a location, whatever leads to it. */
export interface LocationContent {
  readonly content: Omit<LocationView, 'match'>;
  /** Where its 502 goes, if that is a place of its own. */
  readonly failed: LocationView | undefined;
}

/** Prints what stands in a location; `redirects` is whether plain http arrives there and is sent to https. */
export function locationContent(location: Location, context: LocationContext, redirects: boolean): LocationContent {
  const { origin, headers = noHeaders } = location;
  const shown = { comment: origin && comment(originText(origin)) };
  const answers = (location.answers ?? []).map((one) => answerView(one, byName(context.base.headers.response, headers.response)));
  if (redirects && !namesScheme(context.front))
    return { content: { ...shown, answers, ...redirectLines(location, context) }, failed: undefined };
  const redirect = { condition: quoteWord(variable(clientVariables.plain)), lines: [httpsReturn(location.redirect, context)] };
  const choices = choicesOf(location.target, context);
  const failed = failedView(location, context);
  const content = {
    ...shown,
    answers: [...answers, ...(redirects ? [redirect] : []), ...choices],
    ...ownLines(location, context, failed),
  };
  return { content, failed };
}

/** What the log needs to know. */
function firstLines(location: Location, { origin, unmatchedLines }: LocationContext): readonly string[] {
  return location.origin ? originLines(location, origin) : unmatchedLines;
}

/** Whether a directive says what is logged: it holds for the redirect to https as well. */
export function isOfLog({ name }: Directive): boolean {
  return name === 'access_log';
}

function redirectLines(location: Location, context: LocationContext): Pick<LocationView, 'lines' | 'ends'> {
  const { response } = location.headers ?? noHeaders;
  return {
    lines: [
      ...firstLines(location, context),
      ...location.directives.filter(isOfLog).map(printDirective),
      ...(response.length === 0 ? [] : headerLines(context.base.headers, { ...noHeaders, response })),
    ],
    ends: [httpsReturn(location.redirect, context)],
  };
}

function ownLines(location: Location, context: LocationContext, failed: LocationView | undefined): Pick<LocationView, 'lines' | 'ends'> {
  const { rewrite, target } = location;
  return {
    lines: [
      ...firstLines(location, context),
      ...settingLines(location, context),
      // Without it, what the first page leads to would have none of its own.
      ...(location.errorPages || location.standIn ? ['recursive_error_pages on;'] : []),
      ...errorPageLines(location, [502]),
      ...(failed ? [`error_page 502 = ${failed.match};`] : []),
      ...(target.kind === 'proxy' && target.canary?.share !== undefined
        ? [printDirective(directive('set', variable(canaryVariables.won), ''))]
        : []),
    ],
    ends: [
      ...(rewrite && target.kind === 'proxy'
        ? [printDirective(directive('rewrite', { pattern: rewrite.pattern }, rewrite.to, 'break'))]
        : []),
      ...(target.kind === 'proxy' ? [passLine(location.protocol, chosenUpstream(target))] : answerLines(target, location, context)),
    ],
  };
}

/** Whether a request wins is asked with one look at the disk: how many do changes without a reload. Then the log is told. */
function choicesOf(target: Location['target'], { files, origin }: LocationContext): LocationView['answers'] {
  if (target.kind !== 'proxy' || !target.canary) return [];
  const { share } = target.canary;
  const path = quoteWord(joined(`${files}/${share}/`, variable(canaryVariables.lot)));
  const draw = { condition: `-e ${path}`, lines: [printDirective(directive('set', variable(canaryVariables.won), '1'))] };
  return [...(share === undefined ? [] : [draw]), ...canaryNamed(target, origin)];
}

function chosenUpstream({ upstream, canary }: Target): string {
  return canary ? quoteWord(variable(canary.chosen)) : upstream;
}

/**
 * `return` comes before anybody is asked who he is. Where a location has settings, what nobody defined is looked for as a file that does not
 * exist, so that a guard of the host holds for it as well.
 */
function answerLines(answer: Answer, { directives, denied }: Location, { files }: LocationContext): readonly string[] {
  const isGuarded = answer.status === 404 && directives.length > 0 && !denied;
  return isGuarded ? [`root ${quoteLiteral(files)};`, 'try_files /none =404;'] : [answerText(answer)];
}

/** `return` with its status, and where it leads to. */
export function answerText({ status, location, body }: Answer): string {
  const text = location ?? (body === undefined ? undefined : { text: body });
  return text ? `return ${status} ${quoteWord(text)};` : `return ${status};`;
}

/** An `if` with what it answers; what the place around it adds to answers is given, as the `if` would lose it. */
export function answerView({ variable: name, answer, headers }: ConditionalAnswer, inherited: Headers['response']) {
  const lines = headers.length === 0 ? [] : responseHeaderLines(byName(inherited, headers));
  return { condition: quoteWord(variable(name)), lines: [...lines, answerText(answer)] };
}

/** How plain http is sent to https. */
export function httpsReturn(redirect: HttpsRedirect | undefined, { httpsPort }: Pick<LocationContext, 'httpsPort'>): string {
  const port = redirect?.withPort ? `:${httpsPort}` : '';
  const uri = redirect?.keepSlash ? '$request_uri' : '$gatehouse_redirect_uri';
  return `return ${redirect?.status ?? 308} https://$gatehouse_redirect_host${port}${uri};`;
}

function errorPageLines({ errorPages = [] }: Location, without: readonly number[]): readonly string[] {
  return errorPages.flatMap(({ statuses, side, as }) => {
    const kept = statuses.filter((status) => !without.includes(status));
    if (kept.length === 0) return [];
    return [`error_page ${kept.join(' ')} =${as ?? ''} ${sideName(side)};`];
  });
}

/** What a location says about backends and answers holds as well when the request is sent once more, or NGINX answers in place of a backend. */
const keptAfterFailure =
  /^(?:proxy_(?!pass$)|fastcgi_|grpc_|access_log$|rewrite_log$|limit_rate|otel_span_name$|absolute_redirect$|port_in_redirect$)/;

/**
 * Where the 502 of a location goes that has settings of its own: the same settings, and the question what the 502 means. A location without
 * any shares `@gatehouse_failed`. The name is the hash of the content.
 */
function failedView(location: Location, context: LocationContext): LocationView | undefined {
  if (location.target.kind !== 'proxy') return undefined;
  const { canary } = location.target;
  const kept = location.directives.filter(({ name }) => keptAfterFailure.test(name));
  const lines = [
    ...settingLines({ ...location, directives: kept }, context),
    ...(location.errorPages || location.standIn || canary ? ['recursive_error_pages on;'] : []),
    ...(location.standIn ? [`error_page 503 = ${sideName(location.standIn)};`] : []),
    ...errorPageLines(location, []),
    ...(canary && !location.errorPages?.some(({ statuses }) => statuses.includes(502)) ? ['error_page 502 = @gatehouse_failed;'] : []),
  ];
  if (lines.length === 0 && location.protocol === undefined) return undefined;
  const name = `@gatehouse_failed_${hash('sha256', [...lines, ...(location.protocol ? [location.protocol] : []), ...(canary ? [canary.afterFailure] : [])].join('\n')).slice(0, 10)}`;
  const next = quoteWord(variable(canary?.afterFailure ?? 'gatehouse_after_failure'));
  return {
    match: name,
    comment: undefined,
    lines,
    answers: [
      ...canaryUnnamed(location.target, context.origin),
      ...failureAnswers(location.protocol, next, location.standIn !== undefined),
    ],
    ends: [passLine(location.protocol, next)],
  };
}

/** The names of side locations are ours. */
export function sideName(name: string): string {
  if (!/^[@/][a-z0-9_]+$/.test(name)) throw new Error(`${JSON.stringify(name)} is no name of a side location`);
  return name;
}

/** How a block names what asked for it; `origin.ts` reads it back when NGINX complains about a line. */
export function originText(origin: Origin): string {
  return `${refText(origin.object)} ${origin.field}`;
}
