import { readValue, type Value } from './python-values.ts';

/** One place where our answer to a request is not the recorded one; a value that is not there is undefined. */
export interface Difference {
  readonly request: string;
  /** Where in the answer, such as `upstream.headers.X-Real-Ip` or `answers[1].status`; empty for an answer as a whole. */
  readonly field: string;
  readonly golden: Value | undefined;
  readonly ours: Value | undefined;
}

/** Reads a line of `ask --json`. Lists are compared element by element. Throws on a line that `ask` does not print. */
export function parseDifference(line: string, requests: readonly string[]): readonly Difference[] {
  const request = requests.filter((name) => line.startsWith(`${name}.`) || line.startsWith(`${name}: `)).sort(longestFirst)[0];
  const found = request === undefined ? null : /^(?:\.([^:]*))?: (want|missing, want|extra) /.exec(line.slice(request.length));
  if (request === undefined || !found) throw new Error(`not a difference: ${line}`);
  const field = found[1] ?? '';
  const first = readValue(line, request.length + found[0].length);
  if (found[2] === 'extra') return [{ request, field, golden: undefined, ours: first.value }];
  if (found[2] === 'missing, want') return [{ request, field, golden: first.value, ours: undefined }];
  const second = readValue(line, first.end + ' got '.length);
  return compare({ request, field, golden: first.value, ours: second.value });
}

function longestFirst(one: string, other: string): number {
  return other.length - one.length;
}

/** A tally stays whole, as its numbers belong together. */
function compare(difference: Difference): readonly Difference[] {
  const { field, golden, ours } = difference;
  if (JSON.stringify(golden) === JSON.stringify(ours)) return [];
  if (field === 'tally') return [difference];
  const parts = Array.isArray(golden) && Array.isArray(ours) ? partsOfLists(golden, ours) : partsOfObjects(golden, ours);
  if (!parts) return [withoutPrefix(difference)];
  return parts.flatMap((part) =>
    compare({ ...difference, ...part, field: `${field}${field === '' ? part.field.replace('.', '') : part.field}` }),
  );
}

/** Where NGINX was installed is another place on each machine. */
function withoutPrefix(difference: Difference): Difference {
  const { field, ours } = difference;
  const isPrefixed = field.endsWith('.DOCUMENT_ROOT') && typeof ours === 'string' && ours.endsWith('/html');
  return isPrefixed ? { ...difference, ours: 'PREFIX/html' } : difference;
}

type Part = Omit<Difference, 'request'>;

function partsOfLists(golden: readonly Value[], ours: readonly Value[]): readonly Part[] {
  const length = Math.max(golden.length, ours.length);
  return Array.from({ length }, (_, index) => ({ field: `[${index}]`, golden: golden[index], ours: ours[index] }));
}

function partsOfObjects(golden: Value | undefined, ours: Value | undefined): readonly Part[] | undefined {
  if (!isObject(golden) || !isObject(ours)) return undefined;
  const keys = [...new Set([...Object.keys(golden), ...Object.keys(ours)])].sort();
  return keys.map((key) => ({ field: `.${key}`, golden: golden[key], ours: ours[key] }));
}

function isObject(value: Value | undefined): value is { readonly [key: string]: Value } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
