/** One argument of a directive: literal text, or a variable that Gatehouse itself asks for. User text is only ever `text`. */
export type Word = { readonly text: string } | { readonly variable: string } | { readonly parts: readonly Word[] };

/** One simple NGINX directive: a name from our own code and arguments that `render/quote.ts` alone turns into text. */
export interface Directive {
  readonly name: string;
  readonly args: readonly Word[];
}

/** Makes a directive; plain strings are literal text. */
export function directive(name: string, ...args: readonly (string | Word)[]): Directive {
  return { name, args: args.map((arg) => (typeof arg === 'string' ? { text: arg } : arg)) };
}

/** The value of an NGINX variable, given without its `$`. */
export function variable(name: string): Word {
  return { variable: name };
}
