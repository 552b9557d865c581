import { accepted, type Parsed, type Parser, refused } from '../annotations/parsers.ts';
import { variable, type Word } from '../model/directive.ts';
import { type OriginVariable, originVariableName, originVariables } from '../model/overrides.ts';
import { closest } from '../model/suggestions.ts';
import { httpVariable, httpVariableNames, streamVariableNames } from './log-variables.ts';

/** A line of a log: words in a row, and what each location has to set for them. */
export interface LogFormat {
  readonly words: readonly Word[];
  readonly origin: readonly OriginVariable[];
}

/** What a name in a format stands for: one word, or nothing that is known. */
type Lookup = (name: string) => Word | undefined;

/** The longest format that is taken. */
const longest = 8000;

/** The format of a request's line: text and variables of NGINX and of ingress-nginx. Whatever is no known variable is text. */
export const httpLogFormat: Parser<LogFormat> = (text) => {
  const parsed = parseWords(text, httpWord, httpVariableNames);
  if (!parsed.ok) return parsed;
  const used = new Set(parsed.value.flatMap((word) => ('variable' in word ? [word.variable] : [])));
  return accepted({ words: parsed.value, origin: originVariables.filter((one) => used.has(originVariableName(one))) });
};

/** The format of a line for a connection that is passed on as it is. */
export const streamLogFormat: Parser<readonly Word[]> = (text) =>
  parseWords(text, (name) => (streamVariableNames.includes(name) ? variable(name) : undefined), streamVariableNames);

function httpWord(name: string): Word | undefined {
  const origin = originVariables.find((one) => one === name);
  if (origin !== undefined) return variable(originVariableName(origin));
  const known = httpVariable(name);
  return known === undefined ? undefined : variable(known);
}

function parseWords(text: string, lookup: Lookup, names: readonly string[]): Parsed<readonly Word[]> {
  if (text.length > longest) return refused(`it has ${text.length} characters, and at most ${longest} are taken`);
  const words: Word[] = [];
  for (const [piece, bare, braced] of text.matchAll(/\$(?:([A-Za-z0-9_]+)|\{([A-Za-z0-9_]+)\})|\$|[^$]+/g)) {
    const name = bare ?? braced;
    if (piece === '$') return refused('a $ has to have the name of a variable behind it');
    if (name === undefined) {
      const literal = unescaped(piece);
      if (literal === undefined) return refused('\\t, \\n and \\r are not taken: a line is one line; put a blank in their place');
      words.push({ text: literal });
      continue;
    }
    const word = lookup(name);
    if (!word) return refused(unknown(name, names));
    words.push(word);
  }
  const kept = words.filter((word) => !('text' in word) || word.text !== '');
  return kept.length === 0 ? refused('the line would be empty') : accepted(kept);
}

/** ingress-nginx puts the text between single quotes, where NGINX reads a backslash before a quote or a backslash as hiding it. */
function unescaped(text: string): string | undefined {
  if (/(?<!\\)(?:\\\\)*\\[tnr]/.test(text)) return undefined;
  return text.replace(/\\(["'\\])/g, '$1');
}

function unknown(name: string, names: readonly string[]): string {
  const meant = closest(name, names);
  const hint = meant === undefined ? 'take those of NGINX and of ingress-nginx' : `the nearest is $${meant}`;
  return `there is no variable $${name.slice(0, 60)}; ${hint}`;
}
