import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { createGenerations } from './generation.ts';
import { createNginx } from './nginx.ts';
import { createTestbed, nginxProgram, until } from './nginx-testbed.ts';

const program = nginxProgram(process.env['NGINX']);

/** Sends requests one after the other, and counts those that were answered. */
const client = `
  const { get } = require('node:http');
  const { workerData: { port, path, count, answered } } = require('node:worker_threads');
  const done = new Int32Array(answered);
  const next = () => {
    if (Atomics.load(done, 0) === count) { Atomics.store(done, 1, 1); Atomics.notify(done, 1); return; }
    get({ host: '127.0.0.1', port, path, timeout: 3000 }, (response) => {
      response.resume().on('end', () => { Atomics.add(done, 0, 1); next(); });
    }).on('timeout', function () { this.destroy(); }).on('error', () => { Atomics.store(done, 1, 1); Atomics.notify(done, 1); });
  };
  next();
`;

describe('the error log of a real NGINX', { skip: !program && 'there is no NGINX: set NGINX or run `make install`' }, () => {
  test('requests are answered while this thread reads nothing, however much NGINX complains', async () => {
    const bed = await createTestbed();
    const nginx = createNginx({ program: program ?? '', runDirectory: bed.run.path, log: (line) => bed.lines.push(line) });
    try {
      const generations = createGenerations(bed.run.path);
      await generations.write(bed.rendered('aaaa', { server: 'location /bad { proxy_pass http://127.0.0.1:1; }' }));
      await generations.switchTo('aaaa');
      await nginx.start();
      const count = 600;
      const answered = new SharedArrayBuffer(8);
      const path = `/bad/${'x'.repeat(900)}`;
      const worker = new Worker(client, { eval: true, workerData: { port: bed.port, path, count, answered } });
      await once(worker, 'online');
      // About 2,000 bytes for each, so far more than any pipe or socket holds.
      Atomics.wait(new Int32Array(answered), 1, 0, 20_000);
      assert.equal(new Int32Array(answered)[0], count);
      await worker.terminate();
      await until('what NGINX says is read again', () => bed.lines.some(({ text }) => text.includes('Connection refused')));
    } finally {
      await nginx.quit(100);
      await bed.close();
    }
  });
});
