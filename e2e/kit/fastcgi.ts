import { once } from 'node:events';
import { createServer } from 'node:net';

/** What one request brought: the parameters by name, and the body. */
export interface FastcgiRequest {
  readonly params: Readonly<Record<string, string>>;
  readonly body: string;
}

/** A FastCGI application at a free port of an address. */
export interface FastcgiApplication {
  readonly port: number;
  close(): Promise<void>;
}

interface Answer {
  readonly status: number;
  readonly body: string;
}

const types = { end: 3, params: 4, stdin: 5, stdout: 6 } as const;

/** Starts an application; it takes one request for each connection, as NGINX asks for. (FastCGI 1.0, sections 3 and 5.) */
export async function startFastcgi(address: string, answer: (request: FastcgiRequest) => Answer): Promise<FastcgiApplication> {
  const server = createServer((socket) => {
    let rest = Buffer.alloc(0);
    const params: Buffer[] = [];
    const body: Buffer[] = [];
    socket.on('error', () => socket.destroy());
    socket.on('data', (data: Buffer) => {
      rest = Buffer.concat([rest, data]);
      for (let record = readRecord(rest); record; record = readRecord(rest)) {
        rest = rest.subarray(record.length);
        if (record.type === types.params) params.push(record.content);
        if (record.type !== types.stdin) continue;
        body.push(record.content);
        if (record.content.length > 0) continue;
        const request = { params: readParams(Buffer.concat(params)), body: Buffer.concat(body).toString() };
        socket.end(answerRecords(record.request, answer(request)));
      }
    });
  });
  server.listen(0, address);
  await once(server, 'listening');
  const bound = server.address();
  return {
    port: bound !== null && typeof bound === 'object' ? bound.port : 0,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

function readRecord(bytes: Buffer) {
  if (bytes.length < 8) return undefined;
  const size = bytes.readUInt16BE(4);
  const length = 8 + size + bytes.readUInt8(6);
  if (bytes.length < length) return undefined;
  return { type: bytes.readUInt8(1), request: bytes.readUInt16BE(2), content: bytes.subarray(8, 8 + size), length };
}

/** Pairs of a name and a value, each with its length in one byte or, with the highest bit set, in four. */
function readParams(bytes: Buffer): Record<string, string> {
  const params: Record<string, string> = {};
  let at = 0;
  const size = () => {
    const isLong = bytes.readUInt8(at) > 127;
    const found = isLong ? bytes.readUInt32BE(at) & 0x7fffffff : bytes.readUInt8(at);
    at += isLong ? 4 : 1;
    return found;
  };
  while (at < bytes.length) {
    const [name, value] = [size(), size()];
    params[bytes.toString('utf8', at, at + name)] = bytes.toString('utf8', at + name, at + name + value);
    at += name + value;
  }
  return params;
}

/** As much as one record holds, rounded down. */
const recordSize = 60_000;

function answerRecords(request: number, { status, body }: Answer): Buffer {
  const text = Buffer.from(`Status: ${status}\r\nContent-Type: text/plain\r\n\r\n${body}`);
  const parts = Array.from({ length: Math.ceil(text.length / recordSize) }, (_, index) =>
    recordOf(types.stdout, request, text.subarray(index * recordSize, (index + 1) * recordSize)),
  );
  return Buffer.concat([...parts, recordOf(types.stdout, request), recordOf(types.end, request, Buffer.alloc(8))]);
}

function recordOf(type: number, request: number, content = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt8(1, 0);
  head.writeUInt8(type, 1);
  head.writeUInt16BE(request, 2);
  head.writeUInt16BE(content.length, 4);
  return Buffer.concat([head, content]);
}
