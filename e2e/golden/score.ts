import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Difference } from './differences.ts';
import type { Value } from './python-values.ts';
import type { CaseResult } from './runner.ts';

/** By the name of a row in docs/differences.md: the fields that differ for that reason, and our values; null stands for none, `*` for any. */
export type Explanation = Readonly<Record<string, Readonly<Record<string, Value>>>>;

/** The differences that are meant, and what is not built yet. */
export interface Expected {
  /** Expected in every answer; the last part of the field is enough, so that it is also found in the answers of a conversation. */
  readonly everywhere: Explanation;
  readonly cases: Readonly<Record<string, Readonly<Record<string, Explanation>>>>;
  /** Requests whose features are not built yet; `*` stands for all of a case. */
  readonly pending: Readonly<Record<string, '*' | readonly string[]>>;
}

/** Reads expected-differences.json. */
export function readExpected(): Expected {
  return JSON.parse(readFileSync(join(import.meta.dirname, 'expected-differences.json'), 'utf8'));
}

/** What became of one request. */
export interface Verdict {
  readonly case: string;
  readonly request: string;
  readonly kind: 'same' | 'explained' | 'pending' | 'wrong';
  /** The names of the rows that explain it. */
  readonly names: readonly string[];
  /** Only what nothing explains. */
  readonly unexplained: readonly Difference[];
  /** Expected differences that are not there, as `name: field`. */
  readonly vanished: readonly string[];
  readonly failure?: string;
}

/** Judges all requests of a case. A request counts as same when it differs in nothing but what is expected in every answer. */
export function judge(result: CaseResult, expected: Expected): readonly Verdict[] {
  const { name, requests, failure } = result;
  if (failure !== undefined)
    return requests.map((request) => ({ case: name, request, kind: 'wrong', names: [], unexplained: [], vanished: [], failure }));
  const pending = expected.pending[name] ?? [];
  return requests.map((request) => {
    const explanation = expected.cases[name]?.[request] ?? {};
    const differences = result.differences.filter((one) => one.request === request && !isEverywhere(one, expected.everywhere));
    const unexplained = differences.filter((difference) => !explains(explanation, difference));
    const vanished = vanishedOf(explanation, differences);
    const isPending = pending === '*' || pending.includes(request);
    const kind = kindOf({ differences: differences.length, wrong: unexplained.length + vanished.length, isPending });
    return { case: name, request, kind, names: Object.keys(explanation), unexplained, vanished };
  });
}

function kindOf(seen: { readonly differences: number; readonly wrong: number; readonly isPending: boolean }): Verdict['kind'] {
  if (seen.wrong > 0) return seen.isPending ? 'pending' : 'wrong';
  return seen.differences > 0 ? 'explained' : 'same';
}

function isEverywhere({ field, ours, golden }: Difference, everywhere: Explanation): boolean {
  if (golden !== undefined) return false;
  return Object.values(everywhere).some((fields) =>
    Object.entries(fields).some(([end, value]) => (field === end || field.endsWith(`.${end}`)) && isDeepStrictEqual(ours, value)),
  );
}

function explains(explanation: Explanation, difference: Difference): boolean {
  return Object.values(explanation).some((fields) =>
    Object.entries(fields).some(
      ([field, value]) => field === difference.field && (value === '*' || isDeepStrictEqual(value, difference.ours ?? null)),
    ),
  );
}

function vanishedOf(explanation: Explanation, differences: readonly Difference[]): readonly string[] {
  return Object.entries(explanation).flatMap(([name, fields]) =>
    Object.keys(fields)
      .filter((field) => !differences.some((difference) => difference.field === field))
      .map((field) => `${name}: ${field}`),
  );
}

/** How many requests were judged how. */
export interface Score {
  readonly all: number;
  readonly same: number;
  readonly explained: number;
  readonly pending: number;
  readonly wrong: number;
}

/** Counts verdicts. */
export function score(verdicts: readonly Verdict[]): Score {
  const count = (kind: Verdict['kind']) => verdicts.filter((verdict) => verdict.kind === kind).length;
  return { all: verdicts.length, same: count('same'), explained: count('explained'), pending: count('pending'), wrong: count('wrong') };
}

/** A score in one line. */
export function scoreLine(name: string, { all, same, ...rest }: Score): string {
  const more = Object.entries(rest).filter(([, count]) => count > 0);
  return `${name}: ${same} of ${all} same${more.map(([kind, count]) => `, ${count} ${kind}`).join('')}`;
}

/** What `pending` lists although it differs in nothing that is not expected: whole cases by their name, requests as `case/request`. */
export function settled(verdicts: readonly Verdict[], pending: Expected['pending']): readonly string[] {
  const isOpen = (name: string, request?: string) =>
    verdicts.some(
      (one) => one.case === name && (request === undefined || one.request === request) && one.kind !== 'same' && one.kind !== 'explained',
    );
  const asked = Object.entries(pending).filter(([name]) => verdicts.some((one) => one.case === name));
  return asked.flatMap(([name, requests]) =>
    requests === '*'
      ? isOpen(name)
        ? []
        : [name]
      : requests.filter((request) => !isOpen(name, request)).map((request) => `${name}/${request}`),
  );
}

/** What is wrong with a request, in one line for people; the report has every field. */
export function complaint(verdict: Verdict): string {
  if (verdict.failure !== undefined) return `${verdict.case}/${verdict.request}: ${verdict.failure}`;
  const shown = verdict.unexplained.filter(({ field }) => /^(status|backend|location)$/.test(field));
  const hasStatus = shown.some(({ field }) => field === 'status');
  const fields = hasStatus ? shown : verdict.unexplained;
  const hidden = verdict.unexplained.length - fields.length;
  const parts = [
    ...fields.map(({ field, golden, ours }) => `${field} is ${short(ours)}, recorded ${short(golden)}`),
    ...(hidden > 0 ? [`${hidden} more`] : []),
    ...verdict.vanished.map((text) => `the expected difference is not there: ${text}`),
  ];
  return `${verdict.case}/${verdict.request}: ${parts.join('; ')}`;
}

function short(value: Value | undefined): string {
  const text = value === undefined ? 'missing' : JSON.stringify(value);
  return text.length > 100 ? `${text.slice(0, 100)}…` : text;
}
