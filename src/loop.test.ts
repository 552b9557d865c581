import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { createLoop, type Loop, type LoopOptions } from './loop.ts';

/** A loop under a clock that only the test moves. Each batch ends when the test says so, or at once. */
interface Bench {
  readonly loop: Loop;
  /** When each batch began, in milliseconds since the start. */
  readonly begun: readonly number[];
  /** When each thing beside a batch began. */
  readonly hurried: readonly number[];
  readonly errors: readonly unknown[];
  /** Moves the clock and lets everything happen that follows. */
  advance(milliseconds: number): Promise<void>;
  /** Ends the batch that runs. */
  finish(milliseconds?: number): Promise<void>;
}

interface BenchOptions extends Partial<LoopOptions> {
  /** Batches run until `finish`. */
  readonly slow?: boolean;
  /** How long each batch says that it took. */
  readonly took?: number;
  /** How long what is done beside a batch takes. */
  readonly hurryTakes?: number;
}

/** Promises that are settled already have told everybody after one turn of the event loop. */
const settled = () => new Promise((resolve) => process.nextTick(() => queueMicrotask(() => process.nextTick(resolve))));

function bench(t: TestContext, { slow = false, took = 0, hurryTakes = 0, ...options }: BenchOptions = {}): Bench {
  t.mock.timers.enable({ apis: ['setTimeout', 'Date'], now: 1_000_000 });
  t.mock.method(performance, 'now', () => Date.now() - 900_000);
  const begun: number[] = [];
  const hurried: number[] = [];
  const errors: unknown[] = [];
  let isHurrying = false;
  let end: ((result: { milliseconds: number }) => void) | undefined;
  const loop = createLoop({
    handle: () => {
      assert.equal(end, undefined, 'a batch began while another one ran');
      begun.push(Date.now() - 1_000_000);
      if (!slow) return Promise.resolve({ milliseconds: took });
      return new Promise((resolve) => {
        end = resolve;
      });
    },
    hurry: async () => {
      assert.ok(!isHurrying, 'it was hurried twice at the same time');
      isHurrying = true;
      hurried.push(Date.now() - 1_000_000);
      if (hurryTakes > 0) await new Promise((resolve) => setTimeout(resolve, hurryTakes));
      isHurrying = false;
    },
    onError: (error) => errors.push(error),
    ...options,
  });
  return {
    loop,
    begun,
    hurried,
    errors,
    async advance(milliseconds) {
      for (let passed = 0; passed < milliseconds; passed += 1) {
        t.mock.timers.tick(1);
        await settled();
      }
    },
    async finish(milliseconds = 0) {
      const ending = end;
      end = undefined;
      assert.ok(ending, 'no batch runs');
      ending({ milliseconds });
      await settled();
    },
  };
}

test('the first change after a quiet moment is acted on at once', async (t) => {
  const { loop, begun, advance } = bench(t);
  await advance(5000);
  loop.notify();
  await advance(1);
  assert.deepEqual(begun, [5001]);
});

test('nothing happens without a change', async (t) => {
  const { begun, advance } = bench(t);
  await advance(5000);
  assert.deepEqual(begun, []);
});

test('all changes of one moment are in the first batch', async (t) => {
  const { loop, begun, advance } = bench(t);
  for (let count = 0; count < 100; count += 1) loop.notify();
  await advance(3000);
  assert.deepEqual(begun, [1]);
});

test('changes that follow a batch wait for the hold-off and make one more batch', async (t) => {
  const { loop, begun, advance } = bench(t);
  loop.notify();
  await advance(10);
  for (let count = 0; count < 5; count += 1) {
    loop.notify();
    await advance(10);
  }
  await advance(3000);
  // The last of them came after 50 ms.
  assert.deepEqual(begun, [1, 150]);
});

test('a change long after the last batch is acted on at once again', async (t) => {
  const { loop, begun, advance } = bench(t);
  loop.notify();
  await advance(101);
  loop.notify();
  await advance(1);
  assert.deepEqual(begun, [1, 102]);
});

test('changes that never stop are put off for the maximum at most', async (t) => {
  const { loop, begun, advance } = bench(t);
  for (let passed = 0; passed < 3300; passed += 20) {
    loop.notify();
    await advance(20);
  }
  assert.deepEqual(begun, [1, 1020, 2020, 3020]);
});

test('the hold-off and its maximum are options', async (t) => {
  const { loop, begun, advance } = bench(t, { holdOff: 10, maximumHoldOff: 50 });
  for (let passed = 0; passed < 120; passed += 5) {
    loop.notify();
    await advance(5);
  }
  assert.deepEqual(begun, [1, 55, 105]);
});

test('two batches never run at the same time, and what changes meanwhile is one more batch', async (t) => {
  const { loop, begun, advance, finish } = bench(t, { slow: true });
  loop.notify();
  await advance(1);
  loop.notify();
  await advance(2000);
  loop.notify();
  await advance(2000);
  assert.deepEqual(begun, [1]);
  await finish();
  await advance(100);
  assert.deepEqual(begun, [1, 4101]);
  await finish();
  await advance(5000);
  assert.deepEqual(begun, [1, 4101]);
});

test('a slow batch is followed by a pause of its own length', async (t) => {
  const { loop, begun, advance } = bench(t, { took: 700 });
  loop.notify();
  await advance(300);
  loop.notify();
  await advance(2000);
  assert.deepEqual(begun, [1, 701]);
});

test('a pause is five seconds at most', async (t) => {
  const { loop, begun, advance } = bench(t, { took: 60_000 });
  loop.notify();
  await advance(1);
  loop.notify();
  await advance(6000);
  assert.deepEqual(begun, [1, 5001]);
});

test('what needs no batch is hurried while the pause after a slow batch lasts, at once and then after each hold-off', async (t) => {
  const { loop, begun, hurried, advance } = bench(t, { took: 700 });
  loop.notify();
  await advance(300);
  for (let passed = 0; passed < 250; passed += 10) {
    loop.notify();
    await advance(10);
  }
  await advance(2000);
  assert.deepEqual(
    [begun, hurried],
    [
      [1, 701],
      [301, 401, 501, 601],
    ],
  );
});

test('what needs no batch is hurried beside a batch that runs longer than the hold-off', async (t) => {
  const { loop, hurried, advance, finish } = bench(t, { slow: true });
  loop.notify();
  await advance(10);
  loop.notify();
  await advance(300);
  assert.deepEqual(hurried, [110]);
  await finish();
  await advance(100);
  loop.notify();
  await advance(20);
  await finish();
  await advance(1000);
  assert.deepEqual(hurried, [110]);
});

test('nothing is hurried when a batch is due within the hold-off', async (t) => {
  const { loop, begun, hurried, advance } = bench(t);
  for (let passed = 0; passed < 50; passed += 10) {
    loop.notify();
    await advance(10);
  }
  await advance(3000);
  assert.deepEqual([begun, hurried], [[1, 140], []]);
});

test('hurrying takes a fifth of the time at most, and a change that comes meanwhile is hurried afterwards', async (t) => {
  const { loop, hurried, advance } = bench(t, { took: 4000, hurryTakes: 200 });
  loop.notify();
  await advance(10);
  for (let passed = 0; passed < 1500; passed += 10) {
    loop.notify();
    await advance(10);
  }
  assert.deepEqual(hurried, [11, 1011]);
});

test('an error while hurrying is reported, and the batch comes as it would have', async (t) => {
  const { loop, begun, errors, advance } = bench(t, { took: 700, hurry: () => Promise.reject(new Error('no')) });
  loop.notify();
  await advance(300);
  loop.notify();
  await advance(2000);
  assert.deepEqual([begun, errors], [[1, 701], [new Error('no')]]);
});

test('stop waits for what is hurried, and nothing is hurried afterwards', async (t) => {
  const { loop, hurried, advance } = bench(t, { took: 4000, hurryTakes: 200 });
  loop.notify();
  await advance(10);
  loop.notify();
  await advance(10);
  loop.notify();
  let stopped = false;
  const stopping = loop.stop().then(() => {
    stopped = true;
  });
  await advance(100);
  assert.equal(stopped, false);
  await advance(200);
  await stopping;
  loop.notify();
  await advance(5000);
  assert.deepEqual(hurried, [11]);
});

test('an error is reported and the batch is tried again, without another change', async (t) => {
  let failures = 2;
  const begun: number[] = [];
  const { loop, errors, advance } = bench(t, {
    retry: 300,
    handle: () => {
      begun.push(Date.now() - 1_000_000);
      failures -= 1;
      return failures >= 0 ? Promise.reject(new Error(`failure ${failures}`)) : Promise.resolve({ milliseconds: 0 });
    },
  });
  loop.notify();
  await advance(3000);
  assert.deepEqual(begun, [1, 301, 601]);
  assert.deepEqual(errors, [new Error('failure 1'), new Error('failure 0')]);
});

test('what is thrown at once is an error like any other', async (t) => {
  const { loop, errors, advance } = bench(t, {
    handle: () => {
      throw new Error('at once');
    },
  });
  loop.notify();
  await advance(1);
  await loop.stop();
  assert.deepEqual(errors, [new Error('at once')]);
});

test('a change is announced for a moment; the last announcement counts', async (t) => {
  const { loop, begun, advance } = bench(t);
  loop.notifyAt(1_000_000 + 500);
  loop.notifyAt(1_000_000 + 2000);
  await advance(5000);
  assert.deepEqual(begun, [2000]);
});

test('a moment that has passed counts as now', async (t) => {
  const { loop, begun, advance } = bench(t);
  loop.notifyAt(0);
  await advance(2);
  assert.deepEqual(begun, [1]);
});

test('a moment in many years does not overflow the timer', async (t) => {
  const { loop, begun, advance } = bench(t);
  loop.notifyAt(Date.parse('9999-01-01'));
  await advance(100);
  assert.deepEqual(begun, []);
});

test('idle waits for the batch that runs and for the one that is due after it', async (t) => {
  const { loop, advance, finish, begun } = bench(t, { slow: true });
  await loop.idle();
  loop.notify();
  let idle = false;
  const waiting = loop.idle().then(() => {
    idle = true;
  });
  await advance(1);
  loop.notify();
  await finish();
  assert.equal(idle, false);
  await advance(100);
  assert.deepEqual([begun, idle], [[1, 101], false]);
  await finish();
  await waiting;
});

test('stop waits for the batch that runs and begins no other', async (t) => {
  const { loop, begun, advance, finish } = bench(t, { slow: true });
  loop.notify();
  await advance(1);
  loop.notify();
  loop.notifyAt(1_000_000 + 500);
  let stopped = false;
  const idle = loop.idle();
  const stopping = loop.stop().then(() => {
    stopped = true;
  });
  await advance(50);
  assert.equal(stopped, false);
  await finish();
  await Promise.all([stopping, idle]);
  loop.notify();
  await advance(5000);
  assert.deepEqual(begun, [1]);
});

test('stop forgets a batch that is due, and nobody waits for it any more', async (t) => {
  const { loop, begun, advance } = bench(t);
  loop.notify();
  const idle = loop.idle();
  await loop.stop();
  await idle;
  await advance(2000);
  assert.deepEqual(begun, []);
});
