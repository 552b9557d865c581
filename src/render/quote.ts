import type { Directive, Word } from '../model/directive.ts';

/**
 * The only way from a value to nginx.conf text. NGINX's tokens end at white space, `;` and `{`, and a backslash hides the next
 * byte; inside of double quotes only `"` and `\` have to be hidden (ngx_conf_read_token). Quoting does not switch `$` off, so
 * where NGINX evaluates variables a literal dollar is written as the variable `$gatehouse_dollar`.
 */

/** How many bytes of a printed token NGINX can read (its buffer has 4,096), with some to spare. One that is longer stops the whole file. */
export const longestToken = 4000;

/** A variable that holds a dollar sign. */
const dollar = `$\{${'gatehouse_dollar'}}`;

/** Characters that mean nothing to NGINX anywhere inside of a token. */
const plain = /^[A-Za-z0-9/._-]+$/;

/** Prints a literal where NGINX does not evaluate variables: location paths and the like. Throws on control characters and on text that is too long. */
export function quoteLiteral(text: string): string {
  if (plain.test(text)) return short(text);
  if (hasControl(text)) throw new Error(`a control character in ${JSON.stringify(text)} reached the renderer`);
  return short(`"${text.replace(/[\\"]/g, '\\$&')}"`);
}

function short(token: string): string {
  // A character takes three bytes at most, or four for two of JavaScript's.
  if (token.length * 3 <= longestToken) return token;
  const bytes = Buffer.byteLength(token);
  if (bytes > longestToken) throw new Error(`a text takes ${bytes} bytes in nginx.conf, and NGINX reads at most ${longestToken}`);
  return token;
}

/** Prints the path of a `location`. NGINX reads a modifier from the first bytes of anything that does not begin with a slash, quoted or not. */
export function quotePath(path: string): string {
  if (!path.startsWith('/')) throw new Error(`${JSON.stringify(path)} is no path`);
  return quoteLiteral(path);
}

/** Prints a name for `server_name` that means itself: regular expressions, wildcards and variables begin with a sign of their own, also in quotes. */
export function quoteHost(host: string): string {
  if (!/^[a-z0-9]/.test(host) || host.includes('*')) throw new Error(`${JSON.stringify(host)} is no host`);
  return quoteLiteral(host);
}

/** Prints the key of a `map`. A backslash in front makes NGINX take words such as `default` and `include`, and signs such as `~`, for what they are. */
export function quoteKey(text: string): string {
  return quoteLiteral(/^\.|^[a-z0-9].*\./.test(text) ? text : `\\${text}`);
}

/** Prints a regular expression, where NGINX evaluates no variables: `$` is the end of the subject. `sign` is `~` or `~*` where one has to lead. */
export function quotePattern(pattern: string, sign: '' | '~' | '~*' = ''): string {
  return quoteLiteral(sign + pattern);
}

/** Prints a word where NGINX evaluates variables: a literal stays what it is, a variable is what our own code asked for. */
export function quoteWord(word: Word): string {
  if ('variable' in word) return variableText(word.variable);
  if ('text' in word) return short(evaluated(quoteLiteral(word.text)));
  if ('pattern' in word) return quotePattern(word.pattern);
  return short(`"${inside(word)}"`);
}

/** Prints `name arg arg;`. */
export function printDirective(directive: Directive): string {
  if (!/^[a-z][a-z0-9_]*$/.test(directive.name)) throw new Error(`${JSON.stringify(directive.name)} is no name of a directive`);
  return `${[directive.name, ...directive.args.map(quoteWord)].join(' ')};`;
}

/** The same directive with the paths of its files in it. */
export function withFiles({ name, args }: Directive, folder: string): Directive {
  return { name, args: args.map((arg) => ('file' in arg ? { text: `${folder}/${arg.file}` } : arg)) };
}

/** Prints the rest of a comment line; whatever could end the line is replaced. */
export function comment(text: string): string {
  return hasControl(text) ? [...text].map((character) => (hasControl(character) ? '?' : character)).join('') : text;
}

/** Control characters cannot be part of any value that was checked, so one that gets here is a mistake of ours. */
function hasControl(text: string): boolean {
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code < 0x20 || code === 0x7f) return true;
  }
  return false;
}

function variableText(name: string): string {
  return `$${ownName(checkedName(name))}`;
}

/** Requests of HTTP/3 have no Host header, so the name of the host that a request is for has a variable of its own. */
function ownName(name: string): string {
  return name === 'http_host' ? 'gatehouse_host' : name;
}

function checkedName(name: string): string {
  if (!/^(?:[a-z][a-z0-9_]*|[1-9])$/.test(name)) throw new Error(`${JSON.stringify(name)} is no name of a variable`);
  return name;
}

function evaluated(quoted: string): string {
  return quoted.replaceAll('$', () => dollar);
}

/** A word without the quotes around it; braces end the name of a variable where more text follows, but NGINX knows captures only without them. */
function inside(word: Word): string {
  if ('variable' in word) return /^\d$/.test(word.variable) ? variableText(word.variable) : `\${${ownName(checkedName(word.variable))}}`;
  if ('parts' in word) return word.parts.map(inside).join('');
  if (!('text' in word)) throw new Error('a regular expression or a file is a whole argument');
  const quoted = evaluated(quoteLiteral(word.text));
  return quoted.startsWith('"') ? quoted.slice(1, -1) : quoted;
}
