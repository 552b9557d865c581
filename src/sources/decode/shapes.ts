import { closest } from '../../model/suggestions.ts';
import { fieldOf, itemOf, keyOfMap } from '../field-path.ts';
import { type Issues, quoted } from './issues.ts';

/**
 * What the Kubernetes API lets a field hold. A shape checks types and names of fields, as an API server does when it reads
 * an object, and gives typed values to the rules that follow. `null` is absent, as it is in the API.
 */
export interface Shape<T> {
  readonly read: (value: unknown, path: string, issues: Issues) => T | undefined;
}

/** The type of what a shape reads. */
export type Of<S> = S extends Shape<infer T> ? T : never;

type Shapes = Readonly<Record<string, Shape<unknown>>>;
type Fields<F extends Shapes> = { readonly [K in keyof F]?: Of<F[K]> | undefined };

/** Any string that UTF-8 can carry. */
export const text: Shape<string> = {
  read: (value, path, issues) => {
    if (typeof value !== 'string') return wrongType(value, path, issues, 'a string');
    if (!value.isWellFormed()) issues.invalid(path, 'must be Unicode text, but holds half of a surrogate pair');
    return value;
  },
};

/** A whole number. */
export const integer: Shape<number> = {
  read: (value, path, issues) => {
    if (typeof value !== 'number') return wrongType(value, path, issues, 'a whole number');
    if (Number.isSafeInteger(value)) return value;
    issues.invalid(path, `must be a whole number, not ${value}`);
    return undefined;
  },
};

export const flag: Shape<boolean> = {
  read: (value, path, issues) => (typeof value === 'boolean' ? value : wrongType(value, path, issues, 'true or false')),
};

/** A number or the name of a port: `IntOrString` in the API. */
export const integerOrText: Shape<number | string> = {
  read: (value, path, issues) => {
    if (typeof value === 'string') return text.read(value, path, issues);
    if (typeof value === 'number') return integer.read(value, path, issues);
    return wrongType(value, path, issues, 'a whole number or a string');
  },
};

const rfc3339 = /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/;

/** A moment: RFC 3339 text, or a `Date` that a client library made of it. Read as milliseconds since 1970. */
export const time: Shape<number> = {
  read: (value, path, issues) => {
    const milliseconds = value instanceof Date ? value.getTime() : rfc3339.test(String(value)) ? Date.parse(String(value)) : Number.NaN;
    if (!Number.isNaN(milliseconds)) return milliseconds;
    issues.invalid(path, 'must be a time such as "2026-01-31T12:00:00Z"');
    return undefined;
  },
};

/** Something that the API keeps and nobody here looks into. */
export const anything: Shape<unknown> = { read: (value) => value };

/** A map with free keys and text values. A value of `null` is the empty string, as in the API. */
export const textMap: Shape<Readonly<Record<string, string>>> = {
  read: (value, path, issues) => {
    if (!isObject(value)) return wrongType(value, path, issues, 'a map of strings');
    const entries: [string, string][] = [];
    for (const [key, item] of Object.entries(value)) {
      if (typeof item === 'string' && item.isWellFormed()) entries.push([key, item]);
      else entries.push([key, (item === null ? '' : text.read(item, keyOfMap(path, key), issues)) ?? '']);
    }
    return Object.fromEntries(entries);
  },
};

/** A list of equal things. */
export function listOf<T>(shape: Shape<T>): Shape<readonly T[]> {
  return {
    read: (value, path, issues) => {
      if (!Array.isArray(value)) return wrongType(value, path, issues, 'a list');
      const items: T[] = [];
      for (const [index, element] of value.entries()) {
        const item = shape.read(element, itemOf(path, index), issues);
        if (item !== undefined) items.push(item);
      }
      return items;
    },
  };
}

/** A choice of shape fields that are not of this API version, each with what to write instead. */
type Hints = Readonly<Record<string, string>>;

/** An object with the fields that the API knows. Others are ignored with a warning. */
export function object<F extends Shapes>(fields: F, hints: Hints = {}): Shape<Fields<F>> {
  const known = new Map(Object.entries(fields));
  return {
    read: (value, path, issues) => {
      if (!isObject(value)) return wrongType(value, path, issues, 'an object');
      const result: Record<string, unknown> = {};
      for (const [name, item] of Object.entries(value)) {
        const shape = known.get(name);
        if (!shape) warnUnknown(name, path, issues, { known: known.keys(), hints });
        else if (item !== null && item !== undefined) result[name] = shape.read(item, fieldOf(path, name), issues);
      }
      return result as Fields<F>;
    },
  };
}

/** Whether a value is a JSON object. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

interface Vocabulary {
  readonly known: Iterable<string>;
  readonly hints: Hints;
}

function warnUnknown(name: string, path: string, issues: Issues, { known, hints }: Vocabulary): void {
  const hint = Object.hasOwn(hints, name) ? hints[name] : undefined;
  const meant = hint === undefined ? closest(name, known) : undefined;
  const advice = hint ?? (meant === undefined ? '' : `did you mean \`${meant}\`?`);
  if (issues.isSecret && advice === '') issues.warn('FieldUnknown', path, 'a field that is not known is ignored');
  else
    issues.warn('FieldUnknown', keyOfMap(path, name), `unknown field ${quoted(name)}${advice === '' ? '; it is ignored' : `; ${advice}`}`);
}

function wrongType(value: unknown, path: string, issues: Issues, wanted: string): undefined {
  const quotes = wanted.includes('string') && !wanted.startsWith('a map') && ['number', 'boolean'].includes(typeof value);
  issues.invalid(path, `must be ${wanted}, not ${typeName(value)}${quotes ? ': put it in quotes' : ''}`);
  return undefined;
}

function typeName(value: unknown): string {
  if (value === null || value === undefined) return 'null';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'an object';
  if (typeof value === 'boolean') return `the boolean ${value}`;
  return `a ${typeof value}`;
}
