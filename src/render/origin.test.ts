import assert from 'node:assert/strict';
import { test } from 'node:test';
import { originAt } from './origin.ts';
import { createRender } from './render.ts';
import { settings, small } from './topology-testbed.ts';

const config = createRender(settings)(small).files.get('nginx.conf') ?? '';
const lines = config.split('\n');

/** Counted from 1. */
function lineOf(text: string, after = 0): number {
  const index = lines.findIndex((line, number) => number >= after && line.includes(text));
  assert.ok(index >= 0, `no line has ${text}`);
  return index + 1;
}

const shop = { kind: 'Ingress', namespace: 'default', name: 'shop' };
const serverStart = lineOf('server_name shop.example.com', lineOf('server_name shop.example.com'));

test('every line of a location, from its head to its end, belongs to the Ingress in the comment above it', () => {
  const head = lineOf('location = /cart/ {');
  assert.deepEqual(
    [head, head + 1, head + 2].map((line) => originAt(config, line)),
    [shop, shop, shop],
  );
  assert.equal(lines[head + 1], '        }');
});

test('a directive inside of a location belongs to its Ingress', () => {
  assert.deepEqual(originAt(config, lineOf('client_max_body_size 8m')), shop);
});

test('lines of the server, of upstreams and of the rest belong to nobody', () => {
  for (const line of [
    1,
    lineOf('http {'),
    lineOf('upstream 1111111111'),
    serverStart,
    lineOf('server_tokens off;', serverStart),
    lineOf('location @gatehouse_failed', serverStart),
    lines.length,
  ])
    assert.equal(originAt(config, line), undefined, `line ${line}: ${lines[line - 1]}`);
});

test('a location that no Ingress asked for does not belong to the one before it', () => {
  const head = lineOf('location / {', lineOf('server_name _;'));
  assert.equal(originAt(config, head), undefined);
  assert.equal(originAt(config, head + 1), undefined);
});

test('a line after a location does not belong to it', () => {
  const end = lineOf('    # *.example.com') - 1;
  assert.equal(lines[end - 1], '    }');
  assert.equal(originAt(config, end), undefined);
});

test('a line beyond the end belongs to nobody', () => {
  assert.equal(originAt(config, lines.length + 100), undefined);
  assert.equal(originAt('', 1), undefined);
});
