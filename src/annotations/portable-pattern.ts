/**
 * Why a regular expression that JavaScript reads would be refused by PCRE2, which NGINX uses, or would mean something else there; undefined
 * where the two agree. A pattern that NGINX refuses stops the whole configuration, so what is not known to be alike counts as different.
 * The rules are those of https://www.pcre.org/current/doc/html/pcre2pattern.html.
 */
export function portabilityProblem(pattern: string): string | undefined {
  const groups = countGroups(pattern);
  let repeats = 1;
  let rest = pattern;
  while (rest !== '') {
    const [part = '', ...more] = next(rest);
    const problem = part.startsWith('(?<') ? lookBehindProblem(rest) : problemOf(part, more, groups);
    if (problem !== undefined) return problem;
    repeats *= Math.max(1, Number(more[1] ?? 1), Number(more[0] ?? 1));
    if (repeats > mostRepeats) return 'it repeats something too often; {n} may add up to 1000 at most';
    rest = rest.slice(part.length);
  }
  return undefined;
}

/** PCRE2 writes out each repetition, and has 64 KiB for the whole. */
const mostRepeats = 1000;

/** What stands at the beginning: an escape, a class, a count, the head of a group, or one character. For a count its limits follow. */
function next(text: string): readonly string[] {
  const [escaped] = /^\\x[0-9a-fA-F]{2}|^\\\d+|^\\./su.exec(text) ?? [];
  if (escaped !== undefined) return [escaped];
  if (text.startsWith('[')) return [/^\[\^?(?:\[:\^?[a-z]+:\]|\\.|[^\]\\])*\]?/su.exec(text)?.[0] ?? text];
  const never = /^\(\?i\)[*+?{]?|^\{,\d*\}|^(?:[*+?]|\{\d+(?:,\d*)?\})(?:[*+?]{2,}|[*+?]?\{\d)/.exec(text);
  if (never) return [never[0]];
  const count = /^\{(\d+)(?:,(\d*))?\}/.exec(text);
  if (count) return [count[0], count[1] ?? '', count[2] || (count[1] ?? '')];
  return [/^\(\?<[=!]/.exec(text)?.[0] ?? [...text][0] ?? text];
}

function problemOf(part: string, counts: readonly string[], groups: number): string | undefined {
  if (part.startsWith('\\')) return escapeProblem(part, groups);
  if (part.startsWith('[')) return classProblem(part);
  if (counts.some((count) => count.length > 4)) return `${part} repeats too often`;
  if (part.startsWith('{,')) return `${part} is not allowed in a regular expression here; write {0,n}`;
  if (/[*+?]{2}$|.\{\d$/.test(part)) return `${part} repeats what is repeated already`;
  if (/^\(\?i\)./.test(part)) return 'there is nothing to repeat behind (?i)';
  return undefined;
}

/** PCRE2 has to know how far to look back. */
function lookBehindProblem(text: string): string | undefined {
  const isPlain = /^\(\?<[=!](?:[^()[\]\\*+?{}]|\\[^A-Za-z0-9]|\\[dDsSwW])*\)/.test(text);
  return isPlain ? undefined : 'a look-behind may hold only signs and alternatives here, nothing that repeats and no groups';
}

/** Letters that mean the same behind a backslash, outside and inside of a class. */
const outside = 'bBdDfnrsStvwW';
const inside = 'dDfnrsStvwW';

function escapeProblem(escaped: string, groups: number): string | undefined {
  const sign = escaped.slice(1);
  if (/^[1-9]\d?$/.test(sign)) return Number(sign) <= groups ? undefined : `there is no group ${sign} for ${escaped}`;
  const isAlike = /^x..$/.test(sign) || (/^[\x20-\x7e]$/.test(sign) && (!/[A-Za-z0-9]/.test(sign) || outside.includes(sign)));
  return isAlike ? undefined : `${escaped} is not allowed in a regular expression here`;
}

/** The words of POSIX; JavaScript takes them for single letters, and NGINX for what they say. */
const posix = /^\[:\^?(?:alnum|alpha|ascii|blank|cntrl|digit|graph|lower|print|punct|space|upper|word|xdigit):\]/;

/** JavaScript ends a class at the end of a word of POSIX already. */
const wholeClass = /^\[\^?(?:\[:\^?[a-z]+:\]|\\.|[^\]\\])*\]$/su;

type Kind = 'start' | 'one' | 'many' | 'range';

/** In a class a range may not begin or end with something that stands for several signs: the two languages differ there. */
function classProblem(text: string): string | undefined {
  const refusal = (what: string) => `${what} is not allowed in a regular expression here`;
  if (!wholeClass.test(text)) return `a class has no end: ${text.slice(0, 60)}`;
  let rest = text.replace(/^\[\^?/, '').replace(/\]$/, '');
  if (rest === '' || /^\[[:.=].*[:.=]\]$/s.test(text)) return refusal(text);
  let before = 'start' as Kind;
  while (rest !== '') {
    const [item = ''] = posix.exec(rest) ?? /^\\x[0-9a-fA-F]{2}|^\\.|^./su.exec(rest) ?? [];
    if (isStrangeItem(item, rest)) return refusal(item);
    rest = rest.slice(item.length);
    const isMany = item.length > 2 ? item.startsWith('[') : /^\\[dDsSwW]$/.test(item);
    const isBadRange = (item === '-' && rest !== '' && before === 'many') || (isMany && before === 'range');
    if (isBadRange) return refusal(`a range in ${text}`);
    before = kindAfter(before, item, isMany);
  }
  return undefined;
}

function kindAfter(before: Kind, item: string, isMany: boolean): Kind {
  if (item === '-' && before === 'one') return 'range';
  return isMany || before === 'range' ? 'many' : 'one';
}

function isStrangeItem(item: string, rest: string): boolean {
  if (item.startsWith('\\')) return !/^\\x..$/.test(item) && /[A-Za-z0-9]/.test(item.slice(1)) && !inside.includes(item.slice(1));
  return !/^[\x20-\x7e]/.test(item) || (item === '[' && /^\[[:.=]/.test(rest));
}

/** Groups that a number can name. */
function countGroups(pattern: string): number {
  const bare = pattern.replace(/\\./gsu, '').replace(/\[\^?(?:\[:\^?[a-z]+:\]|[^\]])*\]/g, '');
  return bare.match(/\((?!\?)/g)?.length ?? 0;
}
