import type { Diagnostic, Place } from '../model/diagnostic.ts';
import { type ObjectRef, refText } from '../model/objects.ts';

/** Finds where a field of an object is written; sources without files have no places. */
export type Locate = (ref: ObjectRef, field: string) => Place | undefined;

/** Adds places to diagnostics, and puts them into the order in which a reader goes through the files. */
export function placeDiagnostics(diagnostics: readonly Diagnostic[], locate: Locate): readonly Diagnostic[] {
  return diagnostics
    .map((one) => {
      const at = one.at ?? locate(one.object, one.field);
      return at === undefined ? one : { ...one, at };
    })
    .sort(byPlace);
}

function byPlace(a: Diagnostic, b: Diagnostic): number {
  const [keyA, keyB] = [sortKey(a), sortKey(b)];
  return keyA < keyB ? -1 : keyA > keyB ? 1 : 0;
}

function sortKey({ at, object, field, message }: Diagnostic): string {
  const place = at ? `${at.file}\0${number(at.line)}\0${number(at.column)}` : '\uffff';
  return [place, refText(object), field, message].join('\0');
}

function number(value: number): string {
  return String(value).padStart(9, '0');
}

/** `file:line:column severity object field: message (Code)`. */
export function diagnosticText({ at, severity, object, field, message, code }: Diagnostic): string {
  const place = at ? `${at.file}:${at.line}:${at.column} ` : '';
  const where = [object.name === '' ? '' : refText(object), field].filter((part) => part !== '').join(' ');
  return oneLine(`${place}${severity} ${where === '' ? '' : `${where}: `}${message} (${code})`);
}

/** Names come out of manifests that were refused: a line break in one must not forge a second line, nor an escape reach the terminal. */
function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029]/gu, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
