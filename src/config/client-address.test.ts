import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addressProblem } from '../annotations/client-address.ts';
import { features } from '../annotations/load.ts';
import type { ConfigMap } from '../model/objects.ts';
import { groups } from './load.ts';
import { readConfig } from './read.ts';

const metadata = { namespace: 'default', name: 'gatehouse', annotations: {}, labels: {} };

function read(data: Readonly<Record<string, string>>) {
  const configMap = { kind: 'ConfigMap', metadata, data } as unknown as ConfigMap;
  const config = readConfig(configMap, { groups, features }, { others: new Map(), ignoreSnippets: false, canTrace: true });
  const addresses = config.contribution.http.filter(({ name }) => /^(?:real_ip|set_real_ip)/.test(name));
  return {
    front: config.contribution.front,
    addresses: addresses.map(({ name, args }) => [name, ...args.map((arg) => ('text' in arg ? arg.text : '?'))].join(' ')),
    codes: config.diagnostics.map(({ code, field }) => `${code} ${field}`),
    problem: addressProblem((key) => config.value(key)),
  };
}

const silent = { codes: [], problem: undefined };
const none = { proxyProtocol: false, forwardedHeaders: false, fullForwardedFor: false };
const on = 'true';

test('without a word about it the connection counts, whatever the list says', () => {
  assert.deepEqual(read({}), { ...silent, front: { ...none, trusted: 'all' }, addresses: [] });
  assert.deepEqual(read({ 'proxy-real-ip-cidr': '10.0.0.0/8' }), { ...silent, front: { ...none, trusted: ['10.0.0.0/8'] }, addresses: [] });
});

test('a list is taken in its shortest form, each network once', () => {
  const { addresses, front } = read({ 'enable-real-ip': on, 'proxy-real-ip-cidr': '10.1.2.3/8 , 10.0.0.0/8,FD00:0::/8,,1.2.3.4' });
  assert.deepEqual(front?.trusted, ['10.0.0.0/8', 'fd00::/8', '1.2.3.4']);
  assert.deepEqual(addresses, [
    'real_ip_header X-Forwarded-For',
    'real_ip_recursive on',
    ...['set_real_ip_from 10.0.0.0/8', 'set_real_ip_from fd00::/8', 'set_real_ip_from 1.2.3.4'],
  ]);
});

for (const key of ['use-forwarded-headers', 'enable-real-ip'])
  test(`${key} without a list is told to the ConfigMap, and rules that go by addresses cannot be carried out`, () => {
    const { codes, problem, addresses } = read({ [key]: on });
    assert.deepEqual(codes, [`ForwardedHeadersForgeable data["${key}"]`]);
    assert.match(problem ?? '', /^anybody can claim any address with a header; write into proxy-real-ip-cidr/);
    assert.deepEqual(addresses, ['real_ip_header X-Forwarded-For', 'real_ip_recursive on', 'set_real_ip_from 0.0.0.0/0']);
  });

test('everybody in the list is what somebody wants', () => {
  const { codes, problem, addresses } = read({ 'use-forwarded-headers': on, 'proxy-real-ip-cidr': '0.0.0.0/0' });
  assert.deepEqual([codes, problem, addresses.at(-1)], [[], undefined, 'set_real_ip_from 0.0.0.0/0']);
});

for (const list of ['10.0.0.0/33', '10.0.0.0/8, nonsense', '10.0.0', 'proxy.example.com', '10.0.0.0/8;1.2.3.4', '1.2.3.4\n5.6.7.8'])
  test(`the list ${JSON.stringify(list)} trusts nobody, and rules that go by addresses cannot be carried out`, () => {
    const { codes, problem, addresses, front } = read({ 'use-forwarded-headers': on, 'proxy-real-ip-cidr': list });
    assert.deepEqual(front, { ...none, forwardedHeaders: true, trusted: [] });
    assert.deepEqual(codes, ['ConfigMapInvalid data["proxy-real-ip-cidr"]']);
    assert.deepEqual(addresses, []);
    assert.match(problem ?? '', /^the addresses of clients are not known, as proxy-real-ip-cidr of the ConfigMap cannot be used/);
  });

test('a list that cannot be read does not matter where nobody would be asked', () => {
  assert.equal(read({ 'proxy-real-ip-cidr': 'nonsense' }).problem, undefined);
});

for (const header of ['proxy_protocol', 'X Client', '$http_x', 'X-Client;'])
  test(`the header ${JSON.stringify(header)} is not read, and X-Forwarded-For not in its place`, () => {
    const { codes, problem, addresses } = read({ 'enable-real-ip': on, 'proxy-real-ip-cidr': '1.2.3.4', 'forwarded-for-header': header });
    assert.deepEqual(codes, ['ConfigMapInvalid data["forwarded-for-header"]']);
    assert.deepEqual(addresses, []);
    assert.match(problem ?? '', /as forwarded-for-header of the ConfigMap cannot be used/);
  });

test('the PROXY protocol comes before any header, and needs no list', () => {
  assert.deepEqual(read({ 'use-proxy-protocol': on, 'enable-real-ip': on, 'forwarded-for-header': 'X-Client-IP' }), {
    ...silent,
    front: { ...none, proxyProtocol: true, trusted: 'all' },
    addresses: ['real_ip_header proxy_protocol', 'real_ip_recursive on', 'set_real_ip_from 0.0.0.0/0'],
  });
});

test('the PROXY protocol with forwarded headers says what they do not tell, and what can be forged', () => {
  assert.deepEqual(read({ 'use-proxy-protocol': on, 'use-forwarded-headers': on }).codes, [
    'ForwardedHeadersForgeable data["use-forwarded-headers"]',
    'ConfigMapUnsupported data["use-forwarded-headers"]',
  ]);
});

test('compute-full-forwarded-for needs use-forwarded-headers', () => {
  const trusted = { 'compute-full-forwarded-for': on, 'proxy-real-ip-cidr': '1.2.3.4' };
  assert.deepEqual(read({ ...trusted, 'enable-real-ip': on }).front?.fullForwardedFor, false);
  assert.deepEqual(read({ ...trusted, 'enable-real-ip': on }).codes, ['ConfigMapUnsupported data["compute-full-forwarded-for"]']);
  assert.deepEqual(read({ ...trusted, 'use-forwarded-headers': on }).front?.fullForwardedFor, true);
});
