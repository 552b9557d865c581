/**
 * One argument of a directive: literal text, a variable or capture (`1` to `9`) that Gatehouse itself asks for, a regular expression
 * (only where NGINX evaluates no variables, as `$` stays what it is), a file of `Runtime.files`, or several of them in a row. User
 * text is only ever `text`, or a `pattern` that was checked to be one.
 */
export type Word =
  | { readonly text: string }
  | { readonly variable: string }
  | { readonly pattern: string }
  | { readonly file: string }
  | { readonly parts: readonly Word[] };

/** One simple NGINX directive: a name from our own code and arguments that `render/quote.ts` alone turns into text. */
export interface Directive {
  readonly name: string;
  readonly args: readonly Word[];
}

/** Makes a directive; plain strings are literal text. */
export function directive(name: string, ...args: readonly (string | Word)[]): Directive {
  return { name, args: args.map(wordOf) };
}

/** The value of an NGINX variable, given without its `$`. */
export function variable(name: string): Word {
  return { variable: name };
}

/** Several words in a row, as one argument; plain strings are literal text. */
export function joined(...parts: readonly (string | Word)[]): Word {
  return { parts: parts.map(wordOf) };
}

function wordOf(part: string | Word): Word {
  return typeof part === 'string' ? { text: part } : part;
}
