import { setTimeout as sleep } from 'node:timers/promises';
import type { Timing } from '../model/timing.ts';

/** The time of the machine. */
export const realTiming: Timing = {
  wait: (milliseconds, signal) => sleep(milliseconds, undefined, { signal, ref: false }).catch(() => undefined),
  now: () => performance.now(),
  epoch: () => Date.now(),
  random: () => Math.random(),
};
