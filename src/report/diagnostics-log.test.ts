import assert from 'node:assert/strict';
import { test } from 'node:test';
import { diagnostic } from '../model/diagnostic.ts';
import { createDiagnosticsLog } from './diagnostics-log.ts';
import { createLog } from './log.ts';

const web = { kind: 'Ingress', namespace: 'default', name: 'web' };

test('a complaint is logged when it comes and when it goes, and not while it stays or moves to another line', () => {
  const lines: string[] = [];
  const log = createLog({ format: 'json', level: 'info', write: (line) => lines.push(line) });
  const report = createDiagnosticsLog(log);
  const error = { ...diagnostic('PathTaken', web, 'f', 'is taken.'), at: { file: 'a.yaml', line: 1, column: 1 } };
  const warning = diagnostic('HostNormalised', web, 'g', 'was upper case.');
  report([error]);
  report([{ ...error, at: { file: 'a.yaml', line: 2, column: 1 } }, warning]);
  report([warning]);
  const seen = lines.map((line) => JSON.parse(line)).map(({ level, msg }) => [level, msg]);
  assert.deepEqual(seen, [
    [50, 'a.yaml:1:1 error Ingress default/web f: is taken. (PathTaken)'],
    [40, 'warning Ingress default/web g: was upper case. (HostNormalised)'],
    [30, 'no longer: a.yaml:2:1 error Ingress default/web f: is taken. (PathTaken)'],
  ]);
});
