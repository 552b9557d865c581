import assert from 'node:assert/strict';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { KubeObject } from '../../src/model/objects.ts';
import { ingress, path, rule, secret } from '../../src/routing/objects-testbed.ts';
import { decode } from '../../src/sources/decode/kinds.ts';
import { secretText } from '../kit/client-certificates.ts';
import { whyNotServed } from '../kit/machine.ts';
import { documents, endpoints, service } from '../kit/manifests.ts';
import { serveFiles } from '../kit/served.ts';
import { nearly } from './hostile-text.ts';
import { serversOf } from './known-directives.ts';
import { canary, pair, prefix } from './objects.ts';
import { nginxComplaints, printSafe, refusedOf } from './printed.ts';
import { inRounds, meanTogether, runs, sampled, together } from './runs.ts';

const skip = whyNotServed() ?? false;

const hosts = nearly('a.test', '*.w.test', 'x.w.test', 'neighbour.test', 'xn--bcher-kva.test');
const paths = nearly('/', '/a', '/a/b/', '/a(b|c)/d', '/%2e%2e/x', '/healthz', '/.well-known/acme-challenge/x');
const rules = together(
  fc.record({
    host: hosts,
    path: paths,
    pathType: fc.constantFrom('Exact', 'Prefix', 'ImplementationSpecific'),
    service: fc.constantFrom('web', 'api', 'missing'),
    regex: fc.boolean(),
  }),
);

type Rules = typeof rules extends fc.Arbitrary<infer T> ? T : never;

/** An Ingress for each rule as the API would give it to us; those that it refuses are none. */
function decoded(all: Rules, first = 0): readonly KubeObject[] {
  return all.flatMap(({ host, path, pathType, service: name, regex }, index) => {
    const backend = { service: { name, port: { number: 80 } } };
    const annotations = regex ? { [`${prefix}use-regex`]: 'true', [`${prefix}rewrite-target`]: '/$1' } : {};
    const { object } = decode({
      apiVersion: 'networking.k8s.io/v1',
      kind: 'Ingress',
      metadata: { name: `r${first + index}`, namespace: 'default', annotations, creationTimestamp: '2026-02-01T00:00:00Z' },
      spec: { rules: [{ host, http: { paths: [{ path, pathType, backend }] } }], tls: [{ hosts: [host], secretName: 'pair' }] },
    });
    return object ? [object] : [];
  });
}

const undisturbed = serversOf(printSafe([]).tree, 'neighbour.test');

describe('hosts and paths', () => {
  test('lead to a server for each host and nothing else', () => {
    const property = fc.property(rules, (all) => {
      const objects = decoded(all);
      const { tree } = printSafe(objects);
      const wanted = new Set([
        'neighbour.test',
        '_',
        ...objects.flatMap((one) => (one.kind === 'Ingress' ? one.rules.map(({ host }) => host) : [])),
      ]);
      const http = tree.flatMap(({ words, block = [] }) => (words[0] === 'http' ? block : []));
      const names = http.flatMap(({ block = [] }) => block.flatMap(({ words }) => (words[0] === 'server_name' ? words.slice(1) : [])));
      const strange = names.filter((name) => !name.startsWith('~') && !wanted.has(name));
      assert.deepEqual(strange, []);
      if (!JSON.stringify(objects).includes('neighbour.test')) assert.deepEqual(serversOf(tree, 'neighbour.test'), undisturbed);
    });
    fc.assert(property, runs(100, meanTogether));
  });

  test('are taken by a real NGINX, hundreds in one file', { skip }, async () => {
    const complaintsOf = (some: readonly Rules[]) => nginxComplaints(some.flatMap((one, index) => decoded(one, 10 * index)));
    await inRounds(rules, 100, async (all) => assert.deepEqual(await refusedOf(all, complaintsOf), []));
  });
});

const files = fc.record({
  'tls.crt': nearly(pair.pem),
  'tls.key': nearly(pair.key, pair.key, `${pair.key}\n${canary}`),
  'ca.crt': nearly(pair.pem, `${canary}\n${pair.pem}`),
  'ca.crl': fc.option(nearly('-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n', canary), { nil: '' }),
  auth: nearly(`alice:{PLAIN}${canary}\n`, `bob:$apr1$x$${canary}\n# ${canary}\n`, `${canary}`),
});

/** Every way in which an Ingress names a Secret. */
const named = [
  ['tls', {}],
  ['auth-file', { 'auth-type': 'basic', 'auth-secret': 'fuzzed' }],
  ['auth-map', { 'auth-type': 'basic', 'auth-secret': 'fuzzed', 'auth-secret-type': 'auth-map' }],
  ['client', { 'auth-tls-secret': 'default/fuzzed' }],
  ['backend', { 'backend-protocol': 'HTTPS', 'proxy-ssl-secret': 'default/fuzzed', 'proxy-ssl-verify': 'on' }],
] as const;

/** A Secret, and Ingresses that name it. */
function withSecret(data: Readonly<Record<string, string>>, number = 0): readonly KubeObject[] {
  const own = `fuzzed${number}`;
  const ingresses = named.map(([kind, annotations], index) => {
    const name = `${kind}${number}`;
    return ingress(`default/${name}`, {
      created: 5 + index,
      rules: [rule(`${name}.test`, path('/'))],
      tls: [{ hosts: [`${name}.test`], secretName: own }],
      annotations: Object.fromEntries(
        Object.entries<string>(annotations).map(([key, value]) => [prefix + key, value.replace('fuzzed', own)]),
      ),
    });
  });
  return [...ingresses, secret(own, Object.fromEntries(Object.entries(data).filter(([, value]) => value !== '')))];
}

describe('Secrets', () => {
  test('of any content are neither shown nor the end of anything, and a key is used with its own certificate alone', () => {
    const property = fc.property(together(files), (all) => {
      const { built, text } = printSafe(all.flatMap(withSecret));
      assert.doesNotMatch(text + JSON.stringify(built.diagnostics), /PRIVATE KEY-----|BEGIN CERT/);
      for (const pem of built.runtime.certificates.values()) {
        if (pem !== 'default') assert.ok(new X509Certificate(pem.chain).checkPrivateKey(createPrivateKey(pem.key)));
      }
    });
    fc.assert(property, runs(50, meanTogether));
  });

  test('are files that a real NGINX reads whenever they were taken by us', { skip }, async () => {
    const complaintsOf = (some: readonly Readonly<Record<string, string>>[]) => nginxComplaints(some.flatMap(withSecret));
    await inRounds(files, 50, async (all) => assert.deepEqual(await refusedOf(all, complaintsOf), []));
  });

  test('are in no log and in no configuration while they are served', { skip, timeout: 60_000 }, async () => {
    const secrets = sampled(files, 12).map((data, index) => secretText(`s${index}`, withCanary(data)));
    const ingresses = secrets.map((_, index) => servedIngress(index));
    const all = documents(service('web'), endpoints('web', ['127.1.9.1']), ...secrets, ...ingresses);
    const served = await serveFiles({ files: new Map([['in.yaml', all]]) });
    try {
      await served.serving.idle();
      await served.save('in.yaml', all.replace('name: s0 }', 'name: s00 }'));
      const config = await served.config();
      const said = [...served.log.map((line) => JSON.stringify(line)), ...(await served.accessLog()), config].join('\n');
      assert.ok(config.includes('h1.test') && /Secret default.s1/.test(said), 'the Secrets are in use');
      assert.ok(!said.includes(canary));
    } finally {
      await served.stop();
    }
  });
});

function withCanary(data: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(data).flatMap(([key, value]) => (value === '' ? [] : [[key, `${canary}\n${value}`]])));
}

function servedIngress(index: number): string {
  const name = `s${index}`;
  return `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: i${index}
  annotations:
    ${prefix}${['auth-secret', 'auth-tls-secret', 'proxy-ssl-secret'][index % 3]}: default/${name}
    ${prefix}${index % 3 === 0 ? 'auth-type: basic' : 'backend-protocol: HTTPS'}
spec:
  tls: [{ hosts: [h${index}.test], secretName: ${name} }]
  rules:
    - host: h${index}.test
      http: { paths: [{ path: /, pathType: Prefix, backend: { service: { name: web, port: { number: 80 } } } }] }
`;
}
