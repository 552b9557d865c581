import { randomBytes } from 'node:crypto';
import { get } from 'node:http';
import { connect, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { readFrame, textFrame } from '../kit/backends.ts';
import type { LoadOptions } from './messages.ts';
import type { Tally } from './tally.ts';

/**
 * Everything that goes on for long: a WebSocket, an event stream, a slow download. Each begins again after it was cut, which counts as a failure, and
 * after a minute, which does not: a worker that was replaced may cut what is still open after its `worker-shutdown-timeout` of four minutes.
 */
export function startStreams(options: LoadOptions, tally: Tally): { stop(): void } {
  const stop = new AbortController();
  for (const stream of [webSocket, events, download]) void repeat((signal) => stream(options, tally, signal), stop.signal);
  return { stop: () => stop.abort() };
}

async function repeat(stream: (signal: AbortSignal) => Promise<void>, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await stream(AbortSignal.any([signal, AbortSignal.timeout(longestMs)]));
    await pause(50);
  }
}

const longestMs = 60_000;
const beatMs = 200;
const silenceMs = 8_000;

/** Sends a frame five times a second and expects it back; each counts as a request. */
function webSocket(options: LoadOptions, tally: Tally, signal: AbortSignal): Promise<void> {
  const socket = connect(options.http, '127.0.0.1');
  const head = ['GET /stream/socket HTTP/1.1', `Host: ${options.streamHost}`, 'Upgrade: websocket', 'Connection: Upgrade'];
  socket.write(`${head.join('\r\n')}\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${randomBytes(16).toString('base64')}\r\n\r\n`);
  const echo = createEcho(socket, tally);
  socket.on('data', echo.take);
  let reason: string | undefined;
  socket.on('error', (error) => {
    reason = error.message;
  });
  const abort = () => socket.destroy();
  signal.addEventListener('abort', abort);
  return new Promise((resolve) => {
    socket.on('close', () => {
      echo.stop();
      signal.removeEventListener('abort', abort);
      if (!signal.aborted) tally.failed('WebSocket', 'cut', reason ?? echo.complaint());
      resolve();
    });
  });
}

/** Beats once the handshake is over, and closes the socket when something else comes back than was sent. */
function createEcho(socket: Socket, tally: Tally) {
  let timer: NodeJS.Timeout | undefined;
  let received: Buffer = Buffer.alloc(0);
  let waitingFor: string | undefined;
  let number = 0;
  let sentAt = 0;
  let complaint = 'closed';

  function fail(text: string): void {
    complaint = text;
    socket.destroy();
  }
  function beat(): void {
    if (waitingFor !== undefined) {
      if (performance.now() - sentAt > silenceMs) fail(`no echo of ${waitingFor}`);
      return;
    }
    sentAt = performance.now();
    number += 1;
    waitingFor = `frame ${number}`;
    tally.sent();
    socket.write(textFrame(waitingFor, randomBytes(4)));
  }
  function shakeHands(): void {
    const end = received.indexOf('\r\n\r\n');
    if (end < 0) return;
    const line = received.subarray(0, received.indexOf('\r\n')).toString('latin1');
    received = received.subarray(end + 4);
    if (line.includes(' 101 ')) timer = setInterval(beat, beatMs);
    else fail(line);
  }
  function takeFrame(): void {
    const frame = readFrame(received);
    if (!frame) return;
    received = received.subarray(frame.length);
    if (frame.text === waitingFor) waitingFor = undefined;
    else fail(`got ${frame.text} instead of ${waitingFor}`);
  }
  return {
    take(data: Buffer) {
      received = Buffer.concat([received, data]);
      if (timer) takeFrame();
      else shakeHands();
    },
    stop: () => clearInterval(timer),
    complaint: () => complaint,
  };
}

/** Reads events, which are numbered; each counts as a request. */
function events({ http, streamHost }: LoadOptions, tally: Tally, signal: AbortSignal): Promise<void> {
  let next = 0;
  return read({ port: http, host: streamHost, path: '/stream/events', silenceMs, signal }, (text) => {
    for (const [, number] of text.matchAll(/data: (\d+)\n\n/g)) {
      tally.sent();
      if (Number(number) !== next) tally.failed('events', 'wrong body', `event ${number} instead of ${next}`);
      next = Number(number) + 1;
    }
  }).then((end) => {
    if (!signal.aborted) tally.failed('events', 'cut', end.reason);
  });
}

async function download({ http, streamHost, downloadSeconds }: LoadOptions, tally: Tally, signal: AbortSignal): Promise<void> {
  const chunks = downloadSeconds * 10;
  let bytes = 0;
  tally.sent();
  const end = await read({ port: http, host: streamHost, path: `/stream/download?chunks=${chunks}`, silenceMs, signal }, (text) => {
    bytes += text.length;
  });
  if (signal.aborted) return;
  if (bytes !== chunks * 1000 || end.status !== 200) tally.failed('download', 'cut', `${bytes} of ${chunks * 1000} bytes: ${end.reason}`);
}

interface Reading {
  readonly port: number;
  readonly host: string;
  readonly path: string;
  readonly silenceMs: number;
  readonly signal: AbortSignal;
}

/** Reads an answer to its end, whatever that is. */
function read(reading: Reading, onText: (text: string) => void): Promise<{ readonly status: number; readonly reason: string }> {
  const { port, host, path, signal } = reading;
  return new Promise((resolve) => {
    let status = 0;
    const request = get({ host: '127.0.0.1', port, path, headers: { Host: host }, agent: false, timeout: reading.silenceMs, signal });
    request.on('timeout', () => request.destroy(new Error('silence')));
    request.on('error', (error) => resolve({ status, reason: error.message }));
    request.on('response', (response) => {
      status = response.statusCode ?? 0;
      response.setEncoding('latin1');
      response.on('data', onText);
      response.on('error', (error) => resolve({ status, reason: error.message }));
      response.on('end', () => resolve({ status, reason: `status ${status}, ended` }));
    });
  });
}
