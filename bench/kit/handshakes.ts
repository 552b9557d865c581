import { connect } from 'node:tls';
import { percentile } from './figures.ts';
import type { LoadFigures } from './wrk.ts';

/** One request for each new TLS connection. */
export interface HandshakeLoad {
  readonly port: number;
  readonly host: string;
  readonly path: string;
  /** How many connections are open at a time. */
  readonly connections: number;
  readonly seconds: number;
}

/** Makes full handshakes, one for each request: other load generators resume the session of the connection before. */
export async function runHandshakes(load: HandshakeLoad): Promise<LoadFigures> {
  const start = performance.now();
  const times: number[] = [];
  let failed = 0;
  const client = async (): Promise<void> => {
    while (performance.now() - start < load.seconds * 1000) {
      const begun = performance.now();
      if (await askOnce(load)) times.push((performance.now() - begun) * 1000);
      else failed += 1;
    }
  };
  await Promise.all(Array.from({ length: load.connections }, client));
  const perSecond = (times.length / (performance.now() - start)) * 1000;
  return { requests: times.length, perSecond, p50: percentile(times, 0.5), p99: percentile(times, 0.99), failed };
}

function askOnce({ port, host, path }: HandshakeLoad): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port, servername: host, rejectUnauthorized: false });
    let text = '';
    socket.setEncoding('latin1');
    socket.on('secureConnect', () => socket.write(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`));
    socket.on('data', (chunk: string) => {
      text += chunk;
    });
    socket.on('error', () => resolve(false));
    socket.on('close', () => resolve(text.startsWith('HTTP/1.1 200 ') && !socket.isSessionReused()));
  });
}
