import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { whyNotServed } from '../kit/machine.ts';
import { marker, nearly } from './hostile-text.ts';
import { placesOfText } from './known-directives.ts';
import { annotatedIngress, canary, configMap, settingExamples } from './objects.ts';
import { nginxComplaints, printSafe, refusedOf } from './printed.ts';
import { runs, sampled, times } from './runs.ts';

const examples = [...settingExamples];

/** Keys that do nothing without others, so that they come with them. */
const company: readonly (readonly [RegExp, Readonly<Record<string, string>>])[] = [
  [/^gzip/, { 'use-gzip': 'true' }],
  [/^global-auth|^auth-ssl|^no-auth/, { 'global-auth-url': 'http://auth.auth-system.svc.cluster.local/check' }],
  [/^syslog/, { 'enable-syslog': 'true', 'syslog-host': '10.0.0.9' }],
  [/^ssl-session-ticket-key/, { 'ssl-session-tickets': 'true' }],
  [/^proxy-real|^forwarded|^compute/, { 'use-forwarded-headers': 'true', 'proxy-real-ip-cidr': '10.0.0.0/8' }],
  [/^otel|^otlp|opentelemetry/, { 'enable-opentelemetry': 'true', 'otlp-collector-host': '127.0.0.1' }],
  [/^limit-conn|^limit-req/, { 'limit-conn-zone-variable': '$server_name' }],
];

/** What a machine of a test may not have, or what would really be opened. */
const ofTheMachine = new Set([
  'bind-address',
  'worker-cpu-affinity',
  'debug-connections',
  'max-worker-open-files',
  'max-worker-connections',
  'http-access-log-path',
  'access-log-path',
]);

const changed = fc
  .constantFrom(...examples)
  .chain(([key, example]) =>
    nearly(example).map((value) => ({ ...(company.find(([pattern]) => pattern.test(key))?.[1] ?? {}), [key]: value })),
  );

/** What the ConfigMap says: up to three keys with values that are nearly good, among some that are. */
const settings = fc
  .tuple(fc.array(changed, { minLength: 1, maxLength: 3 }), fc.subarray(examples, { maxLength: 2 }))
  .map(([some, good]): Readonly<Record<string, string>> => Object.assign(Object.fromEntries(good), ...some));

/** An Ingress for each thing that settings are the defaults of. */
const ingresses = [annotatedIngress(0, {}), annotatedIngress(1, { 'limit-connections': '5', affinity: 'cookie' })];

const print = (one: Readonly<Record<string, string>>) => printSafe([configMap('settings/settings', one), ...ingresses]);

describe('values of the ConfigMap', () => {
  test('lead to known directives in known places, and name no file outside of the run directory', () => {
    fc.assert(
      fc.property(settings, (one) => void print(one)),
      runs(300),
    );
  });

  test('stay out of tables that choose files', () => {
    const property = fc.property(settings, (one) => {
      const places = placesOfText(print(one).tree, marker);
      assert.deepEqual(
        places.filter((place) => /(?:ssl_certificate(?:_key)?|auth_basic_user_file|load_module|include)$/.test(place)),
        [],
      );
    });
    fc.assert(property, runs(100));
  });

  test('are not shown where they are secret', () => {
    const key = 'ssl-session-ticket-key';
    const property = fc.property(nearly(settingExamples.get(key) ?? '', canary), (value) => {
      const { built, text } = print({ [key]: `${value}${canary}`, 'ssl-session-tickets': 'true' });
      assert.ok(!text.includes(canary) && !JSON.stringify(built.diagnostics).includes(canary));
    });
    fc.assert(property, runs(60));
  });

  test('are taken by a real NGINX whenever they were taken by us', { skip: whyNotServed() ?? false }, async () => {
    const wanted = settings.map((one) => Object.fromEntries(Object.entries(one).filter(([key]) => !ofTheMachine.has(key))));
    const complaintsOf = ([one]: readonly Readonly<Record<string, string>>[]) =>
      one ? nginxComplaints([configMap('settings/settings', one), ...ingresses]) : Promise.resolve('');
    const all = sampled(wanted, Math.ceil(times(300) / 15));
    const found: string[] = [];
    for (const one of all) found.push(...(await refusedOf([one], complaintsOf)));
    assert.deepEqual(found, []);
  });
});
