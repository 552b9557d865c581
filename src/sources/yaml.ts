import { constructFromEvents, EVENT_ID, type Event, parseEvents, YAMLException } from 'js-yaml';
import { kubectlSchema } from './yaml-schema.ts';

/** A text that is no YAML, or too much of it: 1-based line and column, and a sentence for people. */
export interface YamlError {
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

/** Values of the documents in a text, in order. */
export type YamlResult = { readonly documents: readonly unknown[] } | { readonly error: YamlError };

/** What aliases may add up to when each is replaced by what it stands for, in values. */
const largestExpansion = 1_000_000;
const deepest = 200;

/** Reads a text of any number of YAML (or JSON) documents. Never throws. */
export function parseYaml(text: string): YamlResult {
  try {
    const events = parseEvents(text, {});
    const options = { source: text, schema: kubectlSchema, maxAliases: 10_000, maxTotalMergeKeys: 100_000 };
    const documents = constructFromEvents(events, options);
    const alias = events.find((event) => event.type === EVENT_ID.ALIAS);
    const complaint = alias === undefined ? undefined : aliasComplaint(documents);
    return complaint === undefined ? { documents } : { error: { ...lineColumn(text, startOf(alias)), message: complaint } };
  } catch (error) {
    return { error: describe(error, text) };
  }
}

function startOf(alias: Event | undefined): number {
  return alias?.type === EVENT_ID.ALIAS ? alias.anchorStart - 1 : 0;
}

/**
 * A few lines of aliases to aliases stand for billions of values ("billion laughs"), or for themselves. Sizes are added up
 * without walking into the same value twice.
 */
function aliasComplaint(documents: readonly unknown[]): string | undefined {
  const sizes = new Map<object, { readonly size: number; readonly height: number } | 'open'>();
  const measure = (value: unknown): { readonly size: number; readonly height: number } => {
    if (typeof value !== 'object' || value === null) return { size: 1, height: 0 };
    const seen = sizes.get(value);
    if (seen === 'open') throw new YAMLException('an alias stands for something that holds the alias itself');
    if (seen) return seen;
    sizes.set(value, 'open');
    const parts = Object.values(value).map(measure);
    const result = { size: parts.reduce((sum, part) => sum + part.size, 1), height: 1 + Math.max(0, ...parts.map((part) => part.height)) };
    sizes.set(value, result);
    if (result.size > largestExpansion) throw new YAMLException('the aliases stand for too many values');
    if (result.height > deepest) throw new YAMLException('the aliases are nested too deep');
    return result;
  };
  try {
    for (const document of documents) measure(document);
    return undefined;
  } catch (error) {
    return error instanceof YAMLException ? error.reason : String(error);
  }
}

function describe(error: unknown, text: string): YamlError {
  if (!(error instanceof YAMLException)) return { line: 1, column: 1, message: `cannot be read as YAML: ${String(error)}` };
  const template = /\{\{[^}\n]*\}\}/.exec(text);
  if (template && error.reason.includes('key')) {
    return { ...lineColumn(text, template.index), message: 'this looks like a template, which has to be rendered first' };
  }
  const { line, column, position } = error.mark ?? { line: 0, column: 0, position: 0 };
  const indent = text.slice(position - column, position + 1);
  const tab = /^ *\t/.test(indent) ? '; the line is indented with a tab, use spaces' : '';
  return { line: line + 1, column: column + 1, message: `${explain(error.reason, text, position)}${tab}` };
}

/** What the parser says in its own words, in plain ones. */
const plainWords = new Map([
  ['bad indentation of a mapping entry', 'no "key: value" is allowed here: check the indentation, and quote a value that holds ": "'],
  ['deficient indentation', 'a "[" or "{" is not closed, or what is inside is not indented enough'],
  ['end of the stream or a document separator is expected', 'this belongs to nothing before it: check the indentation'],
  ['object-based map does not support complex keys', 'a key must be text: quote a value that begins with "{" or "["'],
]);

function explain(reason: string, text: string, position: number): string {
  if (reason !== 'duplicated mapping key') return plainWords.get(reason) ?? reason;
  // The parser points into a quoted key.
  const start = /["']/.test(text[position - 1] ?? '') ? position - 1 : position;
  const key = /^("[^"]*"|'[^']*'|[^\s:,{}]*)/.exec(text.slice(start))?.[0] ?? '';
  return `the key ${key} is there twice`;
}

/** 1-based line and column of an offset. */
function lineColumn(text: string, offset: number): { readonly line: number; readonly column: number } {
  const lines = text.slice(0, offset).split(/\r\n|\r|\n/);
  return { line: lines.length, column: (lines.at(-1) ?? '').length + 1 };
}
