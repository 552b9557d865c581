import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as packet from 'dns-packet';
import { nameKey, type Records, readQuestion, writeAnswer } from './dns-message.ts';
import { assertPublishable, buildAnswers, buildTargetAnswers } from './endpoint-answers.ts';

/** What a client reads from the records when they come back for a question. */
function read(records: Records): readonly unknown[] {
  const query = packet.encode({ type: 'query', id: 1, questions: [{ type: 'A', name: 'u.ep' }] });
  const question = readQuestion(query);
  assert.equal(question.kind, 'question');
  const answer = packet.decode(writeAnswer(query, question.question, records));
  return (answer.answers ?? []).map((record) => {
    assert.equal(record.name, 'u.ep');
    assert.ok('ttl' in record && 'data' in record);
    return [record.type, record.ttl, record.data];
  });
}

test('each address becomes one record, however many of its ports are endpoints', () => {
  const answers = buildAnswers([
    { address: '10.0.0.2', port: 8080 },
    { address: '10.0.0.1', port: 8080 },
    { address: '10.0.0.1', port: 9090 },
    { address: '2001:db8::1', port: 8080 },
    { address: '2001:db8::1', port: 9090 },
  ]);
  assert.deepEqual(read(answers.a), [
    ['A', 0, '10.0.0.1'],
    ['A', 0, '10.0.0.2'],
  ]);
  assert.deepEqual(read(answers.aaaa), [['AAAA', 0, '2001:db8::1']]);
  assert.equal(answers.shortened, false);
});

test('each endpoint has an SRV record of its own, whose target says address and port', () => {
  const answers = buildAnswers([
    { address: '10.0.0.1', port: 9090 },
    { address: '10.0.0.1', port: 80 },
    { address: '10.0.0.1', port: 80 },
    { address: '2001:db8::1', port: 65535 },
  ]);
  assert.deepEqual(read(answers.srv), [
    ['SRV', 0, { priority: 0, weight: 1, port: 80, target: '0a000001-0050.ip' }],
    ['SRV', 0, { priority: 0, weight: 1, port: 9090, target: '0a000001-2382.ip' }],
    ['SRV', 0, { priority: 0, weight: 1, port: 65535, target: '20010db8000000000000000000000001-ffff.ip' }],
  ]);
});

test('no endpoints become an address that nothing connects to, never an empty answer', () => {
  const answers = buildAnswers([]);
  assert.deepEqual(read(answers.a), [['A', 0, '255.255.255.255']]);
  assert.deepEqual(read(answers.aaaa), []);
  assert.deepEqual(read(answers.srv), [['SRV', 0, { priority: 0, weight: 1, port: 9, target: 'ffffffff-0009.ip' }]]);
});

test('the order of the endpoints does not change the answer', () => {
  const endpoints = ['10.0.0.9', '10.0.0.10', '9.0.0.1', '2001:db8::2', '2001:db8::1'].map((address) => ({ address, port: 1 }));
  assert.deepEqual(buildAnswers(endpoints), buildAnswers(endpoints.toReversed()));
});

test('a target is answered from its name alone and kept for an hour', () => {
  const ipv4 = buildTargetAnswers(nameKey('0a000001-0050.ip'));
  assert.ok(ipv4);
  assert.deepEqual([read(ipv4.a), read(ipv4.aaaa)], [[['A', 3600, '10.0.0.1']], []]);
  const ipv6 = buildTargetAnswers(nameKey('20010db8000000000000000000000001-ffff.ip'));
  assert.ok(ipv6);
  assert.deepEqual([read(ipv6.a), read(ipv6.aaaa)], [[], [['AAAA', 3600, '2001:db8::1']]]);
});

test('a name that only resembles a target is not answered', () => {
  const names = [
    '0a000001.ip',
    '0a000001-050.ip',
    '0a00001-0050.ip',
    '0a000001-0050.ep',
    'x.0a000001-0050.ip',
    '0a000001-0050.ip.x',
    '0g000001-0050.ip',
    'ip',
  ];
  assert.deepEqual(
    names.filter((name) => buildTargetAnswers(nameKey(name)) !== undefined),
    [],
  );
});

test('an answer never exceeds a DNS message, keeps the same endpoints, and says that some are missing', () => {
  const endpoints = Array.from({ length: 5000 }, (_, index) => ({
    address: `10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`,
    port: 80,
  }));
  const answers = buildAnswers(endpoints);
  assert.equal(answers.shortened, true);
  assert.equal(answers.a.count, 4079);
  assert.equal(answers.srv.count, 1812);
  const withoutOne = buildAnswers(endpoints.slice(1));
  const before = new Set(read(answers.a).map(String));
  assert.deepEqual(
    read(withoutOne.a).filter((record) => !before.has(String(record))),
    [['A', 0, '10.0.15.239']],
  );
});

test('what is no endpoint of ours is refused before it reaches the thread', () => {
  assert.throws(() => assertPublishable('A.b', []), /upstream id "A\.b" is not a DNS label/);
  assert.throws(() => assertPublishable('u', [{ address: 'fe80::1%eth0', port: 1 }]), /"fe80::1%eth0" is not an IP address/);
  assert.throws(() => assertPublishable('u', [{ address: '127.1', port: 1 }]), /"127\.1" is not an IP address/);
  assert.throws(() => assertPublishable('u', [{ address: '10.0.0.1', port: 0 }]), /0 is not a port/);
  assert.doesNotThrow(() => assertPublishable('1a2b3c4d5e', [{ address: '::ffff:10.0.0.1', port: 65535 }]));
});
