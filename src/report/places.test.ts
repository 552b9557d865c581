import assert from 'node:assert/strict';
import { test } from 'node:test';
import { diagnostic } from '../model/diagnostic.ts';
import { diagnosticText, placeDiagnostics } from './places.ts';

const web = { kind: 'Ingress', namespace: 'default', name: 'web' };

test('a diagnostic is one line: place, severity, object, field, message, code', () => {
  const one = { ...diagnostic('PathTaken', web, 'spec.rules[0]', 'is taken.'), at: { file: 'a.yaml', line: 3, column: 7 } };
  assert.equal(diagnosticText(one), 'a.yaml:3:7 error Ingress default/web spec.rules[0]: is taken. (PathTaken)');
});

test('whatever an object is named, its diagnostic is one line that moves no cursor', () => {
  const named = { kind: 'Ingress', namespace: 'a\n::error::b', name: 'c\u001b[2Jd\u2028e\u0085' };
  assert.equal(
    diagnosticText(diagnostic('ObjectInvalid', named, '', 'x\ty')),
    String.raw`error Ingress a\u000a::error::b/c\u001b[2Jd\u2028e\u0085: x\u0009y (ObjectInvalid)`,
  );
});

test('without a place or a field these are left out', () => {
  assert.equal(diagnosticText(diagnostic('PathTaken', web, '', 'is taken.')), 'error Ingress default/web: is taken. (PathTaken)');
  const file = { kind: 'Manifest', namespace: '', name: '' };
  assert.equal(diagnosticText(diagnostic('ManifestUnreadable', file, '', 'no YAML.')), 'error no YAML. (ManifestUnreadable)');
});

test('diagnostics are placed where their field is written, and sorted as a reader goes through the files', () => {
  const lines: Record<string, number> = { first: 10, second: 9, third: 100 };
  const placed = placeDiagnostics(
    ['third', 'first', 'second', 'elsewhere'].map((field) => diagnostic('PathTaken', web, field, 'x')),
    (_, field) => (lines[field] === undefined ? undefined : { file: 'a.yaml', line: lines[field], column: 1 }),
  );
  assert.deepEqual(
    placed.map((one) => [one.field, one.at?.line]),
    [
      ['second', 9],
      ['first', 10],
      ['third', 100],
      ['elsewhere', undefined],
    ],
  );
});

test('a place that is known already is kept', () => {
  const at = { file: 'b.yaml', line: 1, column: 2 };
  const [placed] = placeDiagnostics([{ ...diagnostic('PathTaken', web, 'f', 'x'), at }], () => ({ file: 'a.yaml', line: 9, column: 9 }));
  assert.deepEqual(placed?.at, at);
});
