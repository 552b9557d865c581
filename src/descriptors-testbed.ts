import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { fstatSync } from 'node:fs';
import type { TestContext } from 'node:test';

/** Why no test can take the file descriptors away; false when it can. */
export const withoutPrlimit = spawnSync('prlimit', ['--version']).status !== 0 && 'there is no prlimit';

/**
 * Takes all further file descriptors from this process but for a few; the result gives them back. A program that runs already does that, as none can
 * be started meanwhile.
 */
export async function withoutDescriptors(t: TestContext, left = 0): Promise<() => Promise<unknown>> {
  const script = 'read limit; prlimit --pid $1 --nofile=$limit: && echo taken && read line; prlimit --pid $1 --nofile=$2:';
  const soft = execFileSync('sh', ['-c', 'ulimit -Sn'], { encoding: 'utf8' }).trim();
  const helper = spawn('sh', ['-c', script, 'sh', String(process.pid), soft], { stdio: ['pipe', 'pipe', 'ignore'] });
  const ended = once(helper, 'exit');
  const giveBack = () => {
    helper.stdin.end('\n');
    return ended;
  };
  t.after(giveBack);
  helper.stdin.write(`${limitFor(left)}\n`);
  await once(helper.stdout, 'data');
  return giveBack;
}

/** The limit is on the number of a new descriptor, and some below the highest one may be free. At 3 not even one that is closed can be had again. */
function limitFor(left: number): number {
  if (left === 0) return 3;
  let free = 0;
  for (let number = 0; ; number += 1) {
    if (isOpen(number)) continue;
    if (free === left) return number;
    free += 1;
  }
}

function isOpen(descriptor: number): boolean {
  try {
    fstatSync(descriptor);
    return true;
  } catch {
    return false;
  }
}
