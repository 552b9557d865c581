import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FeaturePlace } from './define.ts';
import { type Asking, commonWord, identities, requestTemplate, templateWord, type Within } from './request-template.ts';

const place: FeaturePlace = { kind: 'rule', host: 'a.test', path: '/p', pathType: 'Prefix', service: { name: 'web', port: '80' } };
const context = {
  place,
  ingress: { kind: 'Ingress', namespace: 'team', name: 'shop' },
  unique: (purpose: string, ...parts: readonly string[]) => [purpose, ...parts].join('_'),
};

function words(text: string, within: Within = 'text', asking: Asking = 'question') {
  const template = requestTemplate(text, asking);
  return template.ok ? templateWord(template.value, context, within) : assert.fail(template.reason);
}

test('what is known of the place is text, and what ingress-nginx calls otherwise has our name', () => {
  const text = '$namespace/$ingress_name/$service_name/$service_port$location_path-$pass_access_scheme$best_http_host$http_x_a';
  assert.deepEqual(words(text), {
    word: {
      parts: [
        ...['team', '/', 'shop', '/', 'web', '/', '80', '/p', '-'].map((one) => ({ text: one })),
        ...['gatehouse_scheme', 'gatehouse_client_host', 'http_x_a'].map((one) => ({ variable: one })),
      ],
    },
    blocks: [],
  });
});

test('what clients choose counts as empty in a line, where it has signs that could end the line', () => {
  assert.deepEqual(words('a=$http_x_a&b=$request_uri', 'line'), {
    word: { parts: [{ text: 'a=' }, { variable: 'visible_http_x_a' }, { text: '&b=' }, { variable: 'request_uri' }] },
    blocks: [
      {
        kind: 'map',
        name: 'visible_http_x_a',
        source: { variable: 'http_x_a' },
        entries: [{ key: { pattern: '^[!-~]+$', ignoreCase: false }, value: { variable: 'http_x_a' } }],
        default: { text: '' },
      },
    ],
  });
});

test('what a client can put a line break into counts as empty in a header too, where it has one', () => {
  assert.deepEqual(words('$remote_user-$http_x_a', 'header'), {
    word: { parts: [{ variable: 'printable_remote_user' }, { text: '-' }, { variable: 'http_x_a' }] },
    blocks: [
      {
        kind: 'map',
        name: 'printable_remote_user',
        source: { variable: 'remote_user' },
        entries: [{ key: { pattern: '^[^\\x00-\\x1f\\x7f]+$', ignoreCase: false }, value: { variable: 'remote_user' } }],
        default: { text: '' },
      },
    ],
  });
});

test('a name in the handshake counts as chosen, and tells nobody apart', () => {
  assert.deepEqual(words('$ssl_server_name', 'line').word, { parts: [{ variable: 'visible_ssl_server_name' }] });
  assert.deepEqual(identities([{ name: 'ssl_server_name' }]), []);
});

test('names of variables are taken in any case, as NGINX takes them', () => {
  assert.deepEqual(words('$Host-$HTTP_X_A').word, { parts: [{ variable: 'host' }, { text: '-' }, { variable: 'http_x_a' }] });
});

test('the query of the client is only known where the client itself is answered', () => {
  for (const text of ['$args', '$query_string', '$arg_x', '$is_args']) {
    assert.equal(requestTemplate(text, 'question').ok, false, text);
    assert.equal(requestTemplate(text, 'client').ok, true, text);
  }
});

test('variables that tell clients apart are those of credentials and addresses', () => {
  const template = requestTemplate('$host$http_authorization$request_uri$cookie_sid$remote_addr$http_host$remote_user$scheme', 'question');
  assert.deepEqual(identities(template.ok ? template.value : []), ['http_authorization', 'cookie_sid', 'remote_addr', 'remote_user']);
});

test('the path that was matched may name a span, but is nowhere sent in place of the one of the client', () => {
  for (const text of ['$uri', '$document_uri']) {
    assert.equal(requestTemplate(text, 'client').ok, false, text);
    assert.deepEqual(requestTemplate(text, 'span'), { ok: true, value: [{ name: text.slice(1) }] });
  }
});

test('a text that names nothing of a place has one word for all of them', () => {
  assert.deepEqual(commonWord(['GET ', { name: 'host' }]), { word: { parts: [{ text: 'GET ' }, { variable: 'host' }] }, blocks: [] });
  assert.throws(() => commonWord([{ name: 'service_name' }]), /at each place/);
});
