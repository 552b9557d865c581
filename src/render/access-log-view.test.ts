import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { variable, type Word } from '../model/directive.ts';
import { accessLogView, streamLogLines } from './access-log-view.ts';
import { parseConfig } from './nginx-conf-testbed.ts';
import { settings } from './topology-testbed.ts';

const toFile = { ...settings, accessLog: '/dev/stdout' };
const log = { parameters: [], origin: [], unmatched: true };

test('the installation says where lines go, unless the settings say nowhere or over the network', () => {
  const line = (one: Parameters<typeof accessLogView>[1], installed = toFile) => accessLogView(installed, one).lines.at(-1);
  assert.equal(line(undefined), 'access_log /dev/stdout upstreaminfo;');
  assert.equal(line(log, settings), 'access_log off;');
  assert.equal(line({ ...log, to: 'off' }), 'access_log off;');
  assert.equal(
    line({ ...log, parameters: ['buffer=16k', 'flush=1s'], condition: 'gatehouse_loggable' }),
    'access_log /dev/stdout upstreaminfo "buffer=16k" "flush=1s" if=$gatehouse_loggable;',
  );
  assert.equal(line({ ...log, to: 'syslog:server=[fd00::1]:514' }, settings), 'access_log "syslog:server=[fd00::1]:514" upstreaminfo;');
});

test('requests for hosts that nobody names are left out only where there is a log', () => {
  const unmatched = (one: Parameters<typeof accessLogView>[1], installed = toFile) => accessLogView(installed, one).unmatched;
  assert.deepEqual(unmatched({ ...log, unmatched: false }), ['access_log off;']);
  assert.deepEqual([unmatched(log), unmatched(undefined), unmatched({ ...log, unmatched: false }, settings)], [[], [], []]);
});

test('ports have a log of their own', () => {
  assert.deepEqual(streamLogLines(toFile, { parameters: ['gzip'], escape: 'json', format: [variable('protocol'), { text: '!' }] }), [
    `log_format log_stream escape=json "\${protocol}!";`,
    'access_log /dev/stdout log_stream gzip;',
  ]);
});

test('a format of any length says in nginx.conf what was asked for, in tokens that NGINX can read', () => {
  const word: fc.Arbitrary<Word> = fc.oneof(
    fc.string({ unit: fc.constantFrom(...'a"\\\'{};# é', '😀'), minLength: 1, maxLength: 400 }).map((text) => ({ text })),
    fc.constantFrom(variable('status'), variable('http_x_own')),
  );
  const asked = (words: readonly Word[]) =>
    words.map((one) => ('variable' in one ? `\${${one.variable}}` : 'text' in one ? one.text : '')).join('');
  fc.assert(
    fc.property(fc.array(word, { minLength: 1, maxLength: 60 }), (format) => {
      const [first] = parseConfig(accessLogView(toFile, { ...log, format }).lines.join('\n'));
      assert.ok(first);
      assert.deepEqual(first.words.slice(0, 2), ['log_format', 'upstreaminfo']);
      assert.equal(first.words.slice(2).join(''), asked(format));
    }),
    { numRuns: 50 },
  );
});
