import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createEndpointNaming } from './endpoint-naming.ts';

/** A naming with clocks and timers that the test moves. */
function testbed() {
  const clocks = { wall: 1_000_000, steady: 0 };
  const told: string[] = [];
  const waits: (() => void)[] = [];
  let look = () => {};
  const naming = createEndpointNaming({
    onChange: () => told.push('change'),
    onClockSetBack: (seconds) => told.push(`back ${seconds}`),
    clocks: { wall: () => clocks.wall, steady: () => clocks.steady },
    later: (milliseconds, call) => {
      told.push(`wait ${milliseconds}`);
      waits.push(call);
      return () => told.push('wait ended');
    },
    every: (_, call) => {
      look = call;
      return () => told.push('watch ended');
    },
  });
  const pass = (wall: number, steady = 1000) => {
    clocks.wall += wall;
    clocks.steady += steady;
    look();
  };
  return { naming, told, pass, waitIsOver: () => waits.shift()?.() };
}

test('While the clock goes on, jumps ahead, or goes back by little, names stay as they are', () => {
  const { naming, told, pass } = testbed();
  pass(1000);
  pass(3_600_000);
  pass(-3_000);
  naming.applied('usual');
  assert.deepEqual({ form: naming.form, told }, { form: 'usual', told: [] });
});

test('A clock that was set back gives upstreams another name beside the usual one, then instead of it, and then back', () => {
  const { naming, told, pass, waitIsOver } = testbed();
  pass(-59_000);
  assert.deepEqual(told.splice(0), ['back 60', 'change']);
  const forms = [];
  for (let step = 0; step < 4; step += 1) {
    forms.push(naming.form);
    naming.applied(naming.form);
    waitIsOver();
  }
  assert.deepEqual(forms, ['both', 'other', 'both', 'usual']);
  assert.deepEqual(told, ['wait 3000', 'change', 'wait 3000', 'change', 'wait 3000', 'change']);
});

test('The next name waits until NGINX runs the one before, once', () => {
  const { naming, told, pass } = testbed();
  pass(-60_000);
  naming.applied('usual');
  assert.deepEqual(told.splice(0), ['back 61', 'change']);
  naming.applied('both');
  naming.applied('both');
  assert.deepEqual(told.splice(0), ['wait 3000']);
});

test('A clock that is set back once more has all names changed once more', () => {
  const { naming, pass, waitIsOver } = testbed();
  pass(-60_000);
  pass(-60_000);
  const forms = [];
  for (let step = 0; step < 8; step += 1) {
    forms.push(naming.form);
    naming.applied(naming.form);
    waitIsOver();
  }
  assert.deepEqual(forms, ['both', 'other', 'both', 'usual', 'both', 'other', 'both', 'usual']);
});

test('Closing ends the watch and the wait', () => {
  const { naming, told, pass } = testbed();
  pass(-60_000);
  naming.applied('both');
  told.length = 0;
  naming.close();
  assert.deepEqual(told, ['watch ended', 'wait ended']);
});
