import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as packet from 'dns-packet';
import fc from 'fast-check';
import { createResponder, type Responder, type Transport } from './dns-responder.ts';

const rcodes = ['NOERROR', 'FORMERR', 'SERVFAIL', 'NXDOMAIN', 'NOTIMP', 'REFUSED'];

function responderWith(
  endpoints: Record<string, readonly string[]>,
  onFirstAnswer: (id: string, since: number) => void = () => undefined,
): Responder {
  const responder = createResponder(onFirstAnswer);
  responder.publish(
    Object.entries(endpoints).map(([id, addresses]) => ({ id, since: 1, endpoints: addresses.map((address) => ({ address, port: 80 })) })),
    [],
  );
  return responder;
}

function encode(name: string, type: string, id = 7): Buffer {
  return packet.encode({ type: 'query', id, flags: packet.RECURSION_DESIRED, questions: [{ type: type as 'A', name }] });
}

/** `NOERROR 10.0.0.1`, `SERVFAIL`, `TRUNCATED` */
function ask(responder: Responder, name: string, type = 'A', transport: Transport = 'udp'): string {
  const answer = responder.respond(encode(name, type), transport);
  assert.ok(answer);
  const decoded = packet.decode(answer);
  const data = (decoded.answers ?? []).map((record) => ('data' in record ? JSON.stringify(record.data) : ''));
  return [decoded.flag_tc ? 'TRUNCATED' : rcodes[(answer[3] ?? 0) & 15], ...data].join(' ');
}

test('only what is known to be harmless is answered without records', () => {
  const responder = responderWith({ aa: ['10.0.0.1'], bb: ['2001:db8::1'], cc: [] });
  const questions = [
    ['aa.ep', 'A'],
    ['aa.ep', 'AAAA'],
    ['bb.ep', 'A'],
    ['bb.ep', 'AAAA'],
    ['cc.ep', 'A'],
    ['cc.ep', 'AAAA'],
    ['_ep._tcp.cc.ep', 'SRV'],
    ['aa.ep', 'TXT'],
    ['aa.ep', 'SRV'],
    ['_ep._tcp.aa.ep', 'A'],
    ['_ep._tcp.aa.ep', 'TXT'],
    ['dd.ep', 'A'],
    ['_ep._tcp.dd.ep', 'SRV'],
    ['example.com', 'A'],
    ['_x._tcp.aa.ep', 'SRV'],
    ['0a000001-0050.ip', 'A'],
    ['zz.ip', 'A'],
  ] as const;
  assert.deepEqual(
    questions.map(([name, type]) => `${name} ${type}: ${ask(responder, name, type)}`),
    [
      'aa.ep A: NOERROR "10.0.0.1"',
      'aa.ep AAAA: NOERROR',
      'bb.ep A: NOERROR',
      'bb.ep AAAA: NOERROR "2001:db8::1"',
      'cc.ep A: NOERROR "255.255.255.255"',
      'cc.ep AAAA: NOERROR',
      '_ep._tcp.cc.ep SRV: NOERROR {"priority":0,"weight":1,"port":9,"target":"ffffffff-0009.ip"}',
      'aa.ep TXT: NOERROR',
      'aa.ep SRV: SERVFAIL',
      '_ep._tcp.aa.ep A: SERVFAIL',
      '_ep._tcp.aa.ep TXT: NOERROR',
      'dd.ep A: SERVFAIL',
      '_ep._tcp.dd.ep SRV: SERVFAIL',
      'example.com A: SERVFAIL',
      '_x._tcp.aa.ep SRV: SERVFAIL',
      '0a000001-0050.ip A: NOERROR "10.0.0.1"',
      'zz.ip A: SERVFAIL',
    ],
  );
  assert.deepEqual(responder.stats(), { queries: 17, unknown: 5, published: 3, shortened: 0 });
});

test('an upstream that is published again has its new endpoints, and one that is removed is unknown', () => {
  const responder = responderWith({ aa: ['10.0.0.1'] });
  responder.publish([{ id: 'aa', since: 1, endpoints: [{ address: '10.0.0.2', port: 80 }] }], []);
  assert.equal(ask(responder, 'aa.ep'), 'NOERROR "10.0.0.2"');
  responder.publish([], ['aa']);
  assert.equal(ask(responder, 'aa.ep'), 'SERVFAIL');
  assert.equal(ask(responder, '_ep._tcp.aa.ep', 'SRV'), 'SERVFAIL');
});

test('id and question come back as they were, in their own upper and lower case, and the flags are those that NGINX accepts', () => {
  const responder = responderWith({ aa: ['10.0.0.1'] });
  const query = encode('Aa.eP', 'A', 0xbeef);
  query[3] = 0x30; // AD and CD, which some clients set
  const answer = responder.respond(query, 'udp');
  assert.ok(answer);
  assert.deepEqual(
    [answer.readUInt16BE(0), answer.readUInt16BE(2).toString(16), answer.readUInt16BE(4), answer.readUInt16BE(6), answer.readUInt32BE(8)],
    [0xbeef, '8500', 1, 1, 0],
  );
  assert.deepEqual(answer.subarray(12, query.length), query.subarray(12));
});

test('an answer of more than 4096 bytes is cut off over UDP and whole over TCP', () => {
  const addresses = Array.from({ length: 256 }, (_, index) => `10.0.0.${index}`);
  const responder = responderWith({ aa: addresses.slice(0, 254), bb: addresses.slice(0, 255) });
  assert.equal(ask(responder, 'aa.ep').split(' ').length, 255, '12 + 11 + 254 * 16 bytes = 4087');
  assert.equal(ask(responder, 'bb.ep'), 'TRUNCATED');
  assert.equal(ask(responder, 'bb.ep', 'A', 'tcp').split(' ').length, 256);
});

test('an upstream counts as asked for once records have gone out, and again when it comes back after its removal', () => {
  const asked: string[] = [];
  const many = Array.from({ length: 300 }, (_, index) => `10.0.${index >> 8}.${index & 255}`);
  const responder = responderWith({ aa: many, bb: ['::1'], cc: [] }, (id, since) => asked.push(`${id} ${since}`));
  ask(responder, 'aa.ep');
  ask(responder, 'bb.ep', 'A');
  ask(responder, 'cc.ep', 'TXT');
  assert.deepEqual(asked, []);
  ask(responder, 'aa.ep', 'A', 'tcp');
  ask(responder, 'bb.ep', 'AAAA');
  ask(responder, '_ep._tcp.cc.ep', 'SRV');
  responder.publish([{ id: 'cc', since: 1, endpoints: [{ address: '::1', port: 1 }] }], []);
  ask(responder, '_ep._tcp.cc.ep', 'SRV');
  assert.deepEqual(asked, ['aa 1', 'bb 1', 'cc 1']);
  responder.publish([], ['cc']);
  responder.publish([{ id: 'cc', since: 3, endpoints: [] }], []);
  ask(responder, 'cc.ep', 'A');
  assert.deepEqual(asked, ['aa 1', 'bb 1', 'cc 1', 'cc 3']);
});

test('what is not a question is refused or not answered', () => {
  const responder = responderWith({ aa: ['10.0.0.1'] });
  const good = encode('aa.ep', 'A');
  const changed = (change: (query: Buffer) => unknown): Buffer => {
    const query = Buffer.from(good);
    change(query);
    return query;
  };
  const answerTo = (query: Buffer): string => responder.respond(query, 'udp')?.toString('hex') ?? 'nothing';
  assert.equal(answerTo(good.subarray(0, 11)), 'nothing');
  assert.equal(answerTo(changed((query) => query.writeUInt8(0x81, 2))), 'nothing', 'an answer is not answered');
  assert.equal(answerTo(changed((query) => query.writeUInt8(0x29, 2))), '0007a9040000000000000000', 'UPDATE is not implemented');
  assert.equal(answerTo(changed((query) => query.writeUInt16BE(2, 4))), '000781010000000000000000', 'two questions');
  assert.equal(answerTo(changed((query) => query.writeUInt8(0xc0, 12))), '000781010000000000000000', 'a compressed name');
  assert.equal(answerTo(good.subarray(0, good.length - 1)), '000781010000000000000000', 'cut off');
  assert.equal(answerTo(changed((query) => query.writeUInt16BE(3, query.length - 2))), '000781040000000000000000', 'class CHAOS');
});

test('whatever bytes arrive, the answer is none or a response with the same id, and never NXDOMAIN', () => {
  const responder = responderWith({ aa: ['10.0.0.1'], bb: [] });
  const names = fc.constantFrom('aa.ep', '_ep._tcp.bb.ep', '0a000001-0050.ip', 'x.y');
  const nearlyGood = fc
    .tuple(names, fc.array(fc.tuple(fc.nat(40), fc.nat(255)), { maxLength: 4 }), fc.nat(60))
    .map(([name, edits, length]) => {
      const query = encode(name, 'A');
      for (const [at, byte] of edits) if (at < query.length) query[at] = byte;
      return query.subarray(0, Math.max(length, 8));
    });
  const anything = fc.uint8Array({ maxLength: 600 }).map((bytes) => Buffer.from(bytes));
  fc.assert(
    fc.property(fc.oneof(anything, nearlyGood), (query) => {
      const answer = responder.respond(query, 'tcp');
      if (!answer) return;
      assert.deepEqual(answer.subarray(0, 2), query.subarray(0, 2));
      assert.equal(answer.readUInt16BE(2) & 0xf870, (answer.readUInt16BE(2) & 0x7800) | 0x8000, 'a response without Z, AD and CD');
      assert.notEqual(answer.readUInt8(3), 3);
      packet.decode(answer);
    }),
    { numRuns: 3000 },
  );
});
