import { readPlainScalar } from './yaml-schema.ts';

/**
 * Reads the part of YAML that nearly all manifests are written in, in a tenth of the time: mappings and lists in block style, each value on the
 * line of its key, without anchors, tags, escapes, or comments behind something. Undefined when there is anything else in the text, or a mistake: then a parser for all of
 * YAML has to read it. What it gives is what that would give.
 */
export function parsePlainYaml(text: string): readonly unknown[] | undefined {
  if (rare.test(text)) return undefined;
  const lines: Lines = { text, indent: 0, start: 0, end: 0, following: 0 };
  const documents: unknown[] = [];
  toNext(lines);
  if (isSeparator(lines)) toNext(lines);
  try {
    while (lines.indent >= 0) {
      documents.push(readNode(lines, 0));
      if (lines.indent < 0) return documents;
      if (!isSeparator(lines)) return undefined;
      toNext(lines);
    }
  } catch (error) {
    if (error !== notPlain) throw error;
  }
  return undefined;
}

/** Control characters, tabs, other line ends, marks of byte order, and pairs of surrogates. */
const rare = /[^\n\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd]/;

/** Thrown for what is left to the other parser; no error, as those take their time to be made. */
const notPlain = Symbol('not plain');

/** No manifest is so deep. */
const deepest = 50;
const longestKey = 500;

/** The line that is to be read next. */
interface Lines {
  readonly text: string;
  /** Spaces before its content, also for the rest of a line behind `- `; -1 behind the last line. */
  indent: number;
  /** Where its content begins and ends, without spaces around it. */
  start: number;
  end: number;
  /** Where the next one begins. */
  following: number;
}

const space = 0x20;
const colon = 0x3a;
const dash = 0x2d;
const slash = 0x2f;
const hash = 0x23;

/** Goes to the next line that holds something. */
function toNext(lines: Lines): void {
  const { text } = lines;
  while (lines.following < text.length) {
    const begin = lines.following;
    const found = text.indexOf('\n', begin);
    let end = found === -1 ? text.length : found;
    lines.following = end + 1;
    const start = afterSpaces(text, begin);
    if (start >= end || text.charCodeAt(start) === hash) continue;
    while (text.charCodeAt(end - 1) === space) end -= 1;
    lines.indent = start - begin;
    lines.start = start;
    lines.end = end;
    return;
  }
  lines.indent = -1;
}

function afterSpaces(text: string, begin: number): number {
  let at = begin;
  while (text.charCodeAt(at) === space) at += 1;
  return at;
}

function isSeparator({ text, indent, start, end }: Lines): boolean {
  return indent === 0 && end === start + 3 && text.startsWith('---', start);
}

/** Whether its content begins with `- `. */
function isItem({ text, start }: Lines): boolean {
  return text.charCodeAt(start) === dash && text.charCodeAt(start + 1) === space;
}

function readNode(lines: Lines, depth: number): unknown {
  if (depth > deepest) throw notPlain;
  return isItem(lines) ? readList(lines, depth) : readMapping(lines, depth);
}

function readMapping(lines: Lines, depth: number): Record<string, unknown> {
  const { text, indent } = lines;
  const result: Record<string, unknown> = {};
  let count = 0;
  do {
    const end = endOfKey(lines);
    if (end < 0) throw notPlain;
    const key = text.slice(lines.start, end);
    if (key === '__proto__' || typeof readPlainScalar(key) !== 'string') throw notPlain;
    lines.start = end + 1;
    result[key] = readValue(lines, indent, depth);
    count += 1;
  } while (lines.indent === indent && !isSeparator(lines));
  // A key that is there twice is a mistake.
  if (lines.indent > indent || Object.keys(result).length < count) throw notPlain;
  return result;
}

/** The value behind a key at `indent`: on the same line or below. */
function readValue(lines: Lines, indent: number, depth: number): unknown {
  if (lines.start < lines.end) return readScalarLine(lines, indent);
  toNext(lines);
  if (lines.indent > indent) return readNode(lines, depth + 1);
  return lines.indent === indent && isItem(lines) ? readList(lines, depth + 1) : null;
}

function readList(lines: Lines, depth: number): unknown[] {
  const { text, indent } = lines;
  const items: unknown[] = [];
  while (lines.indent === indent && isItem(lines)) {
    const dashAt = lines.start;
    lines.start = afterSpaces(text, dashAt + 1);
    lines.indent = indent + lines.start - dashAt;
    if (depth >= deepest) throw notPlain;
    items.push(endOfKey(lines) < 0 ? readScalarLine(lines, indent) : readMapping(lines, depth + 1));
  }
  if (lines.indent > indent) throw notPlain;
  return items;
}

/** The rest of a line as a value. A line below that is further in would belong to it. */
function readScalarLine(lines: Lines, indent: number): unknown {
  const { text, start, end } = lines;
  const value = readScalar(text.slice(afterSpaces(text, start), end));
  toNext(lines);
  if (lines.indent > indent) throw notPlain;
  return value;
}

const plainForm = /^(?:[A-Za-z0-9/._~^$(+\\]|-(?=[A-Za-z0-9.]))/;
const quotedForm = /^"[^"\\]*"$|^'[^']*'$/;

function readScalar(source: string): unknown {
  if (plainForm.test(source)) {
    if (source.includes(': ') || source.includes(' #') || source.endsWith(':')) throw notPlain;
    return readPlainScalar(source);
  }
  if (quotedForm.test(source)) return source.slice(1, -1);
  if (source === '{}') return {};
  if (source === '[]') return [];
  throw notPlain;
}

/** Where the colon of a line `key:` or `key: value` is; -1 when it is none. */
function endOfKey({ text, start, end }: Lines): number {
  if (!mayBeginKey(text.charCodeAt(start))) return -1;
  let at = start + 1;
  while (at < end && isKeyCharacter(text.charCodeAt(at))) at += 1;
  if (at >= end || at - start > longestKey || text.charCodeAt(at) !== colon) return -1;
  return at + 1 === end || text.charCodeAt(at + 1) === space ? at : -1;
}

function mayBeginKey(code: number): boolean {
  return isKeyCharacter(code) && (code > 0x39 || code === slash);
}

/** Letters, digits, and `_ - . /`. */
function isKeyCharacter(code: number): boolean {
  return (code >= 0x61 && code <= 0x7a) || (code >= dash && code <= 0x39) || (code >= 0x41 && code <= 0x5a) || code === 0x5f;
}
