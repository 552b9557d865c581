import assert from 'node:assert/strict';
import { test } from 'node:test';
import { noFront } from '../model/front.ts';
import type { Overrides } from '../model/overrides.ts';
import { addressPrefixes, closedListens } from './listens.ts';
import { listensOf } from './server-view.ts';
import { streamView } from './stream-view.ts';
import { passedOn, settings } from './topology-testbed.ts';

function shown(overrides: Overrides, { ipv6 = true, proxyProtocol = false } = {}) {
  const listening = { settings: { ...settings, ipv6 }, front: { ...noFront, proxyProtocol }, overrides, isPassedOn: false };
  const of = (suffix: '' | ' default_server') => {
    const { http, https, quic } = listensOf(listening, suffix);
    return [...http, ...https, ...quic];
  };
  return { default: of(' default_server'), named: of(''), closed: closedListens(listening) };
}

test('without settings all addresses are served', () => {
  assert.deepEqual(shown({}), {
    default: ['8080 default_server', '[::]:8080 default_server', '8443 ssl default_server', '[::]:8443 ssl default_server'],
    named: ['8080', '[::]:8080', '8443 ssl', '[::]:8443 ssl'],
    closed: [],
  });
});

test('the queue of each worker is asked for once for each socket', () => {
  assert.deepEqual(shown({ reusePort: true, withoutIpv6: true }), {
    default: ['8080 default_server reuseport', '8443 ssl default_server reuseport'],
    named: ['8080', '8443 ssl'],
    closed: [],
  });
});

test('where only some addresses are served, the sockets are those that close all others', () => {
  assert.deepEqual(shown({ addresses: ['10.0.0.1', 'fd00::1'], reusePort: true }, { proxyProtocol: true }), {
    default: [
      '10.0.0.1:8080 default_server proxy_protocol',
      '[fd00::1]:8080 default_server proxy_protocol',
      '10.0.0.1:8443 ssl default_server proxy_protocol',
      '[fd00::1]:8443 ssl default_server proxy_protocol',
    ],
    named: [
      '10.0.0.1:8080 proxy_protocol',
      '[fd00::1]:8080 proxy_protocol',
      '10.0.0.1:8443 ssl proxy_protocol',
      '[fd00::1]:8443 ssl proxy_protocol',
    ],
    closed: [
      '8080 default_server proxy_protocol reuseport',
      '8443 ssl default_server proxy_protocol reuseport',
      '[::]:8080 default_server proxy_protocol reuseport',
      '[::]:8443 ssl default_server proxy_protocol reuseport',
    ],
  });
});

test('an IPv6 address is left out where there is no IPv6, and never leads to all addresses', () => {
  const only = { ...settings, ipv6: false };
  assert.deepEqual(addressPrefixes(only, { addresses: ['fd00::1', '10.0.0.1'] }), ['10.0.0.1:']);
  assert.deepEqual(addressPrefixes(only, { addresses: ['fd00::1'] }), ['127.0.0.1:']);
});

test('HTTP/3 is listened for at the port of https, with a socket for each worker, and where https is passed on too', () => {
  const http3 = { maxAge: 60 };
  assert.deepEqual(shown({ http3, withoutIpv6: true }), {
    default: ['8080 default_server', '8443 ssl default_server', '8443 quic default_server reuseport'],
    named: ['8080', '8443 ssl', '8443 quic'],
    closed: [],
  });
  assert.deepEqual(shown({ http3, addresses: ['10.0.0.1'], withoutIpv6: true }), {
    default: ['10.0.0.1:8080 default_server', '10.0.0.1:8443 ssl default_server', '10.0.0.1:8443 quic default_server'],
    named: ['10.0.0.1:8080', '10.0.0.1:8443 ssl', '10.0.0.1:8443 quic'],
    closed: ['8080 default_server', '8443 ssl default_server', '8443 quic default_server reuseport'],
  });
  const elsewhere = { settings: { ...settings, ipv6: false, http3Port: 8444 }, front: noFront, overrides: { http3 }, isPassedOn: false };
  assert.deepEqual(listensOf(elsewhere, '').quic, ['8444 quic']);
  const elsewhereTls = { settings: { ...settings, ipv6: false }, front: noFront, overrides: { http3 }, isPassedOn: true };
  assert.deepEqual(listensOf(elsewhereTls, ''), { http: ['8080'], https: ['"unix:/run/gatehouse/https.sock" ssl'], quic: ['8443 quic'] });
});

test('where TLS may be passed on, connections to the https port wait until their handshake can be read, whether somebody is passed on or not', () => {
  const mayPass = { ...settings, ipv6: false, enableSslPassthrough: true };
  const listening = { settings: mayPass, front: noFront, overrides: {}, isPassedOn: false };
  assert.deepEqual(listensOf(listening, ' default_server').https, ['8443 ssl default_server deferred']);
  assert.deepEqual(listensOf(listening, '').https, ['8443 ssl']);
  const bound = { ...listening, overrides: { addresses: ['10.0.0.1'] } };
  assert.deepEqual(listensOf(bound, ' default_server').https, ['10.0.0.1:8443 ssl default_server']);
  assert.deepEqual(closedListens(bound), ['8080 default_server', '8443 ssl default_server deferred']);
  assert.deepEqual(streamView(passedOn, mayPass)?.passthrough?.listens, ['8443 default_server deferred']);
});
