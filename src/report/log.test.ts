import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLog } from './log.ts';

function linesOf(format: 'text' | 'json', write: (log: ReturnType<typeof createLog>) => void): readonly string[] {
  const lines: string[] = [];
  write(createLog({ format, level: 'info', write: (line) => lines.push(line) }));
  return lines;
}

test('text lines have the time, the level, the message and the fields', () => {
  const [line] = linesOf('text', (log) => log.warn({ count: 2, name: 'a b', path: '/x' }, 'something happened'));
  assert.match(line ?? '', /^\d\d:\d\d:\d\d warn {2}something happened count=2 name="a b" path=\/x\n$/);
});

test('a field that holds a newline stays on its line', () => {
  const [line] = linesOf('text', (log) => log.error({ error: 'one\ntwo' }, 'failed'));
  assert.match(line ?? '', /failed error="one\\ntwo"\n$/);
});

test('JSON lines carry the time in UTC, and lesser levels are left out', () => {
  const lines = linesOf('json', (log) => {
    log.debug('not this');
    log.info({ revision: 3 }, 'this');
  });
  assert.equal(lines.length, 1);
  const { time, ...rest } = JSON.parse(lines[0] ?? '');
  assert.match(time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  assert.deepEqual(rest, { level: 30, revision: 3, msg: 'this' });
});
