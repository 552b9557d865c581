import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import type { TestContext } from 'node:test';

/** Why no test can take the file descriptors away; false when it can. */
export const withoutPrlimit = spawnSync('prlimit', ['--version']).status !== 0 && 'there is no prlimit';

/**
 * Takes all further file descriptors from this process; the result gives them back. A program that runs already does that, as none can
 * be started meanwhile.
 */
export async function withoutDescriptors(t: TestContext): Promise<() => Promise<unknown>> {
  const script = 'prlimit --pid $1 --nofile=3: && echo taken && read line; prlimit --pid $1 --nofile=$2:';
  const soft = execFileSync('sh', ['-c', 'ulimit -Sn'], { encoding: 'utf8' }).trim();
  const helper = spawn('sh', ['-c', script, 'sh', String(process.pid), soft], { stdio: ['pipe', 'pipe', 'ignore'] });
  const ended = once(helper, 'exit');
  const giveBack = () => {
    helper.stdin.end('\n');
    return ended;
  };
  t.after(giveBack);
  await once(helper.stdout, 'data');
  return giveBack;
}
