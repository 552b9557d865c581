import { randomBytes, X509Certificate } from 'node:crypto';
import { connect } from 'node:net';

/** How a client begins TLS 1.2, in which the certificate is sent in the clear, so that no keys are needed to see it. */
export interface Hello {
  /** The bytes of each server name, with its type; RFC 6066, 3 allows one of type 0. */
  readonly names: readonly { readonly type: number; readonly bytes: Buffer }[];
  /** What follows the list within its extension, and what its length is wrong by. */
  readonly tail: Buffer;
  readonly lengthOff: number;
}

const u8 = (value: number) => Buffer.from([value & 0xff]);
const u16 = (value: number) => Buffer.from([(value >> 8) & 0xff, value & 0xff]);
const u24 = (value: number) => Buffer.from([(value >> 16) & 0xff, (value >> 8) & 0xff, value & 0xff]);
const vector16 = (...parts: readonly Buffer[]) => Buffer.concat([u16(Buffer.concat(parts).length), ...parts]);
const extension = (type: number, ...parts: readonly Buffer[]) => Buffer.concat([u16(type), vector16(...parts)]);

/** The record that the client sends (RFC 5246, 7.4.1.2). */
export function helloBytes({ names, tail, lengthOff }: Hello): Buffer {
  const list = Buffer.concat(names.map(({ type, bytes }) => Buffer.concat([u8(type), vector16(bytes)])));
  const extensions = vector16(
    extension(0, u16(Math.max(0, list.length + lengthOff)), list, tail),
    extension(10, vector16(u16(0x001d), u16(0x0017))),
    extension(11, u8(1), u8(0)),
    extension(13, vector16(u16(0x0403), u16(0x0804), u16(0x0401))),
  );
  const suites = vector16(u16(0xc02b), u16(0xc02f), u16(0xc02c), u16(0xc030));
  const body = Buffer.concat([u16(0x0303), randomBytes(32), u8(0), suites, u8(1), u8(0), extensions]);
  const handshake = Buffer.concat([u8(1), u24(body.length), body]);
  return Buffer.concat([u8(22), u16(0x0301), vector16(handshake)]);
}

/** The certificate that the server shows, `alert` for a refusal, or `nothing`. */
export async function answerTo(bytes: Buffer, port: number): Promise<X509Certificate | 'alert' | 'nothing'> {
  const socket = connect(port, '127.0.0.1');
  socket.setTimeout(1_000, () => socket.destroy());
  socket.write(bytes);
  let heard = Buffer.alloc(0);
  try {
    for await (const chunk of socket as AsyncIterable<Buffer>) {
      heard = Buffer.concat([heard, chunk]);
      if (heard[0] === 21) return 'alert';
      const shown = certificateIn(heard);
      if (shown) return shown;
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ECONNRESET') throw error;
  } finally {
    socket.destroy();
  }
  return 'nothing';
}

/** The first certificate of a Certificate message (RFC 5246, 7.4.2), once it is there as a whole. */
function certificateIn(heard: Buffer): X509Certificate | undefined {
  let handshakes = Buffer.alloc(0);
  for (let at = 0; heard[at] === 22 && at + 5 <= heard.length; at += 5 + heard.readUInt16BE(at + 3)) {
    handshakes = Buffer.concat([handshakes, heard.subarray(at + 5, at + 5 + heard.readUInt16BE(at + 3))]);
  }
  for (let at = 0; at + 4 <= handshakes.length; at += 4 + handshakes.readUIntBE(at + 1, 3)) {
    if (handshakes[at] !== 11 || at + 10 > handshakes.length) continue;
    const length = handshakes.readUIntBE(at + 7, 3);
    const der = handshakes.subarray(at + 10, at + 10 + length);
    return der.length === length ? new X509Certificate(der) : undefined;
  }
  return undefined;
}
