import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createExternalNames, type ExternalName } from './external-names.ts';
import type { Resolved } from './external-resolver.ts';

/** A world with hands on its clock and its DNS: `answer` resolves the question for a name that is open, `pass` ends the only timer. */
function world() {
  const open = new Map<string, PromiseWithResolvers<Resolved>>();
  const timers = new Map<number, { readonly seconds: number; readonly run: () => void }>();
  let timer = 0;
  let changes = 0;
  const names = createExternalNames({
    resolve: (name) => {
      assert.ok(!open.has(name), `${name} is asked for once at a time`);
      const question = Promise.withResolvers<Resolved>();
      open.set(name, question);
      return question.promise;
    },
    startTimer: (milliseconds, run) => {
      timer += 1;
      const id = timer;
      timers.set(id, { seconds: milliseconds / 1000, run });
      return () => timers.delete(id);
    },
    onChange: () => {
      changes += 1;
    },
  });

  async function settle(name: string, how: (question: PromiseWithResolvers<Resolved>) => void): Promise<void> {
    const question = open.get(name) ?? assert.fail(`${name} is not asked for`);
    open.delete(name);
    how(question);
    // All that follows from an answer happens before the next turn of the event loop.
    await new Promise((done) => setImmediate(done));
  }

  return {
    names,
    set: (entries: Record<string, string | ExternalName>) =>
      names.set(new Map(Object.entries(entries).map(([id, name]) => [id, typeof name === 'string' ? { name, port: 80 } : name]))),
    answer: (name: string, addresses: readonly string[], ttlSeconds = 5) =>
      settle(name, (question) => question.resolve({ addresses, ttlSeconds })),
    fail: (name: string, code: string) => settle(name, (question) => question.reject(Object.assign(new Error('no'), { code }))),
    asked: () => [...open.keys()],
    waiting: () => [...timers.values()].map(({ seconds }) => seconds),
    pass() {
      const [[id, only] = assert.fail('no timer'), ...others] = [...timers];
      assert.deepEqual(others, []);
      timers.delete(id);
      only.run();
    },
    changes: () => changes,
    addresses: () =>
      Object.fromEntries([...names.endpoints()].map(([id, list]) => [id, list.map(({ address, port }) => `${address}:${port}`)])),
    problems: () => Object.fromEntries(names.problems()),
  };
}

test('a name is unknown until it is resolved, and then has an endpoint for each address', async () => {
  const { set, answer, addresses, changes } = world();
  set({ a: { name: 'db.example.com', port: 5432 } });
  assert.deepEqual([addresses(), changes()], [{}, 0]);
  await answer('db.example.com', ['192.0.2.2', '192.0.2.1']);
  assert.deepEqual([addresses(), changes()], [{ a: ['192.0.2.1:5432', '192.0.2.2:5432'] }, 1]);
});

test('a name is resolved again when its time to live ends, within 1 and 30 seconds, and only a difference is a change', async () => {
  const { set, answer, addresses, changes, waiting, pass } = world();
  set({ a: 'x.example' });
  await answer('x.example', ['192.0.2.1'], 12);
  assert.deepEqual(waiting(), [12]);
  pass();
  await answer('x.example', ['192.0.2.1'], 0);
  assert.deepEqual([waiting(), changes()], [[1], 1]);
  pass();
  await answer('x.example', ['192.0.2.9'], 3600);
  assert.deepEqual([waiting(), changes(), addresses()], [[30], 2, { a: ['192.0.2.9:80'] }]);
});

test('a name that fails keeps its addresses, is tried again ever more rarely, and recovers', async () => {
  const { set, answer, fail, addresses, problems, waiting, pass, changes } = world();
  set({ a: 'x.example' });
  await answer('x.example', ['192.0.2.1']);
  const waits: number[] = [];
  for (let failure = 0; failure < 6; failure += 1) {
    pass();
    await fail('x.example', 'ESERVFAIL');
    waits.push(...waiting());
  }
  assert.deepEqual(waits, [1, 2, 4, 8, 10, 10]);
  assert.deepEqual(addresses(), { a: ['192.0.2.1:80'] });
  assert.deepEqual(problems(), { a: 'externalName "x.example" cannot be resolved (ESERVFAIL); the addresses that it had stay in use' });
  assert.equal(changes(), 2);
  pass();
  await answer('x.example', ['192.0.2.1'], 7);
  assert.deepEqual([problems(), waiting(), changes()], [{}, [7], 3]);
});

test('a name that never could be resolved has no endpoints', async () => {
  const { set, fail, addresses, problems } = world();
  set({ a: 'x.example' });
  await fail('x.example', 'ENOTFOUND');
  assert.deepEqual(addresses(), { a: [] });
  assert.deepEqual(problems(), {
    a: 'externalName "x.example" cannot be resolved (ENOTFOUND); requests are answered with 503 until it can',
  });
});

test('addresses that lead to this machine are not used, even where they replace good ones', async () => {
  const { set, answer, addresses, problems, pass } = world();
  set({ a: 'x.example' });
  await answer('x.example', ['192.0.2.1', '::ffff:127.0.0.1']);
  assert.deepEqual(addresses(), { a: ['192.0.2.1:80'] });
  assert.deepEqual(problems(), {
    a: 'externalName "x.example" resolves to ::ffff:127.0.0.1 (loopback), where an Ingress must not lead; its other addresses are used',
  });
  pass();
  await answer('x.example', ['169.254.169.254']);
  assert.deepEqual(addresses(), { a: [] });
  assert.deepEqual(problems(), {
    a: 'externalName "x.example" resolves to 169.254.169.254 (link-local), where an Ingress must not lead; requests are answered with 503',
  });
});

test('an address in place of a name is refused without asking', () => {
  const { set, asked, addresses, problems, changes } = world();
  set({ a: '10.0.0.1', b: 'localhost' });
  assert.deepEqual([asked(), addresses(), changes()], [[], { a: [], b: [] }, 0]);
  assert.deepEqual(Object.keys(problems()), ['a', 'b']);
});

test('Services with the same name share one question, and each has its own port', async () => {
  const { set, answer, asked, addresses } = world();
  set({ a: { name: 'X.example', port: 80 }, b: { name: 'x.example', port: 443 } });
  assert.deepEqual(asked(), ['x.example']);
  await answer('x.example', ['192.0.2.1']);
  assert.deepEqual(addresses(), { a: ['192.0.2.1:80'], b: ['192.0.2.1:443'] });
  set({ b: { name: 'x.example', port: 444 } });
  assert.deepEqual([asked(), addresses()], [[], { b: ['192.0.2.1:444'] }]);
});

test('a name that is gone is not resolved any more, and an answer that comes too late changes nothing', async () => {
  const { set, answer, waiting, addresses, changes, asked, names } = world();
  set({ a: 'x.example', b: 'y.example' });
  await answer('x.example', ['192.0.2.1']);
  set({ b: 'y.example' });
  assert.deepEqual(waiting(), []);
  set({});
  await answer('y.example', ['192.0.2.2']);
  assert.deepEqual([waiting(), addresses(), changes()], [[], {}, 1]);
  set({ a: 'z.example' });
  await answer('z.example', ['192.0.2.3']);
  names.close();
  assert.deepEqual([waiting(), asked()], [[], []]);
});
