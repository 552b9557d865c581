import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { withoutDescriptors, withoutPrlimit } from '../descriptors-testbed.ts';
import { createGenerations } from './generation.ts';
import { createNginx } from './nginx.ts';
import { findMaster } from './nginx-master.ts';
import { nginxFamily, processFacts } from './nginx-processes.ts';
import { createTestbed, nginxProgram, until } from './nginx-testbed.ts';

const program = nginxProgram(process.env['NGINX']);

describe('a controller without file descriptors', { skip: withoutPrlimit }, () => {
  test('takes no process for ended that it cannot look at', async (t) => {
    const giveBack = await withoutDescriptors(t);
    const blind = processFacts(process.pid);
    await assert.rejects(blind, { code: 'EMFILE' });
    await giveBack();
    assert.equal((await processFacts(process.pid))?.pid, process.pid);
  });

  test('ends NGINX all the same when it is to, and says that it could not make sure', {
    skip: !program && 'there is no NGINX: set NGINX or run `make install`',
  }, async (t) => {
    const bed = await createTestbed();
    t.after(() => bed.close());
    const nginx = createNginx({ program: program ?? '', runDirectory: bed.run.path, log: () => undefined });
    const generations = createGenerations(bed.run.path);
    await generations.write(bed.rendered('aaaa'));
    await generations.switchTo('aaaa');
    await nginx.start();
    const { pid = 0 } = nginx;
    const giveBack = await withoutDescriptors(t);
    const said = await nginx.quit(100).catch((error: NodeJS.ErrnoException) => error.code);
    await giveBack();
    assert.deepEqual([said, await processFacts(pid), await nginxFamily(pid)], ['EMFILE', undefined, []]);
  });

  test('does not end an NGINX that it has taken over', {
    skip: !program && 'there is no NGINX: set NGINX or run `make install`',
  }, async (t) => {
    const bed = await createTestbed();
    const options = { program: program ?? '', runDirectory: bed.run.path, log: () => undefined };
    const first = createNginx(options);
    let exits = 0;
    const second = createNginx({
      ...options,
      onExit: () => {
        exits += 1;
      },
    });
    t.after(async () => {
      await second.quit(100);
      await bed.close();
    });
    const generations = createGenerations(bed.run.path);
    await generations.write(bed.rendered('aaaa'));
    await generations.switchTo('aaaa');
    await first.start();
    first.leave();
    await second.adopt();
    const { pid } = second;
    const giveBack = await withoutDescriptors(t);
    // Longer than the time between two looks at a master that is not a child.
    const start = performance.now();
    await until('it has been looked for', () => performance.now() - start > 1_500);
    await giveBack();
    assert.deepEqual([exits, second.pid, await findMaster(bed.run.path)], [0, pid, pid]);
  });
});
