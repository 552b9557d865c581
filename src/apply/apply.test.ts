import assert from 'node:assert/strict';
import { chmod, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer as createHttpServer } from 'node:http';
import { createServer } from 'node:net';
import { afterEach, before, beforeEach, describe, test } from 'node:test';
import type { Outcome } from '../model/outcome.ts';
import type { Rendered } from '../model/rendered.ts';
import type { Endpoint, Pem } from '../model/runtime.ts';
import { type Apply, createApply } from './apply.ts';
import { createCertificates } from './certificates.ts';
import { makeDefaultCertificate } from './default-certificate.ts';
import { type EndpointServer, startEndpointServer } from './dns.ts';
import { createGenerations } from './generation.ts';
import { createLiveFiles } from './live-files.ts';
import { createNginx, type Nginx, type NginxOptions } from './nginx.ts';
import { answerFrom, createTestbed, freePort, lineOf, nginxProgram, portOf, type Testbed, until } from './nginx-testbed.ts';

const program = nginxProgram(process.env['NGINX']) ?? '';
const [a, b, c] = ['a000000000000001', 'b000000000000002', 'c000000000000003'] as const;
const upstream = '1a2b3c4d5e';
const certificate = '00000000000000aa';

describe('a real NGINX', { skip: !program && 'there is no NGINX: set NGINX or run `make install`' }, () => {
  let fallback: Pem;
  let bed: Testbed;
  let endpoints: EndpointServer;
  let apply: Apply;
  let nginx: Nginx;
  let tested: string[];
  const started: Nginx[] = [];
  const verifyLimitMs = 2_000;

  before(async () => {
    fallback = await makeDefaultCertificate();
  });
  beforeEach(async () => {
    bed = await createTestbed();
    endpoints = await startEndpointServer({ count: 1 });
    tested = [];
    ({ apply, nginx } = create());
  });
  afterEach(async () => {
    for (const one of started.splice(0)) await one.quit(100);
    await endpoints.close();
    await bed.close();
  });

  function create(options: Partial<NginxOptions> = {}) {
    const runDirectory = bed.run.path;
    const made = createNginx({ program, runDirectory, log: (line) => bed.lines.push(line), ...options });
    started.push(made);
    const generations = createGenerations(runDirectory);
    const certificates = createCertificates(runDirectory, fallback);
    const files = createLiveFiles(runDirectory);
    const onTested = (generation: string) => tested.push(generation);
    return {
      nginx: made,
      apply: createApply({ runDirectory, nginx: made, generations, certificates, files, endpoints, onTested, verifyLimitMs }),
    };
  }

  function input(rendered: Rendered, live: { endpoints?: readonly Endpoint[]; certificates?: ReadonlyMap<string, Pem | 'default'> } = {}) {
    return {
      rendered,
      runtime: { endpoints: new Map(), certificates: live.certificates ?? new Map() },
      endpoints: new Map(live.endpoints && [[upstream, live.endpoints]]),
    };
  }

  function withoutTime(outcome: Outcome): unknown {
    if (outcome.kind !== 'reloaded') return outcome;
    const { milliseconds, ...rest } = outcome;
    assert.ok(Number.isInteger(milliseconds) && milliseconds >= 0);
    return rest;
  }

  const reloadCount = () => bed.lines.filter((line) => line.text === 'reconfiguring').length;
  const onDisk = async () => (await readdir(`${bed.run.path}/generations`)).sort();

  /** A backend that answers with its name. */
  async function startBackend(name: string) {
    const server = createHttpServer((_request, response) => response.end(name));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return { port: portOf(server), close: () => server.close() };
  }

  /** A configuration that proxies to whatever the DNS server says. */
  function proxying(generation: string, others: readonly string[] = []): Rendered {
    const http = [
      `resolver 127.0.0.1:${endpoints.ports[0]} ipv6=off; resolver_timeout 3s;`,
      'upstream u {',
      `zone z 1m; server ${upstream}.ep service=ep resolve; }`,
    ].join('\n');
    return bed.rendered(generation, { http, server: 'location /app { proxy_pass http://u; }', upstreams: [upstream, ...others] });
  }

  test('runs the first generation, and each next one that is different', async () => {
    assert.equal(apply.generation, undefined);
    assert.deepEqual(withoutTime(await apply.apply(input(bed.rendered(a)))), {
      kind: 'reloaded',
      generation: a,
      cause: 'first',
      reason: 'first generation',
    });
    assert.equal(await answerFrom(bed.port), `200 ${a}`);
    const next = bed.rendered(b, {
      http: 'server { listen unix:/dev/null; server_name x.test; }'.replace('/dev/null', `${bed.run.path}/x.sock`),
    });
    const outcome = withoutTime(await apply.apply(input(next)));
    assert.deepEqual(outcome, { kind: 'reloaded', generation: b, cause: 'other', reason: '1 line added' });
    assert.equal(apply.generation, b);
    for (let count = 0; count < 20; count += 1) assert.equal(await answerFrom(bed.port), `200 ${b}`);
    assert.deepEqual(tested, [a, b]);
  });

  test('does nothing for the same generation with the same live values', async () => {
    const same = input(bed.rendered(a));
    await apply.apply(same);
    assert.deepEqual(await apply.apply(same), { kind: 'unchanged' });
    assert.equal(reloadCount(), 0);
  });

  test('a generation with a new upstream answers from its endpoints at once; other endpoints need no reload', async (t) => {
    const [one, two] = [await startBackend('one'), await startBackend('two')];
    t.after(() => [one.close(), two.close()]);
    await apply.apply(input(bed.rendered(a)));
    const at = ({ port }: { port: number }) => ({ endpoints: [{ address: '127.0.0.1', port }] });
    const outcome = withoutTime(await apply.apply(input(proxying(b), at(one))));
    assert.deepEqual(outcome, { kind: 'reloaded', generation: b, cause: 'upstreams', reason: '1 upstream added, 4 lines added' });
    assert.equal(await answerFrom(bed.port, '/app'), '200 one');
    assert.deepEqual(await apply.apply(input(proxying(b), at(two))), { kind: 'live', endpoints: 1, certificates: 0, files: 0 });
    await until('the other backend answers', async () => (await answerFrom(bed.port, '/app')) === '200 two');
    assert.equal(reloadCount(), 1);
  });

  test('endpoints are refreshed while a batch waits for NGINX, and the next batch counts them', async (t) => {
    const [one, two] = [await startBackend('one'), await startBackend('two')];
    t.after(() => [one.close(), two.close()]);
    const at = ({ port }: { port: number }) => new Map([[upstream, [{ address: '127.0.0.1', port }]]]);
    await apply.apply({ ...input(proxying(a)), endpoints: at(one) });
    // NGINX never asks for an upstream that it does not know, so the batch waits for it.
    const slow = (server: { port: number }) => ({
      ...input(proxying(b, ['unknown'])),
      endpoints: new Map([...at(server), ['unknown', []]]),
    });
    let isDone = false;
    const batch = apply.apply(slow(one)).then((outcome) => {
      isDone = true;
      return outcome;
    });
    await apply.refresh({ endpoints: at(two), certificates: new Map() });
    await until('the other backend answers', async () => (await answerFrom(bed.port, '/app')) === '200 two');
    assert.equal(isDone, false);
    assert.equal((await batch).kind, 'reloaded');
    assert.deepEqual(await apply.apply(slow(two)), { kind: 'live', endpoints: 1, certificates: 0, files: 0 });
  });

  test('a new upstream that NGINX does not ask for is noted after three seconds', async () => {
    const outcome = withoutTime(await apply.apply(input(bed.rendered(a, { upstreams: [upstream] }), { endpoints: [] })));
    assert.deepEqual(outcome, {
      kind: 'reloaded',
      generation: a,
      cause: 'first',
      reason: 'first generation; NGINX has not asked for the endpoints of 1 new upstreams yet',
    });
  });

  test('a new upstream whose endpoints are not known yet is not waited for', async () => {
    const outcome = await apply.apply(input(bed.rendered(a, { upstreams: [upstream] })));
    assert.deepEqual(withoutTime(outcome), { kind: 'reloaded', generation: a, cause: 'first', reason: 'first generation' });
    assert.ok(outcome.kind === 'reloaded' && outcome.milliseconds < 3_000);
  });

  test('certificates are there before the generation that names them, and gone after the last one', async () => {
    const file = `${bed.run.path}/certificates/${certificate}.pem`;
    const tls = `ssl_certificate ${file}; ssl_certificate_key ${file}; listen 127.0.0.1:${await freePort()} ssl;`;
    const secret = { certificates: new Map([[certificate, fallback]]) };
    assert.equal((await apply.apply(input(bed.rendered(a, { server: tls }), secret))).kind, 'reloaded');
    const other = { certificates: new Map([[certificate, await makeDefaultCertificate()]]) };
    assert.deepEqual(await apply.apply(input(bed.rendered(a, { server: tls }), other)), {
      kind: 'live',
      endpoints: 0,
      certificates: 1,
      files: 0,
    });
    assert.equal((await apply.apply(input(bed.rendered(b, { server: 'bad;' })))).kind, 'rejected');
    assert.match(await readFile(file, 'utf8'), /^-----BEGIN PRIVATE KEY/);
    await apply.apply(input(bed.rendered(c)));
    assert.deepEqual(await readdir(`${bed.run.path}/certificates`), ['default.pem']);
  });

  test('a configuration that NGINX refuses is told with its line, leaves no litter, and the one before goes on', async () => {
    await apply.apply(input(bed.rendered(a)));
    const bad = bed.rendered(b, { server: 'no_such_directive on;' });
    assert.deepEqual(await apply.apply(input(bad)), {
      kind: 'rejected',
      stage: 'test',
      message: 'unknown directive "no_such_directive"',
      line: lineOf(bad, 'no_such_directive'),
      cause: 'other',
    });
    assert.equal(await answerFrom(bed.port), `200 ${a}`);
    assert.equal(apply.generation, a);
    assert.deepEqual(await onDisk(), [a]);
    assert.deepEqual(await apply.apply(input(bed.rendered(a))), { kind: 'unchanged' });
    assert.equal(reloadCount(), 0);
  });

  test('a complaint about another file names it', async () => {
    const { files, ...rest } = bed.rendered(a, { http: 'include hosts.conf;' });
    const rendered = { ...rest, files: new Map([...files, ['hosts.conf', '\n\nbad on;\n']]) };
    assert.deepEqual(await apply.apply(input(rendered)), {
      kind: 'rejected',
      stage: 'test',
      message: 'unknown directive "bad" in line 3 of hosts.conf',
      cause: 'first',
    });
    assert.deepEqual(await onDisk(), []);
  });

  describe('the test before a start or a reload', () => {
    const location = (name: string, text = name) => `location = /${name} {\nreturn 200 "${text}";\n}`;
    /** The real NGINX, which writes down its tests. */
    async function counting() {
      const [path, log] = [`${bed.run.path}/counting`, `${bed.run.path}/tests`];
      await writeFile(path, `#!/bin/sh\n[ "$1" != -t ] || echo test >> '${log}'\nexec '${program}' "$@"\n`, { mode: 0o700 });
      const made = create({ program: path });
      return { ...made, tests: async () => (await readFile(log, 'utf8').catch(() => '')).split('\n').length - 1 };
    }

    test('is left out at the start, and for more of what NGINX has taken before', async () => {
      const { apply: counted, tests } = await counting();
      const counts: number[] = [];
      const servers = [location('one'), `${location('one')}\n${location('two')}`, `${location('three')}\nexpires -1;`, location('four')];
      for (const [index, server] of servers.entries()) {
        assert.equal((await counted.apply(input(bed.rendered(`${index}`.repeat(16), { server })))).kind, 'reloaded');
        counts.push(await tests());
      }
      assert.deepEqual(counts, [0, 0, 1, 1]);
      assert.equal(await answerFrom(bed.port, '/four'), '200 four');
    });

    test('is made up for when NGINX refuses the reload: the line is told, and nothing has changed', async () => {
      const { apply: counted, tests } = await counting();
      await counted.apply(input(bed.rendered(a, { server: location('one') })));
      const bad = bed.rendered(b, { server: `${location('one')}\n${location('one', 'twice')}` });
      assert.deepEqual(await counted.apply(input(bad)), {
        kind: 'rejected',
        stage: 'test',
        message: 'duplicate location "/one"',
        line: lineOf(bad, 'return 200 "twice"') - 1,
        cause: 'other',
      });
      assert.equal(await tests(), 1);
      assert.equal(reloadCount(), 1);
      assert.equal(counted.generation, a);
      assert.deepEqual(await onDisk(), [a]);
      assert.equal(await answerFrom(bed.port, '/one'), '200 one');
      assert.deepEqual(await counted.apply(input(bed.rendered(a, { server: location('one') }))), { kind: 'unchanged' });
      assert.equal((await counted.apply(input(bed.rendered(c, { server: location('two') })))).kind, 'reloaded');
      assert.equal(await answerFrom(bed.port, '/two'), '200 two');
    });

    test('is made up for when NGINX refuses the start', async () => {
      const { apply: counted, tests } = await counting();
      const bad = bed.rendered(a, { server: `${location('one')}\n${location('one', 'twice')}` });
      const outcome = await counted.apply(input(bad));
      assert.ok(outcome.kind === 'rejected');
      assert.deepEqual([outcome.stage, outcome.message, await tests()], ['test', 'duplicate location "/one"', 1]);
      assert.deepEqual(await onDisk(), []);
      assert.equal((await counted.apply(input(bed.rendered(b)))).kind, 'reloaded');
    });

    test('is never left out where nobody would tell that NGINX has refused', async () => {
      const first = await counting();
      await first.apply.apply(input(bed.rendered(a, { server: location('one') })));
      first.nginx.leave();
      const second = await counting();
      await second.apply.apply(input(bed.rendered(b, { server: location('two') })));
      assert.equal(await second.tests(), 1);
      await second.nginx.quit(1000);
      const silent = (generation: string, name: string): Rendered => {
        const { files, ...rest } = bed.rendered(generation, { server: location(name) });
        return { ...rest, files: new Map([...files].map(([file, text]) => [file, text.replace('stderr notice', 'stderr warn')])) };
      };
      const third = await counting();
      for (const [generation, name] of [
        [c, 'one'],
        [a, 'two'],
      ] as const)
        assert.equal((await third.apply.apply(input(silent(generation, name)))).kind, 'reloaded');
      assert.equal(await third.tests(), 2);
    });
  });

  test('a configuration can be tried out without any effect', async () => {
    await apply.apply(input(bed.rendered(a)));
    assert.deepEqual(await apply.test(bed.rendered(b)), { ok: true });
    const bad = bed.rendered(b, { server: 'no_such_directive on;' });
    const refused = await apply.test(bad);
    assert.deepEqual(refused.ok || { message: refused.message, line: refused.line }, {
      message: 'unknown directive "no_such_directive"',
      line: lineOf(bad, 'no_such_directive'),
    });
    assert.deepEqual(await onDisk(), [a]);
    assert.deepEqual(
      (await readdir(`${bed.run.path}/tmp`)).filter((name) => name.startsWith('.')),
      [],
    );
    assert.equal(await answerFrom(bed.port), `200 ${a}`);
  });

  test('what passes the test but not the reload is rejected, and the generation before is in force', async (t) => {
    await apply.apply(input(bed.rendered(a)));
    const taken = await freePort();
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(taken, '127.0.0.1', resolve));
    t.after(() => other.close());
    const outcome = await apply.apply(input(bed.rendered(b, { listen: [`127.0.0.1:${taken}`] })));
    assert.ok(outcome.kind === 'rejected');
    assert.equal(outcome.stage, 'reload');
    assert.match(outcome.message, new RegExp(`^bind\\(\\) to 127\\.0\\.0\\.1:${taken} failed \\(\\d+: Address already in use\\)$`));
    assert.equal(await answerFrom(bed.port), `200 ${a}`);
    assert.deepEqual(await onDisk(), [a]);
    assert.equal((await apply.apply(input(bed.rendered(c)))).kind, 'reloaded');
    assert.equal(await answerFrom(bed.port), `200 ${c}`);
  });

  test('a generation that never answers its own hash is rejected, and the one before answers again', async () => {
    await apply.apply(input(bed.rendered(a)));
    const { files } = bed.rendered(c);
    const lying = { generation: b, files, upstreams: [] };
    const outcome = await apply.apply(input(lying));
    assert.deepEqual(outcome, {
      kind: 'rejected',
      stage: 'verify',
      message: `after 2 s NGINX does not run generation ${b}: a worker still answers ${c}`,
      cause: 'other',
    });
    assert.equal(await answerFrom(bed.port), `200 ${a}`);
    assert.deepEqual(await onDisk(), [a]);
  });

  test('a first start on a taken port is rejected with the reason, and the next try succeeds', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(bed.port, '127.0.0.1', resolve));
    const outcome = await apply.apply(input(bed.rendered(a)));
    assert.ok(outcome.kind === 'rejected');
    assert.deepEqual(
      [outcome.stage, outcome.message.replace(/\d+:\s/, '')],
      ['reload', `bind() to 127.0.0.1:${bed.port} failed (Address already in use)`],
    );
    assert.deepEqual(await onDisk(), []);
    await new Promise((resolve) => other.close(resolve));
    assert.equal((await apply.apply(input(bed.rendered(a)))).kind, 'reloaded');
  });

  test('a controller that was started again takes over what runs, without a reload when it is the same', async () => {
    await apply.apply(input(bed.rendered(a)));
    const { pid } = nginx;
    nginx.leave();
    const second = create();
    assert.deepEqual(await second.apply.apply(input(bed.rendered(a))), { kind: 'unchanged' });
    assert.equal(second.apply.generation, a);
    assert.equal(second.nginx.pid, pid);
    second.nginx.leave();
    const third = create();
    const outcome = withoutTime(await third.apply.apply(input(bed.rendered(b, { server: 'server_name x.test;' }))));
    assert.deepEqual(outcome, { kind: 'reloaded', generation: b, cause: 'hosts', reason: 'host x.test added, 1 line added' });
    assert.equal(third.nginx.pid, pid);
  });

  test('where a container has yet to start NGINX, what was tested stays in its place', async () => {
    const attached = create({ mode: 'attach', startLimitMs: 50 });
    const outcome = await attached.apply.apply(input(bed.rendered(a)));
    assert.equal(outcome.kind, 'rejected');
    assert.deepEqual(tested, [a]);
    // The container starts NGINX with `current`; here another supervisor does.
    await create().nginx.start();
    assert.equal(await answerFrom(bed.port), `200 ${a}`);
    assert.deepEqual(await attached.apply.apply(input(bed.rendered(a))), { kind: 'unchanged' });
    assert.equal(attached.apply.generation, a);
  });

  test('NGINX that was killed comes back with what was live, and takes the next generation', async () => {
    await apply.apply(input(bed.rendered(a)));
    assert.ok(nginx.pid);
    process.kill(nginx.pid, 'SIGKILL');
    await until('the end is noticed', () => nginx.pid === undefined);
    assert.equal((await apply.apply(input(bed.rendered(b)))).kind, 'reloaded');
    assert.equal(await answerFrom(bed.port), `200 ${b}`);
  });

  test('a disk that cannot be written to rejects the batch and touches nothing', async () => {
    await apply.apply(input(bed.rendered(a)));
    if (process.getuid?.() === 0) {
      // Root may write everywhere: take the folder away instead.
      await rm(`${bed.run.path}/tmp`, { recursive: true });
      const { files } = bed.rendered(b);
      const conflict = { generation: b, files: new Map([...files, ['nginx.conf/x', '']]), upstreams: [] };
      const outcome = await apply.apply(input(conflict));
      assert.ok(outcome.kind === 'rejected');
      assert.equal(outcome.stage, 'write');
    } else {
      await chmod(`${bed.run.path}/generations`, 0o500);
      const outcome = await apply.apply(input(bed.rendered(b)));
      await chmod(`${bed.run.path}/generations`, 0o700);
      assert.ok(outcome.kind === 'rejected');
      assert.deepEqual([outcome.stage, /EACCES/.test(outcome.message)], ['write', true]);
    }
    assert.equal(await answerFrom(bed.port), `200 ${a}`);
    assert.equal(apply.generation, a);
    assert.deepEqual(await onDisk(), [a]);
  });

  test('when it is not known whether a reload took effect, the generation before is loaded again rather than taken for running', async (t) => {
    await apply.apply(input(bed.rendered(a)));
    const { reload } = nginx;
    // As when the system has no file descriptors left at that moment.
    const lacking = async () => {
      await reload();
      throw new Error('connect EMFILE');
    };
    t.mock.method(nginx, 'reload', lacking);
    const outcome = await apply.apply(input(bed.rendered(b)));
    const lost = 'connect EMFILE; the generation before could not be put back: connect EMFILE';
    assert.deepEqual(outcome, { kind: 'rejected', cause: 'other', stage: 'reload', message: lost });
    t.mock.restoreAll();
    assert.deepEqual(withoutTime(await apply.apply(input(bed.rendered(a)))), {
      kind: 'reloaded',
      generation: a,
      cause: 'takeover',
      reason: 'NGINX may run another generation, as the change before did not come to its end',
    });
    assert.equal(await answerFrom(bed.port), `200 ${a}`);
    assert.deepEqual(await apply.apply(input(bed.rendered(a))), { kind: 'unchanged' });
  });

  test('a reload is verified also when processes cannot be looked at', async (t) => {
    await apply.apply(input(bed.rendered(a)));
    t.mock.method(nginx, 'hasOldWorkers', () =>
      Promise.reject(Object.assign(new Error('open EMFILE'), { code: 'EMFILE', syscall: 'open' })),
    );
    assert.equal((await apply.apply(input(bed.rendered(b)))).kind, 'reloaded');
    assert.equal(await answerFrom(bed.port), `200 ${b}`);
  });

  test('a second call while one is at work is a mistake of the caller', async () => {
    const first = apply.apply(input(bed.rendered(a)));
    await assert.rejects(apply.apply(input(bed.rendered(b))), { message: 'apply was called while it was at work' });
    assert.equal((await first).kind, 'reloaded');
  });

  test('the generations before the last three are removed', async () => {
    const names = ['1', '2', '3', '4', '5'].map((digit) => digit.repeat(16));
    for (const name of names) await apply.apply(input(bed.rendered(name)));
    assert.deepEqual(await onDisk(), names.slice(2));
  });
});
