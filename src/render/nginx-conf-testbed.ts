/** One directive of a configuration as NGINX reads it. */
export interface Parsed {
  readonly words: readonly string[];
  /** Absent for a simple directive. */
  readonly block?: readonly Parsed[];
}

/** NGINX's buffer; a token has to be shorter. */
const bufferSize = 4096;

/**
 * Reads a configuration by the rules of `ngx_conf_read_token` and `ngx_conf_parse` (core/ngx_conf_file.c), byte by byte. It is
 * written from them and knows nothing of the renderer. Throws where NGINX would refuse the file.
 */
export function parseConfig(text: string): readonly Parsed[] {
  const reader = createReader(Buffer.from(text, 'utf8'));
  const { directives, end } = parseBlock(reader);
  if (end !== 'file') throw new Error('unexpected "}"');
  return directives;
}

type End = ';' | '{' | '}' | 'file';

interface Tokens {
  readonly words: readonly string[];
  readonly end: End;
}

function parseBlock(read: () => Tokens): { readonly directives: readonly Parsed[]; readonly end: '}' | 'file' } {
  const directives: Parsed[] = [];
  for (;;) {
    const { words, end } = read();
    if (end === '}' || end === 'file') return { directives, end };
    if (end === ';') {
      directives.push({ words });
      continue;
    }
    const inner = parseBlock(read);
    if (inner.end !== '}') throw new Error('unexpected end of file, expecting "}"');
    directives.push({ words, block: inner.directives });
  }
}

const space = new Set([...Buffer.from(' \t\r\n')]);
const byteOf = (character: string) => character.charCodeAt(0);

/** Reads the words up to the next `;`, `{` or `}`. */
function createReader(bytes: Buffer): () => Tokens {
  let at = 0;
  return () => {
    const words: string[] = [];
    for (;;) {
      at = afterSpaceAndComments(bytes, at);
      const end = endAt(bytes, at, words.length);
      if (end !== undefined) {
        at += 1;
        return { words, end };
      }
      const token = readToken(bytes, at);
      words.push(token.word);
      at = token.next;
    }
  };
}

function afterSpaceAndComments(bytes: Buffer, from: number): number {
  let at = from;
  for (; at < bytes.length; at += 1) {
    const byte = bytes[at] ?? 0;
    if (byte === byteOf('#')) at = endOfLine(bytes, at);
    else if (!space.has(byte)) break;
  }
  return at;
}

/** The place of the line feed, or of the last byte. */
function endOfLine(bytes: Buffer, from: number): number {
  const found = bytes.indexOf('\n', from);
  return found < 0 ? bytes.length - 1 : found;
}

/** What ends a directive here, if anything; `words` counts those before it. */
function endAt(bytes: Buffer, at: number, words: number): End | undefined {
  const byte = bytes[at];
  if (byte === undefined) {
    if (words > 0) throw new Error('unexpected end of file, expecting ";" or "}"');
    return 'file';
  }
  const character = String.fromCharCode(byte);
  if (character !== ';' && character !== '{' && character !== '}') return undefined;
  if (words > 0 === (character === '}')) throw new Error(`unexpected "${character}"`);
  return character;
}

interface Token {
  readonly word: string;
  readonly next: number;
}

function readToken(bytes: Buffer, start: number): Token {
  const first = bytes[start];
  return first === byteOf('"') || first === byteOf("'") ? readQuoted(bytes, start + 1, first) : readBare(bytes, start);
}

function readQuoted(bytes: Buffer, start: number, quote: number): Token {
  let at = start;
  for (; bytes[at] !== quote; at += bytes[at] === byteOf('\\') ? 2 : 1) {
    if (at >= bytes.length) throw new Error('unexpected end of file, the quote is not closed');
  }
  const after = bytes[at + 1];
  if (after !== undefined && !space.has(after) && !';{)'.includes(String.fromCharCode(after)))
    throw new Error(`unexpected "${String.fromCharCode(after)}" after a quote`);
  return { word: unescaped(bytes.subarray(start, at)), next: at + 1 };
}

function readBare(bytes: Buffer, start: number): Token {
  let at = start;
  let afterDollar = false;
  for (; at < bytes.length; at += 1) {
    const byte = bytes[at] ?? 0;
    if (space.has(byte) || byte === byteOf(';') || (byte === byteOf('{') && !afterDollar)) break;
    afterDollar = byte === byteOf('$');
    if (byte === byteOf('\\')) at += 1;
  }
  return { word: unescaped(bytes.subarray(start, at)), next: at };
}

const escapes: Readonly<Record<string, string>> = { '"': '"', "'": "'", '\\': '\\', t: '\t', r: '\r', n: '\n' };

/** A backslash vanishes before a quote and a backslash, makes t, r and n control characters, and stays before everything else. */
function unescaped(token: Buffer): string {
  if (token.length >= bufferSize) throw new Error(`too long parameter, ${token.length} bytes`);
  return token.toString('utf8').replace(/\\(.)/gs, (whole, next: string) => escapes[next] ?? whole);
}
