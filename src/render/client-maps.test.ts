import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clientVariables, noFront } from '../model/front.ts';
import type { HttpBlock } from '../model/http-block.ts';
import { clientMaps, namesScheme } from './client-maps.ts';
import { httpBlockTexts } from './http-blocks.ts';

/** Each block as one line. */
const texts = (blocks: readonly HttpBlock[]) => httpBlockTexts(blocks).map(({ head, lines }) => `${head}: ${lines.join(' ')}`);

const fronts = [false, true].flatMap((proxyProtocol) =>
  [false, true].flatMap((forwardedHeaders) =>
    [false, true].map((fullForwardedFor) => ({ proxyProtocol, forwardedHeaders, fullForwardedFor, trusted: ['10.0.0.0/8', '::1'] })),
  ),
);

for (const front of fronts) {
  const { proxyProtocol, forwardedHeaders, fullForwardedFor } = front;
  const title = [proxyProtocol && 'the PROXY protocol', forwardedHeaders && 'headers', fullForwardedFor && 'the whole X-Forwarded-For'];
  test(`every variable is defined once with ${title.filter(Boolean).join(', ') || 'nothing in front'}, and from others that exist`, () => {
    const blocks = clientMaps(front);
    const names = blocks.map(({ name }) => name);
    assert.deepEqual(
      Object.values(clientVariables).filter((name) => !names.includes(name)),
      [],
    );
    assert.equal(new Set(names).size, names.length);
    const used = texts(blocks)
      .join(' ')
      .match(/\$\{?gatehouse_[a-z_]+/g);
    const unknown = (used ?? []).map((word) => word.replace(/^\$\{?/, '')).filter((name) => !names.includes(name));
    assert.deepEqual([...new Set(unknown)], ['gatehouse_host']);
  });
}

test('without anybody in front only the connection counts', () => {
  assert.deepEqual(texts(clientMaps(noFront)), [
    'map $scheme $gatehouse_scheme: default $scheme;',
    'map $gatehouse_scheme $gatehouse_plain: default ""; http 1;',
    'map $gatehouse_host $gatehouse_client_host: default $gatehouse_host;',
    'map $https $gatehouse_port: default $server_port; on 443;',
    'map $remote_addr $gatehouse_forwarded_for: default $remote_addr;',
  ]);
});

test('trusted peers are networks, or everybody, or nobody', () => {
  const trust = (trusted: 'all' | readonly string[]) =>
    texts(clientMaps({ ...noFront, forwardedHeaders: true, trusted })).filter((text) => text.startsWith('geo '));
  assert.deepEqual(trust(['10.0.0.0/8', 'fd00::/8']), [
    'geo $realip_remote_addr $gatehouse_trusts_headers: default 0; 10.0.0.0/8 1; "fd00::/8" 1;',
  ]);
  assert.deepEqual(trust('all'), ['geo $realip_remote_addr $gatehouse_trusts_headers: default 1;']);
  assert.deepEqual(trust([]), ['geo $realip_remote_addr $gatehouse_trusts_headers: default 0;']);
});

test('behind the PROXY protocol its port counts first for the scheme, and headers first for the port', () => {
  const all = texts(clientMaps({ proxyProtocol: true, forwardedHeaders: true, fullForwardedFor: true, trusted: 'all' }));
  const of = (name: string) => all.find((text) => text.includes(` $${name}: `));
  assert.equal(of('gatehouse_scheme'), 'map $gatehouse_line_port $gatehouse_scheme: default $gatehouse_headers_scheme; 443 https;');
  assert.equal(
    of('gatehouse_port'),
    'map $gatehouse_told_port $gatehouse_port: default $gatehouse_told_port; "" $gatehouse_line_or_own_port;',
  );
  assert.equal(
    of('gatehouse_line_or_own_port'),
    'map $gatehouse_line_port $gatehouse_line_or_own_port: default $gatehouse_line_port; "" $gatehouse_own_port;',
  );
  assert.equal(
    of('gatehouse_forwarded_for'),
    // biome-ignore lint/suspicious/noTemplateCurlyInString: NGINX writes variables in the same way
    'map $http_x_forwarded_for $gatehouse_forwarded_for: default "${http_x_forwarded_for}, ${remote_addr}"; "" $remote_addr;',
  );
});

test('only what tells the scheme makes both ports alike', () => {
  assert.deepEqual(
    fronts.map((front) => namesScheme(front)),
    [false, false, true, true, true, true, true, true],
  );
});
