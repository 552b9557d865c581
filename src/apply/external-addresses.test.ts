import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judgeAddresses, nameProblem } from './external-addresses.ts';

test('addresses that lead to this machine or its link are refused, also inside of an IPv6 address', () => {
  const refused: Record<string, string> = {
    '0.0.0.0': 'this machine',
    '0.1.2.3': 'this machine',
    '127.0.0.1': 'loopback',
    '127.255.0.9': 'loopback',
    '169.254.169.254': 'link-local',
    '224.0.0.1': 'multicast',
    '255.255.255.255': 'broadcast',
    '::': 'this machine',
    '::1': 'loopback',
    'fe80::1': 'link-local',
    'fe80::1%eth0': 'link-local',
    'ff02::1': 'multicast',
    '::ffff:127.0.0.1': 'loopback',
    '::ffff:a9fe:a9fe': 'link-local',
    nonsense: 'not an address',
  };
  for (const [address, reason] of Object.entries(refused)) {
    assert.deepEqual(judgeAddresses([address]), { addresses: [], refused: [`${address} (${reason})`] });
  }
});

test('other addresses are kept, sorted, once, and in their shortest form', () => {
  assert.deepEqual(judgeAddresses(['8.8.8.8', '10.0.0.1', '8.8.8.8', '::ffff:192.168.0.1', '2001:0DB8:0:0::1', '127.0.0.1', 'fd00::1']), {
    addresses: ['10.0.0.1', '192.168.0.1', '2001:db8::1', '8.8.8.8', 'fd00::1'],
    refused: ['127.0.0.1 (loopback)'],
  });
});

test('a name has to be a name, and not that of this machine', () => {
  const wrong = [
    '10.0.0.1',
    '::1',
    '[::1]',
    '127.1',
    '2130706433',
    '0x7f000001',
    '1.2.3.0x4',
    'example.com.1',
    'localhost',
    'LocalHost.',
    'a.localhost',
  ];
  assert.deepEqual(
    wrong.filter((name) => nameProblem(name) === undefined),
    [],
  );
  assert.match(
    nameProblem('10.0.0.1') ?? '',
    /^externalName "10\.0\.0\.1" is an IP address, so requests are answered with 503; it has to be a DNS name/,
  );
  assert.match(nameProblem('localhost') ?? '', /^externalName "localhost" is this machine/);
  const right = ['example.com', 'example.com.', 'db', '1.example.com', 'localhost.example.com', '0xff.example', 'x.0xyz'];
  assert.deepEqual(
    right.filter((name) => nameProblem(name) !== undefined),
    [],
  );
});
