import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { runPaths } from '../model/settings.ts';
import { createGenerations, type Generations } from './generation.ts';
import { createNginx, type Nginx, type NginxOptions } from './nginx.ts';
import { findMaster } from './nginx-master.ts';
import { nginxFamily, processFacts } from './nginx-processes.ts';
import type { UnexpectedExit } from './nginx-supervision.ts';
import { answerFrom, createTestbed, freePort, type MoreConfig, nginxProgram, portOf, type Testbed, until } from './nginx-testbed.ts';
import { askGeneration } from './verify.ts';

const program = nginxProgram(process.env['NGINX']);

describe('a real NGINX', { skip: !program && 'there is no NGINX: set NGINX or run `make install`' }, () => {
  let bed: Testbed;
  let generations: Generations;
  let nginx: Nginx;
  let exits: UnexpectedExit[];
  let readyPids: number[];
  const started: Nginx[] = [];

  beforeEach(async () => {
    bed = await createTestbed();
    generations = createGenerations(bed.run.path);
    exits = [];
    readyPids = [];
    nginx = create();
  });
  afterEach(async () => {
    for (const one of started.splice(0)) await one.quit(100);
    await bed.close();
  });

  function create(options: Partial<NginxOptions> = {}): Nginx {
    const one = createNginx({
      program: program ?? '',
      runDirectory: bed.run.path,
      log: (line) => bed.lines.push(line),
      onExit: (exit) => exits.push(exit),
      onReady: ({ pid }) => readyPids.push(pid),
      ...options,
    });
    started.push(one);
    return one;
  }

  async function put(generation: string, more?: MoreConfig): Promise<void> {
    await generations.write(bed.rendered(generation, more));
    await generations.switchTo(generation);
  }

  async function allProcesses(master: number): Promise<readonly number[]> {
    return [master, ...(await nginxFamily(master)).map((one) => one.pid)];
  }

  async function living(pids: readonly number[]): Promise<readonly number[]> {
    const facts = await Promise.all(pids.map(processFacts));
    return facts.flatMap((one) => (one ? [one.pid] : []));
  }

  test('what auth services said to an NGINX before is gone when it starts', async () => {
    const kept = `${runPaths(bed.run.path).authCache}/a`;
    await mkdir(dirname(kept));
    await writeFile(kept, 'yes');
    await put('a1');
    await nginx.start();
    assert.equal(existsSync(kept), false);
  });

  test('starts, answers, reloads, and ends without leaving a process or a socket', async () => {
    await put('a1');
    assert.equal(await nginx.start(), 'started');
    assert.equal(await answerFrom(bed.port), '200 a1');
    await put('b2');
    await nginx.reload();
    await until('the new generation answers', async () => (await answerFrom(bed.port)) === '200 b2');
    assert.ok(nginx.pid);
    const pids = await allProcesses(nginx.pid);
    assert.ok(pids.length >= 3, `a master and two workers: ${pids}`);
    await nginx.quit(5_000);
    assert.deepEqual(await living(pids), []);
    assert.equal(nginx.pid, undefined);
    assert.deepEqual(exits, []);
    assert.equal(existsSync(`${bed.run.path}/generation.sock`), false);
  });

  test('what NGINX writes is handed on with its level', async () => {
    await put('a1');
    await nginx.start();
    await until('the workers are logged', () => bed.lines.some((line) => line.text.startsWith('start worker process ')));
    assert.ok(bed.lines.some((line) => line.level === 'notice' && line.pid === nginx.pid));
  });

  test('requests that hang are cut off after the grace', async (t) => {
    const silent = createServer();
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    t.after(() => silent.close());
    await put('a1', { server: `location /slow { proxy_pass http://127.0.0.1:${portOf(silent)}; }` });
    await nginx.start();
    const taken = new Promise((resolve) => silent.once('connection', resolve));
    const answer = answerFrom(bed.port, '/slow');
    await taken;
    assert.ok(nginx.pid);
    const pids = await allProcesses(nginx.pid);
    await nginx.quit(50);
    assert.deepEqual(await living(pids), []);
    assert.match(await answer, /^(ECONNRESET|socket hang up)$/);
  });

  test('a taken port is the reason that a start fails with', async (t) => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(bed.port, '127.0.0.1', resolve));
    t.after(() => other.close());
    await put('a1');
    await assert.rejects(nginx.start(), {
      message: new RegExp(`^bind\\(\\) to 127\\.0\\.0\\.1:${bed.port} failed \\(\\d+: Address already in use\\)$`),
    });
    assert.equal(nginx.pid, undefined);
    assert.equal(await findMaster(bed.run.path), undefined);
  });

  test('a start of a configuration that is refused fails with the complaint', async () => {
    await put('a1', { server: 'no_such_directive on;' });
    await assert.rejects(nginx.start(), { message: 'unknown directive "no_such_directive"' });
  });

  test('a program that does not exist is the reason that a start fails with', async () => {
    await put('a1');
    await assert.rejects(create({ program: '/does/not/exist' }).start(), { message: /^\/does\/not\/exist cannot be started: .*ENOENT/ });
  });

  test('a program that never answers is ended, and the start fails', async () => {
    const silent = `${bed.run.path}/silent`;
    await writeFile(silent, '#!/bin/sh\nexec sleep 60\n', { mode: 0o700 });
    await put('a1');
    await assert.rejects(create({ program: silent, startLimitMs: 200 }).start(), {
      message: 'NGINX did not answer within 0.2 s of its start',
    });
  });

  test('a reload that NGINX refuses leaves the old generation, and says why', async (t) => {
    await put('a1');
    await nginx.start();
    const other = createServer();
    const taken = await freePort();
    await new Promise<void>((resolve) => other.listen(taken, '127.0.0.1', resolve));
    t.after(() => other.close());
    await put('b2', { listen: [`127.0.0.1:${bed.port}`, `127.0.0.1:${taken}`] });
    assert.deepEqual(await nginx.test(`${bed.run.path}/current/nginx.conf`), { ok: true });
    await nginx.reload();
    await until('the refusal is known', () => nginx.refusal !== undefined);
    assert.match(nginx.refusal ?? '', new RegExp(`^bind\\(\\) to 127\\.0\\.0\\.1:${taken} failed`));
    assert.equal(await answerFrom(bed.port), '200 a1');
    await put('a1');
    await nginx.reload();
    assert.equal(nginx.refusal, undefined);
  });

  test('new workers take over as soon as they accept connections, none is started in the place of an old one, and no request is lost', async () => {
    await put('a0');
    await nginx.start();
    const seen: { readonly text: string; readonly at: number }[] = [];
    const log = bed.lines.push.bind(bed.lines);
    bed.lines.push = (...lines) => {
      for (const { text } of lines) seen.push({ text, at: performance.now() });
      return log(...lines);
    };
    const answers = new Set<string>();
    let isOver = false;
    const asking = (async () => {
      while (!isOver) answers.add((await answerFrom(bed.port)).replace(/ a\d+$/, ''));
    })();
    const [reloads, waits] = [12, [] as number[]];
    for (let round = 1; round <= reloads; round += 1) {
      const from = seen.length;
      await put(`a${round}`);
      await nginx.reload();
      const line = (start: string) => seen.slice(from).find(({ text }) => text.startsWith(start));
      await until('the old workers leave', async () => line('gracefully shutting down') !== undefined && !(await nginx.hasOldWorkers()));
      waits.push((line('gracefully shutting down')?.at ?? 0) - (line('start worker process ')?.at ?? 0));
    }
    isOver = true;
    await asking;
    assert.deepEqual([...answers], ['200']);
    assert.equal(seen.filter(({ text }) => text.startsWith('start worker process ')).length, 2 * reloads);
    // The master itself waits for 100 ms.
    if (process.platform === 'linux') assert.ok(Math.min(...waits) < 80, waits.join(' '));
  });

  test('a master that is killed is replaced, although its workers hold the ports and sockets', async () => {
    await put('a1');
    await nginx.start();
    assert.ok(nginx.pid);
    const before = await allProcesses(nginx.pid);
    process.kill(nginx.pid, 'SIGKILL');
    await until('another master answers', async () => readyPids.length === 1 && (await answerFrom(bed.port)) === '200 a1');
    assert.deepEqual(exits, [{ code: null, signal: 'SIGKILL', restarts: 1 }]);
    assert.equal(nginx.pid, readyPids[0]);
    await until('the orphans are gone', async () => (await living(before)).length === 0);
    assert.equal(await askGeneration(`${bed.run.path}/generation.sock`), 'a1');
  });

  test('a request that an orphaned worker has is answered while the new master serves', async (t) => {
    let finish = () => {};
    const backend = createServer((socket) => {
      finish = () => socket.end('HTTP/1.0 200 OK\r\n\r\nlate');
      socket.on('error', () => {});
    });
    await new Promise<void>((resolve) => backend.listen(0, '127.0.0.1', resolve));
    t.after(() => backend.close());
    await put('a1', { server: `location /slow { proxy_pass http://127.0.0.1:${portOf(backend)}; }` });
    await nginx.start();
    const taken = new Promise((resolve) => backend.once('connection', resolve));
    const answer = answerFrom(bed.port, '/slow');
    await taken;
    assert.ok(nginx.pid);
    process.kill(nginx.pid, 'SIGKILL');
    await until('another master answers', async () => readyPids.length === 1 && (await answerFrom(bed.port)) === '200 a1');
    finish();
    assert.equal(await answer, '200 late');
  });

  test('a quit right after the master was killed leaves no orphan', async () => {
    await put('a1');
    await nginx.start();
    assert.ok(nginx.pid);
    const before = await allProcesses(nginx.pid);
    process.kill(nginx.pid, 'SIGKILL');
    await until('the end is noticed', () => exits.length === 1);
    await nginx.quit(5_000);
    assert.deepEqual(await living(before), []);
    assert.equal(await findMaster(bed.run.path), undefined);
    assert.equal(await answerFrom(bed.port), 'ECONNREFUSED');
  });

  test('a reload while NGINX cannot be started again waits for no pause', async () => {
    await put('a1');
    await nginx.start();
    assert.ok(nginx.pid);
    await put('b2', { server: 'no_such_directive on;' });
    process.kill(nginx.pid, 'SIGKILL');
    await until(
      'two starts have failed',
      () => bed.lines.filter((line) => line.text.startsWith('NGINX cannot be started again')).length === 2,
    );
    await put('c3');
    await nginx.reload();
    assert.equal(await answerFrom(bed.port), '200 c3');
  });

  test('the workers of a master that died before we came are replaced at the start', async () => {
    await put('a1');
    await nginx.start();
    assert.ok(nginx.pid);
    const before = await allProcesses(nginx.pid);
    const { pid } = nginx;
    nginx.leave();
    process.kill(pid, 'SIGKILL');
    await until('the master is gone', async () => (await processFacts(pid)) === undefined);
    assert.equal(await answerFrom(bed.port), '200 a1');
    await put('b2');
    assert.equal(await create().start(), 'started');
    assert.equal(await answerFrom(bed.port), '200 b2');
    await until('the orphans are gone', async () => (await living(before)).length === 0);
  });

  test('a master that runs already is taken over, reloaded, replaced when it ends, and ended', async () => {
    await put('a1');
    await nginx.start();
    const { pid } = nginx;
    assert.ok(pid);
    nginx.leave();
    const second = create();
    assert.equal(await second.start(), 'attached');
    assert.equal(second.pid, pid);
    await put('b2');
    await second.reload();
    await until('the new generation answers', async () => (await answerFrom(bed.port)) === '200 b2');
    process.kill(pid, 'SIGKILL');
    await until('another master answers', async () => readyPids.length === 1 && (await answerFrom(bed.port)) === '200 b2');
    assert.deepEqual(exits, [{ code: null, signal: null, restarts: 1 }]);
    assert.notEqual(second.pid, pid);
    assert.ok(second.pid);
    const pids = await allProcesses(second.pid);
    await second.quit(5_000);
    assert.deepEqual(await living(pids), []);
  });

  test('a pid file of a process that is no NGINX is not taken for a master', async () => {
    await put('a1');
    await writeFile(`${bed.run.path}/nginx.pid`, `${process.pid}\n`);
    assert.equal(await nginx.adopt(), false);
    assert.equal(await nginx.start(), 'started');
    assert.equal(Number(await readFile(`${bed.run.path}/nginx.pid`, 'utf8')), nginx.pid);
  });

  test('in the mode attach it waits for a master, signals it, and follows the next one', async () => {
    const attached = create({ mode: 'attach', startLimitMs: 10_000 });
    await put('a1');
    await assert.rejects(attached.reload(), { message: 'NGINX is not running; its container has to start it' });
    const waiting = attached.start();
    const container = () =>
      spawn(program ?? '', ['-c', `${bed.run.path}/current/nginx.conf`, '-g', 'daemon off;'], { detached: true, stdio: 'ignore' });
    const first = container();
    assert.equal(await waiting, 'attached');
    assert.equal(attached.pid, first.pid);
    await put('b2');
    await attached.reload();
    await until('the new generation answers', async () => (await answerFrom(bed.port)) === '200 b2');
    first.kill('SIGTERM');
    await until('its end is noticed', () => exits.length === 1);
    assert.equal(await answerFrom(bed.port), 'ECONNREFUSED');
    const second = container();
    await until('the next one is followed', () => readyPids.length === 1);
    assert.deepEqual(readyPids, [second.pid]);
    await attached.quit(5_000);
    assert.equal(await findMaster(bed.run.path), undefined);
  });

  test('in the mode attach a master that does not appear is told', async () => {
    const attached = create({ mode: 'attach', startLimitMs: 50 });
    await assert.rejects(attached.start(), {
      message: `NGINX has not appeared within 0.05 s; its container has to start it with ${bed.run.path}/current/nginx.conf`,
    });
  });
});
