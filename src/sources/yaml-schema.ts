import { CORE_SCHEMA, defineScalarTag, mergeTag, NOT_RESOLVED, type Schema } from 'js-yaml';

/**
 * Which plain scalars are not text. kubectl reads YAML 1.1 as Go's yaml.v2 does (sigs.k8s.io/yaml), and so do we, or a manifest
 * would mean one thing here and another in a cluster: `on`, `yes` and `y` are booleans, `0644` is octal, `1_000` is a number,
 * while dates and `12:30` stay text.
 */
export const kubectlSchema: Schema = CORE_SCHEMA.withTags(
  scalarTag('null', ['', '~', 'n', 'N'], readNull),
  scalarTag('bool', [...'yYnNtTfFoO'], readBoolean),
  scalarTag('int', [...'+-0123456789'], readInteger),
  scalarTag('float', [...'+-.0123456789'], readFloat),
  mergeTag,
);

function scalarTag<T>(name: string, firstCharacters: readonly string[], resolve: (source: string) => T | typeof NOT_RESOLVED) {
  return defineScalarTag(`tag:yaml.org,2002:${name}`, {
    implicit: true,
    implicitFirstChars: firstCharacters,
    resolve,
    identify: () => false,
  });
}

function readNull(source: string) {
  return ['', '~', 'null', 'Null', 'NULL'].includes(source) ? null : NOT_RESOLVED;
}

const booleans = new Map<string, boolean>();
for (const [words, value] of [
  [['y', 'yes', 'true', 'on'], true],
  [['n', 'no', 'false', 'off'], false],
] as const) {
  for (const word of words) {
    const capital = `${word.charAt(0).toUpperCase()}${word.slice(1)}`;
    for (const form of [word, capital, word.toUpperCase()]) booleans.set(form, value);
  }
}

function readBoolean(source: string) {
  return booleans.get(source) ?? NOT_RESOLVED;
}

/** Base by prefix, as in Go: `0x1f`, `0b11`, `0o17`, and `017`, which is octal too. */
const integerForm = /^([-+]?)(?:0[xX]([0-9a-fA-F]+)|0[bB]([01]+)|0[oO]?([0-7]+)|(0|[1-9][0-9]*))$/;

function readInteger(source: string) {
  const match = integerForm.exec(source.replaceAll('_', ''));
  if (!match) return NOT_RESOLVED;
  const [, sign, hexadecimal, binary, octal, decimal] = match;
  const value = hexadecimal ? Number(`0x${hexadecimal}`) : binary ? Number(`0b${binary}`) : octal ? Number(`0o${octal}`) : Number(decimal);
  // Zero has no sign in JSON integers.
  return sign === '-' && value !== 0 ? -value : value;
}

const floatForm = /^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$/;
const specialFloats = new Map([
  ['.nan', Number.NaN],
  ['.inf', Number.POSITIVE_INFINITY],
  ['+.inf', Number.POSITIVE_INFINITY],
  ['-.inf', Number.NEGATIVE_INFINITY],
]);

function readFloat(source: string) {
  const special = specialFloats.get(source.toLowerCase());
  if (special !== undefined) return special;
  const plain = source.replaceAll('_', '');
  return floatForm.test(plain) ? Number(plain) : NOT_RESOLVED;
}
