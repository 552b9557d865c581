import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Ingress } from '../model/objects.ts';
import type { ConfigKey } from './define.ts';
import { keys } from './keys.ts';
import { features } from './load.ts';
import { definitionsOf, type Reader, readAnnotations } from './read.ts';

const prefix = 'nginx.ingress.kubernetes.io';
const definitions = definitionsOf(features);

function ingress(annotations: Readonly<Record<string, string>>): Ingress {
  const metadata = { namespace: 'default', name: 'web', labels: {}, annotations };
  return { kind: 'Ingress', metadata, rules: [], tls: [], loadBalancer: [] };
}

/** Reads annotations that are given without the prefix; the ConfigMap is given with its values as they were parsed. */
function verdict(annotations: Readonly<Record<string, string>>, more: Partial<Reader> & { readonly map?: Record<string, unknown> } = {}) {
  const config = <T>(key: ConfigKey<T>): T => (more.map?.[key.key] as T | undefined) ?? key.default;
  const own = Object.fromEntries(Object.entries(annotations).map(([key, text]) => [key.includes('/') ? key : `${prefix}/${key}`, text]));
  const reader = { prefix, definitions, ignoreSnippets: false, config, ...more };
  const { kind, values, closesHosts, diagnostics } = readAnnotations(ingress(own), reader);
  const said = diagnostics.map((one) => `${one.severity} ${one.code} ${one.field.replace(`${prefix}/`, '')}: ${one.message}`);
  return { kind, values: Object.assign({}, ...values.values()), said, ...(closesHosts ? { closesHosts } : {}) };
}

test('all 138 names of ingress-nginx are known', () => {
  assert.equal(keys.size, 138);
  assert.deepEqual(
    [...definitions.keys()].filter((key) => !keys.has(key)),
    [],
  );
});

test('annotations under other prefixes are left alone', () => {
  const foreign = { 'kubernetes.io/ingress.class': 'nginx', 'cert-manager.io/issuer': 'x', 'nginx.ingress.kubernetes.iox/auth-url': 'x' };
  assert.deepEqual(verdict(foreign), { kind: 'serve', values: {}, said: [] });
});

test('a value becomes a type at once, and blanks around it do not count', () => {
  assert.deepEqual(verdict({ 'proxy-read-timeout': ' 30\n' }), { kind: 'serve', values: { 'proxy-read-timeout': 30 }, said: [] });
});

test('a bad value of an annotation that tunes is left out, with the value, the reason and an example', () => {
  assert.deepEqual(verdict({ 'proxy-read-timeout': '30s' }), {
    kind: 'serve',
    values: {},
    said: [
      'warning AnnotationInvalid metadata.annotations["proxy-read-timeout"]: proxy-read-timeout: "30s" is refused: write a whole number of seconds, without a unit, from 1 to 2147483, for example "120". It is ignored.',
    ],
  });
});

test('an empty value of an annotation that tunes is as none, as in ingress-nginx', () => {
  assert.deepEqual(verdict({ 'proxy-read-timeout': '' }), { kind: 'serve', values: {}, said: [] });
});

test('a line break inside of a value is refused', () => {
  assert.match(verdict({ 'proxy-read-timeout': '30;\nallow all' }).said[0] ?? '', /a line break or another control character/);
});

for (const [key, effect] of keys) {
  if (effect !== 'guard') continue;
  for (const value of ['', ' ', 'no (such) value;']) {
    test(`${key} denies with the value ${JSON.stringify(value)}, as it may guard access`, () => {
      assert.equal(verdict({ [key]: value }).kind, 'deny');
    });
  }
}

test('each snippet denies and says what to use instead, unless snippets are to be ignored', () => {
  for (const key of ['auth-snippet', 'configuration-snippet', 'server-snippet', 'stream-snippet', 'modsecurity-snippet']) {
    const { kind, said } = verdict({ [key]: 'deny all;' });
    assert.equal(kind, 'deny', key);
    assert.match(said[0] ?? '', /^error AnnotationSnippet .*snippets are not carried out, and this one may guard access/, key);
    const ignored = verdict({ [key]: 'deny all;' }, { ignoreSnippets: true });
    assert.equal(ignored.kind, 'serve', key);
    assert.match(ignored.said[0] ?? '', /^warning AnnotationWithoutEffect .*is left out, as --ignore-snippets asks/, key);
  }
});

test('a push preload has no effect, and is said to have none', () => {
  assert.deepEqual(verdict({ 'http2-push-preload': 'true' }), {
    kind: 'serve',
    values: {},
    said: [
      'warning AnnotationWithoutEffect metadata.annotations["http2-push-preload"]: http2-push-preload has no effect: NGINX no longer pushes; send Link headers, which browsers preload by themselves.',
    ],
  });
});

test('a guard whose name is misspelt denies too, and says which one was meant', () => {
  for (const key of ['auth-ulr', 'AUTH-URL', 'whitelist-source-rang']) assert.equal(verdict({ [key]: 'x' }).kind, 'deny', key);
  assert.deepEqual(verdict({ 'auth-ulr': 'x' }).said, [
    'warning AnnotationUnknown metadata.annotations["auth-ulr"]: there is no annotation auth-ulr. Did you mean auth-url? As it was to guard access, the paths of this Ingress answer 503.',
  ]);
});

test('another unknown key is ignored with a suggestion', () => {
  assert.deepEqual(verdict({ 'proxy-red-timeout': '1' }), {
    kind: 'serve',
    values: {},
    said: [
      'warning AnnotationUnknown metadata.annotations["proxy-red-timeout"]: there is no annotation proxy-red-timeout. Did you mean proxy-read-timeout? It is ignored.',
    ],
  });
});

test('a key that ingress-nginx dropped is named with what replaces it, and denies where it guarded', () => {
  assert.deepEqual(verdict({ 'secure-backends': 'true' }), {
    kind: 'serve',
    values: {},
    said: [
      'warning AnnotationUnknown metadata.annotations["secure-backends"]: ingress-nginx dropped secure-backends long ago: use backend-protocol: HTTPS. It is ignored.',
    ],
  });
  assert.equal(verdict({ 'lua-resty-waf': 'active' }).kind, 'deny');
  assert.equal(verdict({ 'influxdb-host': 'x' }).kind, 'serve');
});

test('ModSecurity that is switched off asks for nothing', () => {
  const off = { 'enable-modsecurity': 'false', 'enable-owasp-core-rules': '0' };
  assert.deepEqual(verdict(off), { kind: 'serve', values: {}, said: [] });
  assert.equal(verdict({ 'enable-modsecurity': 'true' }).kind, 'deny');
});

test('a risk above the level of the ConfigMap denies', () => {
  const map = { 'annotations-risk-level': 'Low' };
  assert.deepEqual(verdict({ 'proxy-body-size': '8m', 'proxy-read-timeout': '3' }, { map }), {
    kind: 'deny',
    values: { 'proxy-read-timeout': 3 },
    said: [
      'error AnnotationForbidden metadata.annotations["proxy-body-size"]: proxy-body-size has the risk medium, and the ConfigMap\'s annotations-risk-level allows Low at most; the paths of this Ingress answer 503.',
    ],
  });
});

test('a word that the ConfigMap forbids denies, in any annotation under the prefix and in none besides', () => {
  const map = { 'annotation-value-word-blocklist': ['load_module', 'lua_'] };
  assert.equal(verdict({ 'proxy-buffering': 'load_module x' }, { map }).kind, 'deny');
  assert.equal(verdict({ 'any/thing': 'load_module x' }, { map }).kind, 'serve');
});

test('what is forbidden opens nothing: a path stays an expression, and a host whose clients show certificates is closed', () => {
  const map = { 'annotation-value-word-blocklist': ['forbidden'], 'annotations-risk-level': 'Low' };
  for (const target of ['/forbidden', '/risky']) {
    assert.deepEqual(Object.keys(verdict({ 'rewrite-target': target }, { map }).values), ['rewrite-target']);
  }
  for (const name of ['default/ca', 'default/forbidden']) {
    const { kind, closesHosts, said } = verdict({ 'auth-tls-secret': name }, { map });
    assert.deepEqual([kind, closesHosts], ['deny', true]);
    assert.match(said[0] ?? '', /; its hosts answer 403\.$/);
  }
});

test('another prefix is read in the same way, and the usual one is then left alone', () => {
  const annotations = { 'my.example.com/proxy-read-timeout': '5', [`${prefix}/proxy-read-timeout`]: '7' };
  assert.deepEqual(verdict(annotations, { prefix: 'my.example.com' }).values, { 'proxy-read-timeout': 5 });
});
