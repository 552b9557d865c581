import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { whyNotServed } from '../kit/machine.ts';
import { marker, nearly } from './hostile-text.ts';
import { placesOfText, serversOf } from './known-directives.ts';
import { annotatedIngress, annotationExamples, configMap } from './objects.ts';
import { nginxComplaints, printSafe, refusedOf } from './printed.ts';
import { inRounds, meanTogether, runs, together } from './runs.ts';

const examples = [...annotationExamples];
const allowsAll = configMap('settings/settings', {
  'annotations-risk-level': 'Critical',
  'global-allowed-response-headers': 'X-Frame-Options,Content-Security-Policy',
});

/** Keys that do nothing without others, so that they come with them. */
const company: readonly (readonly [RegExp, Readonly<Record<string, string>>])[] = [
  [/^auth-(?:realm|secret)/, { 'auth-type': 'basic', 'auth-secret': 'users' }],
  [/^auth-tls/, { 'auth-tls-secret': 'default/client-ca' }],
  [/^auth-/, { 'auth-url': 'http://auth.auth-system.svc.cluster.local/check' }],
  [/^cors-/, { 'enable-cors': 'true' }],
  [/^session-cookie|^affinity/, { affinity: 'cookie' }],
  [/^canary-/, { canary: 'true' }],
  [/^limit-/, { 'limit-rps': '10' }],
  [/^mirror-/, { 'mirror-target': 'https://test.example.com' }],
  [/^permanent-/, { 'permanent-redirect': 'https://www.example.com/' }],
  [/^temporal-/, { 'temporal-redirect': 'https://www.example.com/' }],
  [/^proxy-ssl/, { 'backend-protocol': 'HTTPS', 'proxy-ssl-secret': 'default/backend-tls' }],
  [/^rewrite-|^x-forwarded/, { 'use-regex': 'true', 'rewrite-target': '/$1' }],
  [/^fastcgi/, { 'backend-protocol': 'FCGI' }],
  [/^proxy-redirect/, { 'proxy-redirect-from': 'http://localhost:8000/', 'proxy-redirect-to': 'https://www.example.com/' }],
];

function accompanied(key: string): Readonly<Record<string, string>> {
  return company.find(([pattern]) => pattern.test(key))?.[1] ?? {};
}

const changed = fc
  .constantFrom(...examples)
  .chain(([key, example]) => nearly(example).map((value) => ({ ...accompanied(key), [key]: value })));

/** What one Ingress says: up to three keys with values that are nearly good, among some that are. */
const annotations = fc
  .tuple(fc.array(changed, { minLength: 1, maxLength: 3 }), fc.subarray(examples, { maxLength: 2 }))
  .map(([some, good]): Readonly<Record<string, string>> => Object.assign(Object.fromEntries(good), ...some));

/** A marker of its own for each Ingress; no text that may follow makes it that of another one. */
const markerOf = (index: number) => `${marker}7${'abcdefgh'.charAt(index)}`;

function marked(one: Readonly<Record<string, string>>, index: number): Readonly<Record<string, string>> {
  const own = markerOf(index);
  const inItsCase = (found: string) => (found === marker ? own : own.toUpperCase());
  return Object.fromEntries(Object.entries(one).map(([key, value]) => [key, value.replaceAll(new RegExp(marker, 'gi'), inItsCase)]));
}

/** Blocks that several servers share, made from values: everything else is in the server of its host. */
const shared = /^http (?:map|geo|split_clients|upstream|limit_req_zone|limit_conn_zone|proxy_cache_path)(?: |$)/;

const undisturbed = printSafe([allowsAll]);

describe('values of annotations', () => {
  test('the neighbour and the marker are where the other tests look for them', () => {
    assert.notDeepEqual(serversOf(undisturbed.tree, 'neighbour.test'), []);
    const { tree } = printSafe([allowsAll, annotatedIngress(0, { 'upstream-vhost': marker })]);
    assert.notDeepEqual(placesOfText(serversOf(tree, 'h0.test'), marker), []);
  });

  test('lead to known directives in known places, and to nothing at a neighbour', () => {
    const property = fc.property(together(annotations), fc.boolean(), (all, enableSslPassthrough) => {
      const ingresses = all.map((one, index) => annotatedIngress(index, one));
      const { tree } = printSafe([allowsAll, ...ingresses], { enableSslPassthrough: enableSslPassthrough && all.length > 3 });
      if (!(enableSslPassthrough && all.length > 3))
        assert.deepEqual(serversOf(tree, 'neighbour.test'), serversOf(undisturbed.tree, 'neighbour.test'));
    });
    fc.assert(property, runs(150, meanTogether));
  });

  test('are in the server of their own host, or in a block that is made for them', () => {
    const property = fc.property(together(annotations), (all) => {
      const { tree } = printSafe([
        allowsAll,
        annotatedIngress(0, {}),
        ...all.map((one, index) => annotatedIngress(index + 1, marked(one, index))),
      ]);
      const elsewhere = placesOfText(tree, marker).filter((place) => !place.startsWith('http server') && !shared.test(place));
      assert.deepEqual(elsewhere, []);
      const nobodys = ['h0.test', 'neighbour.test', '_'].flatMap((host) => serversOf(tree, host));
      assert.deepEqual(placesOfText(nobodys, marker), []);
      for (const [index] of all.entries()) {
        const others = all.flatMap((_, other) => (other === index ? [] : serversOf(tree, `h${other + 1}.test`)));
        assert.deepEqual(placesOfText(others, markerOf(index)), [], `what only Ingress ${index} says`);
      }
    });
    fc.assert(property, runs(100, meanTogether));
  });

  test('are taken by a real NGINX whenever they were taken by us', { skip: whyNotServed() ?? false }, async () => {
    const complaintsOf = (some: readonly Readonly<Record<string, string>>[]) =>
      nginxComplaints([allowsAll, ...some.map((one, index) => annotatedIngress(index, one))]);
    await inRounds(annotations, 200, async (all) => assert.deepEqual(await refusedOf(all, complaintsOf), []));
  });
});
