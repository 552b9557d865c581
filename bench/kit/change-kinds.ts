import { setTimeout as pause } from 'node:timers/promises';
import { connect } from 'node:tls';
import { makeCertificate } from '../../e2e/faults/pems.ts';
import { untilAnswered } from './asking.ts';
import type { Gatehouse } from './gatehouse.ts';
import { hostOf, type Manifests, secureHost } from './manifests.ts';

/** The product at work on manifests that can be changed. */
export interface Running {
  readonly gatehouse: Gatehouse;
  readonly manifests: Manifests;
}

/** Times in milliseconds from the moment when the write has returned. */
export type Times = Promise<readonly number[]>;

/**
 * The controller leaves NGINX alone for as long as the last reload took: a change to a quiet one is wanted. The chance in it
 * keeps the changes out of step with NGINX, which asks for endpoints once a second.
 */
export async function quiet(gatehouse: Gatehouse): Promise<void> {
  const last = gatehouse.log.findLast(({ ms }) => ms !== undefined);
  const rest = last === undefined ? 0 : last.at + (last.ms ?? 0) + 150 - performance.now();
  await pause(Math.max(0, rest) + Math.random() * 1000);
}

/** One endpoint takes the place of another; the time until it answers. */
export type ChangeEndpoint = (service: number) => Promise<number>;

export function endpointChanger({ gatehouse, manifests }: Running): ChangeEndpoint {
  const moved = new Set<number>();
  return async (service) => {
    const isBack = moved.delete(service);
    if (!isBack) moved.add(service);
    const address = isBack ? '127.0.0.1' : '127.0.0.2';
    await manifests.changeEndpoint(service, address);
    const saved = performance.now();
    const question = { port: gatehouse.httpPort, host: hostOf(service), path: '/shop' };
    return (await untilAnswered(question, ({ body }) => body === `${address}\n`)) - saved;
  };
}

/** Of one Service after the other, or of the same one again and again, about once a second. */
export async function endpointChanges({ gatehouse }: Running, change: ChangeEndpoint, services: readonly number[]): Times {
  const times: number[] = [];
  for (const service of services) {
    const lines = gatehouse.log.length;
    times.push(await change(service));
    await gatehouse.line(lines, ({ msg }) => msg.startsWith('live '));
    await quiet(gatehouse);
  }
  return times;
}

/** The same while a new Ingress arrives every tenth of a second, so that reloads and their pauses never end. */
export async function endpointsAmongRoutes(running: Running, change: ChangeEndpoint, from: number, services: readonly number[]): Times {
  const times: number[] = [];
  const arriving = keepAdding(running, from, 100);
  await pause(1000);
  for (const service of services) {
    times.push(await change(service));
    await pause(Math.random() * 1000);
  }
  await arriving.stop();
  await quiet(running.gatehouse);
  return times;
}

/** New Ingresses at a steady pace; `stop` waits for the last one to answer, and resolves with the number of the next. */
export function keepAdding({ gatehouse, manifests }: Running, from: number, everyMs: number): { stop(): Promise<number> } {
  let isOver = false;
  let index = from;
  const arriving = (async () => {
    for (; !isOver; index += 1) {
      await manifests.addIngresses(index, index + 1);
      await pause(everyMs);
    }
  })();
  return {
    async stop() {
      isOver = true;
      await arriving;
      await untilAnswered({ port: gatehouse.httpPort, host: hostOf(index - 1), path: '/shop' }, ({ status }) => status === 200);
      return index;
    },
  };
}

export async function newIngresses({ gatehouse, manifests }: Running, first: number, changes: number): Times {
  const times: number[] = [];
  for (let index = first; index < first + changes; index += 1) {
    const lines = gatehouse.log.length;
    await manifests.addIngresses(index, index + 1);
    const saved = performance.now();
    const question = { port: gatehouse.httpPort, host: hostOf(index), path: '/shop' };
    times.push((await untilAnswered(question, ({ status }) => status === 200)) - saved);
    await gatehouse.line(lines, ({ msg }) => msg.startsWith('reloaded '));
    await quiet(gatehouse);
  }
  return times;
}

/** From the moment when the first file is written until every one of so many answers. */
export async function manyAtOnce({ gatehouse, manifests }: Running, first: number, count: number): Times {
  const start = performance.now();
  await manifests.addIngresses(first, first + count);
  for (let index = first; index < first + count; index += 1) {
    await untilAnswered({ port: gatehouse.httpPort, host: hostOf(index), path: '/shop' }, ({ status }) => status === 200);
  }
  const passed = performance.now() - start;
  await quiet(gatehouse);
  return [passed];
}

/** A host and its first certificate, which needs a reload. */
export async function addSecureHost({ gatehouse, manifests }: Running): Promise<void> {
  await manifests.changeCertificate(await makeCertificate(secureHost, 'ECDSA'));
  await untilAnswered(
    { port: gatehouse.httpPort, host: secureHost, path: '/shop' },
    ({ status }) => status !== 404 && status !== undefined,
  );
}

/** Rotated again and again, RSA and ECDSA in turn; until handshakes show the new one. */
export async function certificateChanges({ gatehouse, manifests }: Running, changes: number): Times {
  const times: number[] = [];
  for (let number = 0; number < changes; number += 1) {
    const made = await makeCertificate(secureHost, number % 2 === 0 ? 'RSA' : 'ECDSA');
    await manifests.changeCertificate(made);
    const saved = performance.now();
    while ((await shownCertificate(gatehouse.httpsPort)) !== made.fingerprint) {
      if (performance.now() - saved > limitMs) throw new Error(`the certificate of ${secureHost} is not shown after ${limitMs / 1000} s`);
      await pause(3);
    }
    times.push(performance.now() - saved);
    await quiet(gatehouse);
  }
  return times;
}

const limitMs = 60_000;

function shownCertificate(port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port, servername: secureHost, rejectUnauthorized: false }, () => {
      resolve(socket.getPeerX509Certificate()?.fingerprint256);
      socket.destroy();
    });
    socket.on('error', () => resolve(undefined));
  });
}
