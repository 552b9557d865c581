import assert from 'node:assert/strict';
import { test } from 'node:test';
import { features } from '../annotations/load.ts';
import type { ConfigMap } from '../model/objects.ts';
import { groups } from './load.ts';
import { readConfig } from './read.ts';

const metadata = { namespace: 'default', name: 'gatehouse', annotations: {}, labels: {} };

/** The headers that backends get, each with the variable that it comes from. */
function headersOf(data: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const configMap = { kind: 'ConfigMap', metadata, data } as unknown as ConfigMap;
  const { contribution, diagnostics } = readConfig(
    configMap,
    { groups, features },
    { others: new Map(), ignoreSnippets: false, canTrace: true },
  );
  assert.deepEqual(diagnostics, []);
  const headers = contribution.headers.request ?? [];
  return Object.fromEntries(headers.map(({ name, value }) => [name, 'variable' in value ? value.variable : '']));
}

const usual = {
  Host: 'gatehouse_upstream_host',
  Upgrade: 'http_upgrade',
  Connection: 'gatehouse_connection',
  'X-Request-ID': 'gatehouse_request_id',
  'X-Real-IP': 'remote_addr',
  'X-Forwarded-For': 'gatehouse_forwarded_for',
  'X-Forwarded-Host': 'gatehouse_upstream_host',
  'X-Forwarded-Port': 'gatehouse_port',
  'X-Forwarded-Proto': 'gatehouse_scheme',
  'X-Forwarded-Scheme': 'gatehouse_scheme',
  'X-Scheme': 'gatehouse_scheme',
  'X-Original-Forwarded-For': 'http_x_forwarded_for',
  'X-Original-Forwarded-Host': 'http_x_forwarded_host',
  Proxy: '',
};

const differences: readonly (readonly [key: string, value: string, difference: Readonly<Record<string, string>>])[] = [
  ['proxy-add-original-uri-header', 'true', { 'X-Original-URI': 'request_uri' }],
  ['forwarded-for-header', 'CF-Connecting-IP', { 'X-Original-Forwarded-For': 'http_cf_connecting_ip' }],
  ['forwarded-host-header', 'X-Original_Host', { 'X-Original-Forwarded-Host': 'http_x_original_host' }],
];

for (const [key, value, difference] of differences)
  test(`${key}: ${JSON.stringify(value)} leads to ${JSON.stringify(difference)}`, () => {
    assert.deepEqual(headersOf({ [key]: value }), { ...usual, ...difference });
  });

test('whether requests get an id holds for everybody who is told it', () => {
  const overridesOf = (value: string) => {
    const configMap = { kind: 'ConfigMap', metadata, data: { 'generate-request-id': value } } as unknown as ConfigMap;
    return readConfig(configMap, { groups, features }, { others: new Map(), ignoreSnippets: false, canTrace: true }).contribution.overrides
      ?.withoutRequestIds;
  };
  assert.deepEqual(['true', 'false', ''].map(overridesOf), [undefined, true, true]);
});
