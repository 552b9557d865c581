import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { tail } from '../controller.ts';
import { ingress, secret, service, slices } from '../manifests.ts';
import { makeCertificate } from '../pems.ts';
import { probe, spread, timeUntil } from '../probe.ts';
import type { Scenario } from '../scenario.ts';
import { hosts, openStage, type Stage } from '../stage.ts';
import { shown } from './certificates.ts';
import { missing } from './resources.ts';

/** A clock for a stage of its own; the machine keeps its time. */
interface Clock {
  readonly environment: Readonly<Record<string, string>>;
  /** Seconds from the time of the machine. */
  set(seconds: number): Promise<void>;
  remove(): Promise<void>;
}

async function makeClock(): Promise<Clock> {
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-clock-'));
  const library = join(folder, 'clock.so');
  const file = join(folder, 'clock');
  execFileSync('cc', ['-O2', '-shared', '-fPIC', '-o', library, join(import.meta.dirname, '../clock.c')]);
  // In place, as the processes have mapped the file.
  const set = async (seconds: number) => {
    const bytes = Buffer.alloc(8);
    bytes.writeBigInt64LE(BigInt(seconds));
    await writeFile(file, bytes, { flag: 'r+' }).catch(() => writeFile(file, bytes));
  };
  await set(0);
  return {
    environment: { LD_PRELOAD: library, CLOCK_FILE: file },
    set,
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

const services = ['app', 'clock-1', 'clock-2', 'clock-3', 'clock-4', 'clock-5'] as const;
const hostOf = (service: string) => `${service}.faults.test`;

/** The endpoints of several Services change, as NGINX asks for each at another moment; resolves with the times until each is used. */
async function moveAll(stage: Stage, { wait = true } = {}): Promise<readonly number[]> {
  const fresh = new Map<string, readonly string[]>();
  for (const name of services) {
    const addresses = await stage.open(name, 2);
    fresh.set(name, addresses);
    await stage.save(`endpoints-${name}`, slices(name, addresses, stage.backendPort));
  }
  if (!wait) return [];
  return Promise.all(
    services.map((name) => {
      const isMoved = async () => fresh.get(name)?.includes((await probe(stage.http, hostOf(name))).address) ?? false;
      return timeUntil(`the endpoints of ${name} are used`, isMoved, limitMs);
    }),
  );
}

/** What the controller and NGINX do when the clock jumps must not last longer than without. */
const limitMs = 15_000;

/** Endpoints, a route and a certificate change. */
async function everythingWorks(stage: Stage): Promise<string> {
  const endpoints = spread(await moveAll(stage));
  const host = 'works.faults.test';
  await stage.save('works', [ingress({ name: 'works', host, paths: { '/': 'stable' } })]);
  const route = await timeUntil('a new route answers', async () => (await probe(stage.http, host)).status === 200, limitMs);
  await stage.remove('works');
  await timeUntil('the route is gone', async () => (await probe(stage.http, host)).status === 404, limitMs);
  const made = await makeCertificate(hosts.secure, 'ECDSA');
  await stage.save('secret', [secret('secure', made)]);
  const certificate = await timeUntil('the certificate is shown', async () => (await shown(stage)) === made.fingerprint, limitMs);
  return `endpoints ${endpoints}, a route ${route} ms, a certificate ${certificate} ms`;
}

const jumps = [
  ['two hours ahead', 7200],
  ['back', 0],
  ['two minutes back', -120],
  ['to the right time', 0],
] as const;

function explained(error: unknown, jump: string, stage: Stage): never {
  throw new Error(`after the jump ${jump}: ${error instanceof Error ? error.message : error}\n${tail(stage.controller.log)}`);
}

async function clockJumps(): Promise<readonly string[]> {
  const clock = await makeClock();
  const stage = await openStage({ downloadSeconds: 4, environment: clock.environment });
  try {
    await moveAll(stage, { wait: false });
    const objects = services.slice(1).flatMap((name, index) => [
      // Some are asked for by address, others, as their port has a name, by SRV.
      service(name, index % 2 === 0 ? stage.backendPort : 'web'),
      ingress({ name, host: hostOf(name), paths: { '/': name } }),
    ]);
    await stage.reloaded(() => stage.save('clock', objects));
    await stage.run();
    const figures = [`before: ${await everythingWorks(stage)}`];
    for (const [name, seconds] of jumps) {
      await clock.set(seconds);
      await pause(1_500);
      figures.push(`${name}: ${await everythingWorks(stage).catch((error) => explained(error, name, stage))}`);
    }
    const { sent, failed, samples } = await stage.take();
    if (Object.keys(failed).length > 0) throw new Error(`of ${sent} requests some failed:\n${samples.join('\n')}`);
    return [`load of its own: sent ${sent}, failed 0`, ...figures];
  } finally {
    await stage.close();
    await clock.remove();
  }
}

export const clockScenarios: readonly Scenario[] = [{ name: 'the clock jumps ahead and back', skip: () => missing('cc'), act: clockJumps }];
