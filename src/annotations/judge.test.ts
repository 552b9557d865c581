import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Ingress } from '../model/objects.ts';
import { judgeAnnotations } from './judge.ts';
import { keys } from './keys.ts';

const prefix = 'nginx.ingress.kubernetes.io';

function ingress(annotations: Readonly<Record<string, string>>): Ingress {
  const metadata = { namespace: 'default', name: 'web', labels: {}, annotations };
  return { kind: 'Ingress', metadata, rules: [], tls: [], loadBalancer: [] };
}

function verdict(annotations: Readonly<Record<string, string>>) {
  const { kind, diagnostics } = judgeAnnotations(ingress(annotations), prefix);
  return { kind, said: diagnostics.map((one) => `${one.severity} ${one.code} ${one.field}: ${one.message}`) };
}

test('all 138 names of ingress-nginx are known', () => {
  assert.equal(keys.size, 138);
});

test('annotations under other prefixes are left alone', () => {
  assert.deepEqual(
    verdict({ 'kubernetes.io/ingress.class': 'nginx', 'cert-manager.io/issuer': 'x', 'nginx.ingress.kubernetes.iox/auth-url': 'x' }),
    {
      kind: 'serve',
      said: [],
    },
  );
});

test('an annotation that tunes is left out with a warning', () => {
  assert.deepEqual(verdict({ [`${prefix}/proxy-read-timeout`]: '30' }), {
    kind: 'serve',
    said: [
      'warning AnnotationUnsupported metadata.annotations["nginx.ingress.kubernetes.io/proxy-read-timeout"]: proxy-read-timeout is not supported yet; this Ingress is served without it.',
    ],
  });
});

for (const [key, effect] of keys) {
  if (effect !== 'guard') continue;
  for (const value of ['true', '', ' ', 'nonsense']) {
    test(`${key} denies, as it may guard access, with the value ${JSON.stringify(value)}`, () => {
      assert.equal(verdict({ [`${prefix}/${key}`]: value, [`${prefix}/ssl-redirect`]: 'true' }).kind, 'deny');
    });
  }
}

test('a guard says what would happen without it', () => {
  assert.deepEqual(verdict({ [`${prefix}/auth-url`]: 'http://auth/' }).said, [
    'error AnnotationGuardUnsupported metadata.annotations["nginx.ingress.kubernetes.io/auth-url"]: auth-url guards access and is not supported yet, so the paths of this Ingress answer 503. Remove it only if everybody may reach them.',
  ]);
  assert.match(
    verdict({ [`${prefix}/server-snippet`]: 'deny all;' }).said[0] ?? '',
    /Snippets are not supported, and one may guard access/,
  );
});

test('a guard whose name is misspelt denies too, and says which one was meant', () => {
  for (const key of ['auth-ulr', 'AUTH-URL', 'whitelist-source-rang'])
    assert.equal(verdict({ [`${prefix}/${key}`]: 'x' }).kind, 'deny', key);
  assert.deepEqual(verdict({ [`${prefix}/auth-ulr`]: 'x' }).said, [
    'warning AnnotationUnknown metadata.annotations["nginx.ingress.kubernetes.io/auth-ulr"]: there is no annotation auth-ulr. Did you mean auth-url? As that one guards access, the paths of this Ingress answer 503.',
  ]);
});

test('another unknown key is ignored with a suggestion', () => {
  assert.deepEqual(verdict({ [`${prefix}/proxy-red-timeout`]: '1' }), {
    kind: 'serve',
    said: [
      'warning AnnotationUnknown metadata.annotations["nginx.ingress.kubernetes.io/proxy-red-timeout"]: there is no annotation proxy-red-timeout. Did you mean proxy-read-timeout? It is ignored.',
    ],
  });
});

test('a canary Ingress is not served as an ordinary one, unless it says false', () => {
  assert.equal(verdict({ [`${prefix}/canary`]: 'true', [`${prefix}/canary-weight`]: '10' }).kind, 'leave-out');
  assert.deepEqual(verdict({ [`${prefix}/canary`]: 'false' }), { kind: 'serve', said: [] });
});

test('ModSecurity that is switched off asks for nothing', () => {
  assert.deepEqual(verdict({ [`${prefix}/enable-modsecurity`]: 'false', [`${prefix}/enable-owasp-core-rules`]: '0' }), {
    kind: 'serve',
    said: [],
  });
});

test('a canary that is guarded is denied', () => {
  assert.equal(verdict({ [`${prefix}/canary`]: 'true', [`${prefix}/auth-url`]: 'x' }).kind, 'deny');
});
