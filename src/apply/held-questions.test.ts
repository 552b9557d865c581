import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as packet from 'dns-packet';
import { createResponder, type Transport } from './dns-responder.ts';
import { createHeldQuestions } from './held-questions.ts';

/** A responder whose clock only the test moves; `heard` are the answers as `moment: name answer`. */
function bench() {
  let now = 100_000;
  const timers: { readonly at: number; readonly call: () => void }[] = [];
  const heard: string[] = [];
  const questions = createHeldQuestions(
    createResponder(() => {}),
    { now: () => now, random: () => 0.5, later: (milliseconds, call) => timers.push({ at: now + milliseconds, call }) },
  );
  const moment = () => now - 100_000;
  return {
    heard,
    publish(endpoints: Record<string, string>, removals: readonly string[] = []): void {
      const upserts = Object.entries(endpoints).map(([id, address]) => ({ id, since: 1, endpoints: [{ address, port: 80 }] }));
      questions.publish(upserts, removals);
    },
    ask(name: string, { type = 'A', client = 1, transport = 'udp' as Transport } = {}): void {
      const query = packet.encode({ type: 'query', id: 7, questions: [{ type: type as 'A', name }] });
      questions.ask({ query, transport, client, reply: (answer) => heard.push(`${moment()}: ${name} ${text(answer)}`) });
    },
    /** Moves the clock to so many milliseconds after the start. */
    at(milliseconds: number): void {
      for (;;) {
        const next = timers.filter(({ at }) => at <= 100_000 + milliseconds).sort((left, right) => left.at - right.at)[0];
        if (!next) break;
        timers.splice(timers.indexOf(next), 1);
        now = Math.max(now, next.at);
        next.call();
      }
      now = 100_000 + milliseconds;
    },
  };
}

function text(answer: Buffer): string {
  const decoded = packet.decode(answer);
  const data = (decoded.answers ?? []).map((record) => ('data' in record ? String(record.data) : ''));
  return data.join(' ') || `code ${(answer[3] ?? 0) & 15}`;
}

/** Asks as NGINX does after a start: at once, and again a second after each answer, until questions are held. */
function started(endpoints: Record<string, string> = { aa: '10.0.0.1' }) {
  const place = bench();
  place.publish(endpoints);
  for (const moment of [0, 1000]) {
    place.at(moment);
    for (const id of Object.keys(endpoints)) place.ask(`${id}.ep`);
  }
  place.at(2000);
  place.heard.length = 0;
  return place;
}

test('a new socket is answered at once, and so is everything for two seconds', () => {
  const place = bench();
  place.publish({ aa: '10.0.0.1', bb: '10.0.0.2' });
  place.ask('aa.ep');
  place.ask('bb.ep');
  place.at(1000);
  place.ask('aa.ep');
  place.at(1999);
  place.ask('bb.ep');
  assert.deepEqual(place.heard, ['0: aa.ep 10.0.0.1', '0: bb.ep 10.0.0.2', '1000: aa.ep 10.0.0.1', '1999: bb.ep 10.0.0.2']);
});

test('afterwards a question waits for two seconds', () => {
  const place = started();
  place.ask('aa.ep');
  place.at(10_000);
  assert.deepEqual(place.heard, ['4200: aa.ep 10.0.0.1']);
});

test('a change is told at once, to those alone who ask for it', () => {
  const place = started({ aa: '10.0.0.1', bb: '10.0.0.2' });
  place.ask('aa.ep');
  place.ask('bb.ep');
  place.at(2500);
  place.publish({ aa: '10.0.0.9' });
  assert.deepEqual(place.heard, ['2500: aa.ep 10.0.0.9']);
  place.at(10_000);
  assert.deepEqual(place.heard, ['2500: aa.ep 10.0.0.9', '4200: bb.ep 10.0.0.2']);
});

test('after a change questions are answered at once until everybody must have asked', () => {
  const place = started();
  place.ask('aa.ep');
  place.at(2500);
  place.publish({ aa: '10.0.0.9' });
  place.at(3500);
  place.ask('aa.ep');
  place.at(4500);
  place.ask('aa.ep');
  place.at(5000);
  assert.deepEqual(place.heard, ['2500: aa.ep 10.0.0.9', '3500: aa.ep 10.0.0.9']);
});

test('another worker that asks is told what the first one knows', () => {
  const place = started();
  place.ask('aa.ep');
  place.at(2200);
  place.ask('aa.ep', { client: 2 });
  assert.deepEqual(place.heard, ['2200: aa.ep 10.0.0.1']);
});

test('both workers of a reload hear of a change', () => {
  const place = started();
  place.ask('aa.ep', { client: 2 });
  place.at(3000);
  place.ask('aa.ep', { client: 2 });
  place.at(4000);
  place.ask('aa.ep', { client: 1 });
  place.ask('aa.ep', { client: 2 });
  place.at(4500);
  place.heard.length = 0;
  place.publish({ aa: '10.0.0.9' });
  assert.deepEqual(place.heard, ['4500: aa.ep 10.0.0.9', '4500: aa.ep 10.0.0.9']);
});

test('a question that comes late is answered at once, as the answer before may have been lost', () => {
  const place = started();
  place.at(3500);
  place.ask('aa.ep');
  assert.deepEqual(place.heard, ['3500: aa.ep 10.0.0.1']);
});

test('each type of record is held by itself', () => {
  const place = started();
  place.ask('aa.ep');
  place.ask('_ep._tcp.aa.ep', { type: 'SRV' });
  assert.equal(place.heard.length, 1);
});

test('what was never held is answered at once: unknown names, targets, questions by TCP', () => {
  const place = started();
  place.ask('zz.ep');
  place.ask('0a000001-0050.ip');
  place.ask('aa.ep', { transport: 'tcp' });
  assert.deepEqual(place.heard, ['2000: zz.ep code 2', '2000: 0a000001-0050.ip 10.0.0.1', '2000: aa.ep 10.0.0.1']);
});

test('an upstream that goes away is told to those who wait, and starts anew when it comes back', () => {
  const place = started();
  place.ask('aa.ep');
  place.at(2100);
  place.publish({}, ['aa']);
  place.at(2200);
  place.publish({ aa: '10.0.0.1' });
  place.at(4000);
  place.ask('aa.ep');
  assert.deepEqual(place.heard, ['2100: aa.ep code 2', '4000: aa.ep 10.0.0.1']);
});

test('before anything is published questions wait for that, and give up in time', () => {
  const place = bench();
  place.ask('aa.ep');
  place.at(2200);
  place.publish({});
  place.ask('bb.ep');
  place.at(3000);
  place.publish({ bb: '10.0.0.2' });
  assert.deepEqual(place.heard, ['2200: aa.ep code 2', '3000: bb.ep 10.0.0.2']);
  place.at(10_000);
  assert.equal(place.heard.length, 2);
});

test('what is no question is answered as ever', () => {
  const heard: (Buffer | undefined)[] = [];
  const questions = createHeldQuestions(createResponder(() => {}));
  questions.publish([{ id: 'aa', since: 1, endpoints: [] }], []);
  for (const query of [Buffer.alloc(0), Buffer.alloc(12)]) {
    questions.ask({ query, transport: 'udp', client: 1, reply: (answer) => heard.push(answer) });
  }
  assert.deepEqual(
    heard.map((answer) => (answer?.[3] ?? 0) & 15),
    [1],
  );
});
