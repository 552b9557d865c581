/**
 * How many questions for endpoints are answered in a second: `node bench/dns.ts [--sizes 1000,5000,10000] [--endpoints 10] [--rounds 5] [--seconds 2]`.
 */
import { spawn } from 'node:child_process';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { endpointsName } from '../src/model/endpoint-names.ts';
import { type Summary, summarise } from './kit/figures.ts';
import type { NameServer } from './kit/name-server.ts';
import { cpuSeconds } from './kit/processes.ts';
import { say, type Table } from './kit/report.ts';
import { saveResults } from './kit/results.ts';

interface Measured {
  readonly upstreams: number;
  readonly perSecond: Summary;
  readonly perCpuSecond: Summary;
  /** Questions that got no answer. */
  readonly lost: number;
}

/** Questions that are under way at a time, over all sockets. */
const window = 64;
/** A socket that was seen before is told changes alone, as soon as there are some; so each is used for this long. */
const socketMs = 500;

/** A question for the A records of a name (RFC 1035, 4.1). */
function question(name: string, id: number): Buffer {
  const labels = name.split('.').map((label) => Buffer.concat([Buffer.from([label.length]), Buffer.from(label)]));
  const head = Buffer.from([id >> 8, id & 255, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
  return Buffer.concat([head, ...labels, Buffer.from([0, 0, 1, 0, 1])]);
}

/** Asks from new sockets, one for each port, and goes on with each answer. Resolves with the numbers of answers and of questions without one. */
async function ask({ ports, ids }: NameServer, milliseconds: number, from: number): Promise<{ answers: number; lost: number }> {
  let asked = 0;
  let answers = 0;
  let isOver = false;
  const next = (socket: Socket) => {
    const id = ids[(from + asked) % ids.length] ?? '';
    asked += 1;
    socket.send(question(endpointsName(id), asked & 0xffff));
  };
  const sockets = await Promise.all(
    ports.map(async (port) => {
      const socket = createSocket({ type: 'udp4', recvBufferSize: 1_000_000 }).on('error', () => undefined);
      socket.on('message', (answer) => {
        if (answer.readUInt16BE(6) === 0) throw new Error('an answer has no endpoints');
        answers += 1;
        if (!isOver) next(socket);
      });
      socket.connect(port, '127.0.0.1');
      await once(socket, 'connect');
      return socket;
    }),
  );
  for (let count = 0; count < window; count += 1) {
    const socket = sockets[count % sockets.length];
    if (socket) next(socket);
  }
  await once(AbortSignal.timeout(milliseconds), 'abort');
  isOver = true;
  await once(AbortSignal.timeout(50), 'abort');
  for (const socket of sockets) socket.close();
  return { answers, lost: asked - answers };
}

async function measure(
  upstreams: number,
  { endpoints, rounds, seconds }: Record<'endpoints' | 'rounds' | 'seconds', number>,
): Promise<Measured> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'kit/name-server.ts'), `${upstreams}`, `${endpoints}`], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  try {
    const server = await readServer(child.stdout);
    const perSecond: number[] = [];
    const perCpuSecond: number[] = [];
    let lost = 0;
    for (let round = 0; round < rounds; round += 1) {
      const [start, cpu] = [performance.now(), await cpuSeconds([child.pid ?? 0])];
      let answers = 0;
      while (performance.now() - start < seconds * 1000) {
        const part = await ask(server, socketMs, answers);
        answers += part.answers;
        lost += part.lost;
      }
      perSecond.push((answers / (performance.now() - start)) * 1000);
      perCpuSecond.push(answers / ((await cpuSeconds([child.pid ?? 0])) - cpu));
    }
    return { upstreams, perSecond: summarise(perSecond), perCpuSecond: summarise(perCpuSecond), lost };
  } finally {
    child.stdin.end();
    await ended;
  }
}

async function readServer(output: NodeJS.ReadableStream): Promise<NameServer> {
  let text = '';
  for await (const chunk of output) {
    text += chunk;
    if (text.endsWith('\n')) return JSON.parse(text);
  }
  throw new Error('the name server did not start');
}

function tableOf(measured: readonly Measured[], endpoints: number): Table {
  const rate = ({ p50, spread }: Summary) => `${Math.round(p50)} ± ${Math.round(spread * 50)} %`;
  return {
    title: `Answers with ${endpoints} endpoints each, ${window} questions under way at a time`,
    columns: ['answers a second', 'answers per CPU second', 'all upstreams once take', 'lost'],
    rows: measured.map(({ upstreams, perSecond, perCpuSecond, lost }) => ({
      name: `${upstreams} upstreams`,
      values: [rate(perSecond), rate(perCpuSecond), `${((upstreams / perSecond.p50) * 1000).toFixed(0)} ms`, String(lost)],
    })),
  };
}

const { values } = parseArgs({
  options: {
    sizes: { type: 'string', default: '1000,5000,10000' },
    endpoints: { type: 'string', default: '10' },
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '2' },
  },
});
const wanted = { endpoints: Number(values.endpoints), rounds: Number(values.rounds), seconds: Number(values.seconds) };
const measured: Measured[] = [];
for (const size of values.sizes.split(',').map(Number)) {
  say(`dns: ${size} upstreams`);
  measured.push(await measure(size, wanted));
}
await saveResults('dns', {
  results: { ...wanted, measured },
  tables: [tableOf(measured, wanted.endpoints)],
  charts: [
    {
      title: 'Questions for endpoints that are answered in a second',
      unit: 'answers',
      scale: 'linear',
      bars: measured.map(({ upstreams, perSecond }) => ({ label: `${upstreams} upstreams`, value: perSecond.p50 })),
    },
  ],
});
