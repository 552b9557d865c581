import { hash } from 'node:crypto';
import { joined, variable, type Word } from '../model/directive.ts';
import type { Headers, Question, SideLocation } from '../model/routing.ts';
import { byName, headerLines, mergeHeaders, noHeaders } from './headers.ts';
import { answerText, answerView, type LocationContext, type LocationView, originText, sideName } from './location-view.ts';
import { failureAnswers } from './pass.ts';
import { comment, printDirective, quoteWord, withFiles } from './quote.ts';

/** A location that only NGINX itself goes to, with where it goes on after a failure. `server` are the headers that are different there. */
export function sideViews(side: SideLocation, context: LocationContext, server: Headers = noHeaders): readonly LocationView[] {
  const { target } = side;
  const lines = sideLines(side, context, server);
  const view = {
    match: side.name.startsWith('@') ? sideName(side.name) : `= ${sideName(side.name)}`,
    comment: side.origin && comment(originText(side.origin)),
    answers: (side.answers ?? []).map((one) => answerView(one, byName(context.base.headers.response, side.headers?.response ?? []))),
  };
  const first = side.name.startsWith('@') ? [] : ['internal;'];
  if (target.kind !== 'question') return [{ ...view, lines: [...first, ...lines], ends: [endOf(target)] }];
  const failed = failedView(lines, target);
  const ends = [passLine(target, target.upstream)];
  return [failed, { ...view, lines: [...first, ...lines, `error_page 502 = ${failed.match};`], ends }];
}

function sideLines(side: SideLocation, context: LocationContext, server: Headers): readonly string[] {
  const { headers = noHeaders } = side;
  if (side.bare && side.target.kind !== 'answer' && headers.request.length === 0)
    throw new Error(`${side.name} has neither the headers of all nor its own`);
  const base: Headers = side.bare ? noHeaders : mergeHeaders(context.base.headers, server);
  return [
    ...side.directives.map((one) => printDirective(withFiles(one, context.files))),
    ...headerLines(base, side.bare ? { ...headers, request: withCertificate(server, headers) } : headers),
  ];
}

/** What the server knows of the client's certificate nobody else may say. */
function withCertificate(server: Headers, own: Headers): Headers['request'] {
  return byName(
    server.request.filter(({ name }) => /^ssl-client-/i.test(name)),
    own.request,
  );
}

function endOf(target: Exclude<SideLocation['target'], Question>): string {
  if (target.kind === 'answer') return answerText(target);
  return target.kind === 'url' ? `proxy_pass ${quoteWord(target.url)};` : `proxy_pass http://${target.upstream};`;
}

/** The same question once more, as another one would ask something else, and be told something else. */
function failedView(lines: readonly string[], question: Question): LocationView {
  const pass = passLine(question, variable('gatehouse_after_failure'));
  const name = `@gatehouse_failed_${hash('sha256', [...lines, pass].join('\n')).slice(0, 10)}`;
  return { match: name, comment: undefined, lines, answers: failureAnswers(question.scheme, '$gatehouse_after_failure'), ends: [pass] };
}

function passLine({ scheme, uri }: Question, upstream: string | Word): string {
  return `proxy_pass ${quoteWord(joined(`${scheme}://`, upstream, uri))};`;
}
