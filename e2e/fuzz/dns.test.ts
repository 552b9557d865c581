import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import * as packet from 'dns-packet';
import fc from 'fast-check';
import { startEndpointServer } from '../../src/apply/dns.ts';
import { createResponder } from '../../src/apply/dns-responder.ts';
import { endpointsName, srvName } from '../../src/model/endpoint-names.ts';
import { inRounds, runs, sampled, times } from './runs.ts';

/** Upstreams whose names are alike, each with an address that says which one it is. */
const ids = ['aa', 'aaa', 'ab', 'ba', 'a', 'b', 'ep', 'aa-1', '0123456789'];
const addressOf = (id: string) => `10.0.0.${ids.indexOf(id) + 1}`;
const published = ids.map((id) => ({ id, since: 1, endpoints: [{ address: addressOf(id), port: 80 }] }));

const names = ids.flatMap((id) => [endpointsName(id), srvName(id)]);
const types = ['A', 'AAAA', 'SRV', 'TXT', 'ANY', 'PTR', 'AXFR', 'SOA', 'CNAME'] as const;

function encoded(name: string, type: (typeof types)[number], id = 7): Buffer {
  return packet.encode({ type: 'query', id, flags: packet.RECURSION_DESIRED, questions: [{ type: type as 'A', name }] });
}

/** Queries with wrong bytes, more bytes, fewer bytes; in part the bytes of two questions. */
const queries: fc.Arbitrary<Buffer> = fc.oneof(
  fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
  fc
    .record({
      name: fc.constantFrom(...names, '.', 'ep', 'aa.ep.ep', 'AA.EP', 'localhost', '0a000001-0050.ip'),
      type: fc.constantFrom(...types),
      edits: fc.array(fc.tuple(fc.nat(60), fc.nat(255)), { maxLength: 5 }),
      cut: fc.option(fc.nat(60), { nil: 1000 }),
      more: fc.uint8Array({ maxLength: 40 }),
    })
    .map(({ name, type, edits, cut, more }) => {
      const query = Buffer.concat([encoded(name, type), more]);
      for (const [at, byte] of edits) if (at < query.length) query[at] = byte;
      return query.subarray(0, cut);
    }),
);

/** The records of an answer, and the name that they are for, as they are told. */
function told(answer: Buffer) {
  const { questions = [], answers = [], flag_tc } = packet.decode(answer);
  return { name: questions[0]?.name.toLowerCase() ?? '', answers, isCut: flag_tc };
}

test('whatever is asked, an answer has the endpoints of the very name that was asked for, and of no other', () => {
  const responder = createResponder(() => undefined);
  responder.publish(published, []);
  const property = fc.property(queries, fc.constantFrom('udp' as const, 'tcp' as const), (query, transport) => {
    const subject = responder.subject(query);
    const answer = responder.respond(query, transport);
    if (!answer) return;
    const { name, answers } = told(answer);
    assert.ok(answer.length <= query.length + 600);
    for (const record of answers) {
      assert.equal(record.name.toLowerCase(), name);
      if (record.type === 'A' && name.endsWith('.ep'))
        assert.equal(record.data, addressOf(ids.find((id) => endpointsName(id) === name) ?? ''));
      else if (record.type === 'SRV') assert.ok(ids.some((id) => srvName(id) === name));
      else assert.match(name, /^[0-9a-f]{8}-[0-9a-f]{4}\.ip$|^[0-9a-f]{32}-[0-9a-f]{4}\.ip$/);
    }
    if (subject) assert.ok([endpointsName(subject.id), srvName(subject.id)].includes(name));
  });
  fc.assert(property, runs(1000));
});

test('a name server that is sent rubbish over UDP and TCP goes on answering', { timeout: 60_000 + times(500) }, async () => {
  const failures: Error[] = [];
  const server = await startEndpointServer({ count: 1, onFailure: (error) => failures.push(error) });
  const [port = 0] = server.ports;
  const socket = createSocket('udp4').on('error', () => undefined);
  try {
    server.publish(new Map(published.map(({ id, endpoints }) => [id, endpoints])));
    await inRounds(queries, 500, async (all) => {
      for (const query of all) socket.send(query, port, '127.0.0.1');
      // What is sent faster than it is read is lost, and proves nothing.
      assert.equal(await askTcp(port, endpointsName('ab')), addressOf('ab'));
    });
    await Promise.all(sampled(fc.array(queries, { maxLength: 5 }), 30).map((some, index) => sendTcp(port, some, index)));
    assert.equal(await askTcp(port, endpointsName('ab')), addressOf('ab'));
    assert.deepEqual(failures, []);
  } finally {
    socket.close();
    await server.close();
  }
});

/** Sends messages with lengths that are right or wrong, and hangs up. */
async function sendTcp(port: number, messages: readonly Buffer[], salt: number): Promise<void> {
  const socket = connect(port, '127.0.0.1').on('error', () => undefined);
  await once(socket, 'connect');
  for (const message of messages) {
    const length = Buffer.alloc(2);
    length.writeUInt16BE(salt % 3 === 0 ? (message.length * 7 + salt) % 65_536 : message.length);
    socket.write(Buffer.concat([length, message]));
  }
  socket.end();
  socket.resume();
  await Promise.race([once(socket, 'close').catch(() => undefined), once(AbortSignal.timeout(500), 'abort')]);
  socket.destroy();
}

async function askTcp(port: number, name: string): Promise<unknown> {
  const socket = connect(port, '127.0.0.1');
  const query = encoded(name, 'A');
  const length = Buffer.alloc(2);
  length.writeUInt16BE(query.length);
  socket.write(Buffer.concat([length, query]));
  const [answer] = (await once(socket, 'data')) as [Buffer];
  socket.destroy();
  const [record] = told(answer.subarray(2)).answers;
  return record && 'data' in record ? record.data : undefined;
}
