import { once } from 'node:events';
import { createServer, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';

/** A span as a collector got it; ids in hexadecimal digits, no parent is empty. */
export interface Span {
  readonly service: string;
  readonly name: string;
  readonly trace: string;
  readonly id: string;
  readonly parent: string;
  /** `http.status_code` and the like: numbers and text alike as text. */
  readonly attributes: Readonly<Record<string, string>>;
}

/** Takes spans by OTLP over gRPC. */
export interface Collector {
  readonly port: number;
  readonly spans: readonly Span[];
  close(): Promise<void>;
}

const method = '/opentelemetry.proto.collector.trace.v1.TraceService/Export';

/** Starts a collector on the loopback address (https://opentelemetry.io/docs/specs/otlp/). */
export async function startCollector(t: TestContext): Promise<Collector> {
  const spans: Span[] = [];
  const sessions = new Set<ServerHttp2Session>();
  const server = createServer();
  server.on('session', (session) => sessions.add(session));
  server.on('stream', (stream, headers) => void answer(stream, headers[':path'], spans));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const close = async () => {
    for (const session of sessions) session.destroy();
    if (server.listening) await new Promise((resolve) => server.close(resolve));
  };
  t.after(close);
  return { port: (server.address() as AddressInfo).port, spans, close };
}

/** One message each way: five bytes say its length, the status comes in the trailers. */
async function answer(stream: ServerHttp2Stream, path: string | undefined, spans: Span[]): Promise<void> {
  const parts: Buffer[] = [];
  for await (const part of stream) parts.push(part);
  const ok = path === method;
  if (ok) spans.push(...spansOf(Buffer.concat(parts).subarray(5)));
  stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
  stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': ok ? '0' : '12' }));
  stream.end(Buffer.alloc(5));
}

/** `ExportTraceServiceRequest`, by the numbers of its fields (opentelemetry-proto, trace.proto). */
function spansOf(request: Buffer): readonly Span[] {
  return messages(request, 1).flatMap((resource) => {
    const service = messages(resource, 1).map((one) => attributesOf(one, 1)['service.name'])[0] ?? '';
    return messages(resource, 2)
      .flatMap((scope) => messages(scope, 2))
      .map((span) => spanOf(span, service));
  });
}

function spanOf(span: Buffer, service: string): Span {
  const hex = (field: number) => messages(span, field)[0]?.toString('hex') ?? '';
  return {
    service,
    name: messages(span, 5)[0]?.toString() ?? '',
    trace: hex(1),
    id: hex(2),
    parent: hex(4),
    attributes: attributesOf(span, 9),
  };
}

/** `KeyValue`: a name, and a text or a number. */
function attributesOf(message: Buffer, field: number): Readonly<Record<string, string>> {
  return Object.fromEntries(
    messages(message, field).map((pair) => {
      const [key, value] = [messages(pair, 1)[0]?.toString() ?? '', messages(pair, 2)[0] ?? Buffer.alloc(0)];
      const number = fieldsOf(value).find(({ field: type, bytes }) => type === 3 && bytes === undefined)?.number;
      return [key, number === undefined ? (messages(value, 1)[0]?.toString() ?? '') : String(number)];
    }),
  );
}

function messages(message: Buffer, field: number): readonly Buffer[] {
  return fieldsOf(message).flatMap((one) => (one.field === field && one.bytes ? [one.bytes] : []));
}

interface Field {
  readonly field: number;
  readonly bytes?: Buffer;
  readonly number?: bigint;
}

/** The fields of a message in the encoding of Protocol Buffers; fixed ones, such as times, are left out. */
function fieldsOf(message: Buffer): readonly Field[] {
  const fields: Field[] = [];
  let at = 0;
  const varint = () => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = message.readUInt8(at);
      at += 1;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  while (at < message.length) {
    const tag = Number(varint());
    const [field, type] = [tag >> 3, tag & 7];
    if (type === 0) fields.push({ field, number: varint() });
    else if (type === 2) {
      const length = Number(varint());
      fields.push({ field, bytes: message.subarray(at, at + length) });
      at += length;
    } else at += type === 1 ? 8 : 4;
  }
  return fields;
}
