/** What `ask` prints of an answer: what Python's `repr` says of JSON's values. */
export type Value = null | boolean | number | string | readonly Value[] | { readonly [key: string]: Value };

const escapes: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', '\\': '\\', "'": "'", '"': '"' };
const words: Readonly<Record<string, Value>> = { None: null, True: true, False: false };

/** Reads the value that begins at `start`, and says where it ends. Throws where there is none. */
export function readValue(text: string, start: number): { readonly value: Value; readonly end: number } {
  const opening = text[start];
  if (opening === "'" || opening === '"') return readText(text, start);
  if (opening === '[') return readList(text, start);
  if (opening === '{') return readDictionary(text, start);
  const word = /(?:None|True|False|-?\d[\d.e+-]*)/y;
  word.lastIndex = start;
  const found = word.exec(text)?.[0];
  if (found === undefined) throw new Error(`no value at ${start} of: ${text}`);
  return { value: words[found] === undefined ? Number(found) : words[found], end: start + found.length };
}

function readText(text: string, start: number): { readonly value: string; readonly end: number } {
  const quote = text[start];
  let value = '';
  let at = start + 1;
  while (text[at] !== quote) {
    if (at >= text.length) throw new Error(`a text without an end at ${start} of: ${text}`);
    const pattern = /\\(?:x([0-9a-f]{2})|u([0-9a-f]{4})|U([0-9a-f]{8})|(.))/y;
    pattern.lastIndex = at;
    const found = pattern.exec(text);
    const code = found?.[1] ?? found?.[2] ?? found?.[3];
    value += found
      ? code === undefined
        ? (escapes[found[4] ?? ''] ?? found[0])
        : String.fromCodePoint(Number.parseInt(code, 16))
      : text[at];
    at += found ? found[0].length : 1;
  }
  return { value, end: at + 1 };
}

function readList(text: string, start: number): { readonly value: readonly Value[]; readonly end: number } {
  const value: Value[] = [];
  let at = start + 1;
  while (text[at] !== ']') {
    const item = readValue(text, at);
    value.push(item.value);
    at = afterComma(text, item.end);
  }
  return { value, end: at + 1 };
}

function readDictionary(text: string, start: number): { readonly value: Value; readonly end: number } {
  const value: Record<string, Value> = {};
  let at = start + 1;
  while (text[at] !== '}') {
    const key = readText(text, at);
    const item = readValue(text, key.end + ': '.length);
    value[key.value] = item.value;
    at = afterComma(text, item.end);
  }
  return { value, end: at + 1 };
}

function afterComma(text: string, at: number): number {
  return text.startsWith(', ', at) ? at + 2 : at;
}
