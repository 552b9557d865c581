import { createHash, randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import type { Duplex } from 'node:stream';
import { readFrame, textFrame } from './backends.ts';

/** RFC 6455, a close frame with the status 1001: the server goes away. */
const goingAway = Buffer.from([0x88, 2, 0x03, 0xe9]);
const closeCode = 0x88;

/** The server's side: sends back what it gets, and tells clients before it goes. */
export function acceptSocket(request: IncomingMessage, socket: Duplex): { goAway(): void } {
  socket.on('error', () => socket.destroy());
  const key = `${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`;
  const accept = createHash('sha1').update(key).digest('base64');
  const head = ['HTTP/1.1 101 Switching Protocols', 'Upgrade: websocket', 'Connection: Upgrade', `Sec-WebSocket-Accept: ${accept}`];
  socket.write(`${head.join('\r\n')}\r\n\r\n`);
  let buffered = Buffer.alloc(0);
  socket.on('data', (data: Buffer) => {
    buffered = Buffer.concat([buffered, data]);
    for (let frame = readFrame(buffered); frame; frame = readFrame(buffered)) {
      if (buffered[0] === closeCode) socket.end();
      else socket.write(textFrame(frame.text));
      buffered = buffered.subarray(frame.length);
    }
  });
  socket.on('end', () => socket.end());
  return { goAway: () => socket.write(goingAway) };
}

/** How a socket ended: the handshake failed, the server said that it goes, the client had enough, or it was cut. */
export type SocketEnd = { readonly kind: 'refused' | 'cut'; readonly why: string } | { readonly kind: 'told' | 'done' };

/** The client's side: sends so many frames, each after the echo of the one before, and ends by the rules. */
export function runSocket(port: number, host: string, frames: number): Promise<SocketEnd & { readonly echoed: number }> {
  const socket = connect(port, '127.0.0.1');
  const head = ['GET / HTTP/1.1', `Host: ${host}`, 'Upgrade: websocket', 'Connection: Upgrade', 'Sec-WebSocket-Version: 13'];
  socket.write(`${head.join('\r\n')}\r\nSec-WebSocket-Key: ${randomBytes(16).toString('base64')}\r\n\r\n`);
  let received = Buffer.alloc(0);
  let echoed = -1;
  return new Promise((resolve) => {
    const finish = (end: SocketEnd) => {
      socket.destroy();
      resolve({ ...end, echoed: Math.max(echoed, 0) });
    };
    const next = () => {
      echoed += 1;
      if (echoed < frames) setTimeout(() => socket.write(textFrame(`frame ${echoed}`, randomBytes(4))), 20);
      else finish({ kind: 'done' });
    };
    const takeHead = () => {
      const end = received.indexOf('\r\n\r\n');
      if (end < 0) return;
      const line = received.toString('latin1', 0, received.indexOf('\r\n'));
      received = received.subarray(end + 4);
      if (line.includes(' 101 ')) next();
      else finish({ kind: 'refused', why: line });
    };
    const takeFrame = () => {
      const frame = readFrame(received);
      if (!frame) return;
      const isClose = received[0] === closeCode;
      received = received.subarray(frame.length);
      if (isClose) finish({ kind: 'told' });
      else if (frame.text === `frame ${echoed}`) next();
      else finish({ kind: 'cut', why: `got ${frame.text} in place of frame ${echoed}` });
    };
    socket.on('data', (data: Buffer) => {
      received = Buffer.concat([received, data]);
      if (echoed < 0) takeHead();
      if (echoed >= 0) takeFrame();
    });
    const failed = (why: string) => finish(echoed < 0 ? { kind: 'refused', why } : { kind: 'cut', why });
    socket.setTimeout(5_000, () => failed('silence'));
    socket.on('error', (error) => failed(error.message));
    socket.on('close', () => failed('closed'));
  });
}
