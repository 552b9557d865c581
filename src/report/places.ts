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
  return `${place}${severity} ${where === '' ? '' : `${where}: `}${message} (${code})`;
}
