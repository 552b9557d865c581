import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { chown, mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { decode, encode, type Packet, streamDecode, streamEncode } from 'dns-packet';
import { freePort, until } from './kit/machine.ts';
import { documents } from './kit/manifests.ts';
import { backend, portMap, serveNothing, whyNoStreams } from './kit/streams.ts';

const skip = (await whyNoStreams()) ?? false;

/** Answers each question with one TXT record: its own name. */
async function startNameServer(t: TestContext, name: string, address: string, port: number): Promise<void> {
  const answer = (question: Packet): Packet => ({
    type: 'response',
    id: question.id ?? 0,
    questions: question.questions ?? [],
    answers: [{ type: 'TXT', name: question.questions?.[0]?.name ?? '', ttl: 0, data: name }],
  });
  const socket = createSocket('udp4', (message, from) => socket.send(encode(answer(decode(message))), from.port, from.address));
  socket.bind(port, address);
  const server = createServer((client) => {
    client.on('error', () => undefined).on('data', (message) => client.end(streamEncode(answer(streamDecode(message)))));
  });
  server.listen(port, address);
  await Promise.all([once(socket, 'listening'), once(server, 'listening')]);
  t.after(() => {
    socket.close();
    server.close();
  });
}

/** Who answers a question over UDP; `nobody` after a second. Each question comes from a port of its own. */
async function ask(port: number, questions = 1, host = '127.0.0.1'): Promise<string> {
  const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
  try {
    const names: string[] = [];
    for (let id = 1; id <= questions; id += 1) {
      const answered = once(socket, 'message', { signal: AbortSignal.timeout(1_000) });
      socket.send(encode({ type: 'query', id, questions: [{ type: 'TXT', name: 'who.test' }] }), port, host);
      const [message] = await answered;
      const { id: same, answers = [] } = decode(message);
      assert.equal(same, id);
      names.push(...answers.map((one) => ('data' in one ? String(one.data) : '')));
    }
    return names.join(' ');
  } catch (error) {
    if ((error as Error).name === 'AbortError') return 'nobody';
    throw error;
  } finally {
    socket.close();
  }
}

/** All who answer many questions. */
async function answering(port: number): Promise<string> {
  const names = new Set<string>();
  for (let index = 0; index < 12; index += 1) names.add(await ask(port));
  return [...names].sort().join(' ');
}

describe('DNS servers behind a UDP port', { skip, timeout: 60_000 }, () => {
  test('answer, take turns, and are replaced without a reload', async (t) => {
    const [port, inside] = [await freePort(), await freePort()];
    for (const [name, address] of [
      ['one', '127.3.1.1'],
      ['two', '127.3.1.2'],
      ['three', '127.3.1.3'],
    ] as const)
      await startNameServer(t, name, address, inside);
    const served = await serveNothing(t);
    const save = (...addresses: readonly string[]) =>
      served.save('all.yaml', documents(portMap('udp', { [port]: 'default/dns:main' }), backend('dns', inside, addresses, 'UDP')));
    await save('127.3.1.1', '127.3.1.2');
    assert.equal(await answering(port), 'one two');
    const reloads = served.reloads();
    await save('127.3.1.3');
    await until('only the new endpoint answers', async () => (await answering(port)) === 'three');
    await save();
    await until('nobody answers without endpoints', async () => (await ask(port)) === 'nobody');
    await save('127.3.1.1');
    await until('the endpoint answers', async () => (await ask(port)) === 'one');
    assert.equal(served.reloads(), reloads);
  });

  test('answer one client many times, and by TCP on the same number', async (t) => {
    const [port, inside] = [await freePort(), await freePort()];
    await startNameServer(t, 'one', '127.3.1.1', inside);
    const served = await serveNothing(t);
    const ports = { [port]: `default/dns:${inside}` };
    await served.save('all.yaml', documents(portMap('tcp', ports), portMap('udp', ports), nameServer(inside, '127.3.1.1')));
    assert.equal(await ask(port, 5), 'one one one one one');
    assert.equal(await askByTcp(port), 'one');
  });
});

/** The text of a Service whose two ports have one number, and of its endpoint. */
function nameServer(port: number, address: string): string {
  const ports = (more: string) =>
    `[{ name: dns, port: ${port}${more}, protocol: UDP }, { name: dns-tcp, port: ${port}${more}, protocol: TCP }]`;
  return `apiVersion: v1
kind: Service
metadata: { name: dns }
spec: { selector: { app: dns }, ports: ${ports(`, targetPort: ${port}`)} }
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: { name: dns-1, labels: { kubernetes.io/service-name: dns } }
addressType: IPv4
endpoints: [{ addresses: [${address}] }]
ports: ${ports('')}
`;
}

async function askByTcp(port: number): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  socket.write(streamEncode({ type: 'query', id: 7, questions: [{ type: 'TXT', name: 'who.test' }] }));
  const [message] = await once(socket, 'data');
  socket.destroy();
  const { answers = [] } = streamDecode(message);
  return answers.map((one) => ('data' in one ? String(one.data) : '')).join(' ');
}

const missing = ['initdb', 'postgres', 'psql'].filter((program) => spawnSync(program, ['--version']).error);
const skipDatabase = skip || (missing.length > 0 && `PostgreSQL is not on the PATH: there is no ${missing.join(', ')}`);

/** PostgreSQL does not run as root. */
const nobody = 65_534;
const account = process.getuid?.() === 0 ? { uid: nobody, gid: nobody } : {};

/** Starts a database of its own that listens at one address. */
async function startDatabase(t: TestContext, address: string, port: number): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-postgres-'));
  t.after(() => rm(folder, { recursive: true }));
  if (account.uid !== undefined) await chown(folder, nobody, nobody);
  const made = spawnSync('initdb', ['-D', join(folder, 'data'), '-U', 'gate', '-A', 'trust', '--no-sync'], {
    ...account,
    encoding: 'utf8',
    cwd: folder,
  });
  assert.equal(made.status, 0, made.stderr);
  const settings = [
    '-c',
    `listen_addresses=${address}`,
    '-c',
    `port=${port}`,
    '-c',
    'fsync=off',
    '-c',
    `unix_socket_directories=${folder}`,
  ];
  const database = spawn('postgres', ['-D', join(folder, 'data'), ...settings], { ...account, stdio: 'ignore', cwd: folder });
  const ended = once(database, 'exit');
  t.after(async () => {
    database.kill('SIGINT');
    await ended;
  });
  await until('the database answers', async () => (await query(port, 'select 1', address)).out === '1', 20_000);
}

/** Asks with the real client. */
async function query(port: number, text: string, host = '127.0.0.1'): Promise<{ readonly code: number; readonly out: string }> {
  const child = spawn('psql', ['-h', host, '-p', String(port), '-U', 'gate', '-d', 'postgres', '-Atc', text], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  let out = '';
  child.stdout.setEncoding('utf8').on('data', (part: string) => {
    out += part;
  });
  const [code] = await once(child, 'close');
  return { code, out: out.trim() };
}

describe('a database behind a TCP port', { skip: skipDatabase, timeout: 120_000 }, () => {
  test('answers its own client, and a query that takes long outlives a reload and the end of its endpoint', async (t) => {
    const [port, other, inside] = [await freePort(), await freePort(), await freePort()];
    await startDatabase(t, '127.3.2.1', inside);
    const served = await serveNothing(t);
    const save = (ports: readonly number[], addresses: readonly string[]) =>
      served.save(
        'all.yaml',
        documents(portMap('tcp', Object.fromEntries(ports.map((one) => [one, 'default/db:main']))), backend('db', inside, addresses)),
      );
    await save([port], ['127.3.2.1']);
    const many = 'create table t (n int); insert into t select generate_series(1, 200000); select count(*), sum(n) from t';
    assert.deepEqual(await query(port, many), { code: 0, out: 'CREATE TABLE\nINSERT 0 200000\n200000|20000100000' });
    const rows = await query(port, 'select repeat(n::text, 10) from t order by n');
    assert.equal(rows.out.split('\n').length, 200_000);
    const long = query(port, "select pg_sleep(4), 'done'");
    await until(
      'the query runs',
      async () => (await query(port, "select count(*) from pg_stat_activity where query like 'select pg_sleep%'")).out === '1',
    );
    const reloads = served.reloads();
    await save([port, other], ['127.3.2.1']);
    assert.equal((await query(other, 'select 7')).out, '7');
    assert.equal(served.reloads(), reloads + 1);
    await save([port, other], []);
    await until('no new client gets in', async () => (await query(port, 'select 1')).code !== 0);
    assert.deepEqual(await long, { code: 0, out: '|done' });
  });
});
