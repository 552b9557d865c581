import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { askGeneration, verifyGeneration } from './verify.ts';

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-'));
});
after(() => rm(folder, { recursive: true }));

/** A server that gives one answer after the other, the last one again and again; counts connections. */
async function serve(answers: readonly string[], status = 200) {
  const socketPath = join(folder, `${Math.random()}.sock`);
  let asked = 0;
  let connections = 0;
  const server: Server = createServer((_request, response) => {
    response.writeHead(status).end(answers[Math.min(asked++, answers.length - 1)]);
  });
  server.on('connection', () => {
    connections += 1;
  });
  await new Promise<void>((resolve) => server.listen(socketPath, resolve));
  return { socketPath, asked: () => asked, connections: () => connections, close: () => server.close() };
}

test('five equal answers in a row over five connections verify a generation', async (t) => {
  const server = await serve(['new']);
  t.after(server.close);
  const verified = await verifyGeneration({ socketPath: server.socketPath, expected: 'new' });
  assert.equal(verified.ok, true);
  assert.deepEqual([server.asked(), server.connections()], [5, 5]);
});

test('an old answer in between begins the count anew', async (t) => {
  const server = await serve(['old', 'new', 'new', 'old', 'new', 'new', 'new']);
  t.after(server.close);
  const verified = await verifyGeneration({ socketPath: server.socketPath, expected: 'new', inARow: 3 });
  assert.equal(verified.ok, true);
  assert.equal(server.asked(), 7);
});

test('while old workers may still accept, more answers are asked for', async (t) => {
  const server = await serve(['new']);
  t.after(server.close);
  const isSettled = async () => server.asked() >= 9;
  const verified = await verifyGeneration({ socketPath: server.socketPath, expected: 'new', inARow: 3, isSettled });
  assert.equal(verified.ok, true);
  assert.equal(server.asked(), 9);
});

test('an old worker that hangs does not keep a generation from being verified', async (t) => {
  const server = await serve(['new']);
  t.after(server.close);
  const verified = await verifyGeneration({ socketPath: server.socketPath, expected: 'new', inARow: 2, isSettled: async () => false });
  assert.equal(verified.ok, true);
  assert.equal(server.asked(), 40);
});

test('after the deadline the last answer is told', async (t) => {
  const server = await serve(['old']);
  t.after(server.close);
  assert.deepEqual(await verifyGeneration({ socketPath: server.socketPath, expected: 'new', deadlineMs: 50 }), {
    ok: false,
    gaveUp: false,
    message: 'after 0.05 s NGINX does not run generation new: a worker still answers old',
  });
});

test('after the deadline the last error is told', async () => {
  const socketPath = join(folder, 'nobody.sock');
  assert.deepEqual(await verifyGeneration({ socketPath, expected: 'new', deadlineMs: 20 }), {
    ok: false,
    gaveUp: false,
    message: `after 0.02 s NGINX does not run generation new: nobody answers (connect ENOENT ${socketPath})`,
  });
});

test('a reason to give up ends the wait at once', async (t) => {
  const server = await serve(['old']);
  t.after(server.close);
  const options = { socketPath: server.socketPath, expected: 'new', giveUp: () => (server.asked() > 1 ? 'bind() failed' : undefined) };
  assert.deepEqual(await verifyGeneration(options), { ok: false, gaveUp: true, message: 'bind() failed' });
});

test('an answer other than 200 is no generation', async (t) => {
  const server = await serve(['new'], 404);
  t.after(server.close);
  await assert.rejects(askGeneration(server.socketPath), { message: 'the private socket answered 404' });
});
