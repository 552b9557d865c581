/** Strings that came lately, so that equal ones are one in memory: namespaces, names of Services, paths. */
const pool = new Map<string, string>();
/** When there are more, the pool begins anew: what is rare is not worth remembering. */
const mostStrings = 4096;
/** Nobody has two equal ones of these. */
const longestPooled = 200;
/** V8 makes a shorter part of a text a string of its own; a longer one keeps the whole text in memory. */
const shortestPart = 13;

const emptyList: readonly never[] = Object.freeze([]);
const emptyMap: object = Object.freeze({});

/**
 * Makes a freshly decoded object as small as it can be, in place: it stays for long, and there are many. Equal strings become one, none
 * keeps the text that it was cut from, lists have no room to grow, and all that is empty is shared.
 */
export function compact<T>(value: T): T;
export function compact(value: unknown): unknown {
  if (typeof value === 'string') return pooled(value);
  if (Array.isArray(value)) return value.length === 0 ? emptyList : value.map(compact);
  return isPlain(value) ? compactFields(value) : value;
}

function isPlain(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

function compactFields(fields: Record<string, unknown>): object {
  let isEmpty = true;
  for (const name in fields) {
    isEmpty = false;
    const before = fields[name];
    const after = compact(before);
    if (after !== before || typeof before === 'string') fields[name] = after;
  }
  return isEmpty ? emptyMap : fields;
}

function pooled(text: string): string {
  if (text.length > longestPooled) return detached(text);
  const known = pool.get(text);
  if (known !== undefined) return known;
  if (pool.size >= mostStrings) pool.clear();
  const own = detached(text);
  pool.set(own, own);
  return own;
}

function detached(text: string): string {
  return text.length < shortestPart ? text : JSON.parse(JSON.stringify(text));
}
