import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { open, rm } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { ingress, type Manifest } from '../manifests.ts';
import { probe, timeUntil } from '../probe.ts';
import type { Scenario } from '../scenario.ts';
import { hosts, idempotentKinds, openStage, type Stage } from '../stage.ts';

const route = (name: string) => ingress({ name, host: `${name}.faults.test`, paths: { '/': 'stable' } });
const isServed = (stage: Stage, name: string) => async () => (await probe(stage.http, `${name}.faults.test`)).status === 200;

/** Takes all the room there is. */
async function fill(path: string): Promise<void> {
  const file = await open(path, 'a');
  try {
    for (;;) await file.write(Buffer.alloc(512));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
  } finally {
    await file.close();
  }
}

/** A stage of its own, whose run directory is a small file system that only its controller and NGINX see. */
async function diskFull(): Promise<readonly string[]> {
  const stage = await openStage({ downloadSeconds: 2, privateDiskMegabytes: 4 });
  // The file system of the controller's mount namespace, seen from here.
  const filler = `/proc/${stage.controller.pid}/root${stage.paths.temporary}/filler`;
  try {
    // NGINX stores bodies that do not fit into its buffers on that disk, so those fail while it is full.
    const withoutBodies = { services: ['app', 'stable'], perSecond: 80 };
    await stage.load([
      { host: hosts.app, kinds: idempotentKinds, ...withoutBodies },
      { host: hosts.stable, kinds: idempotentKinds, ...withoutBodies },
      { host: hosts.secure, kinds: ['https keep-alive GET', 'https fresh GET'], ...withoutBodies },
    ]);
    await stage.run();
    await pause(500);
    const from = stage.controller.log.length;
    await fill(filler);
    await stage.save('full', [route('full')]);
    const { msg } = await stage.controller.line(/refused at (write|test)/, from);
    await pause(1_500);
    await rm(filler);
    const live = await timeUntil('the route is live', isServed(stage, 'full'));
    const { sent, failed, samples } = await stage.take();
    if (Object.keys(failed).length > 0) throw new Error(`of ${sent} requests some failed:\n${samples.join('\n')}`);
    return [`load of its own: sent ${sent}, failed 0`, `said: ${msg.slice(0, 120)}`, `live ${live} ms after there is room`];
  } finally {
    await stage.close();
  }
}

/** Leaves a process so many more file descriptors than it has; resolves with the way back. */
function limitDescriptors(pid: number, left: number): () => void {
  const set = (limit: string) => execFileSync('prlimit', ['--pid', String(pid), `--nofile=${limit}`]);
  const [soft = '1024'] =
    execFileSync('prlimit', ['--pid', String(pid), '--nofile', '--output', 'SOFT', '--noheadings'], { encoding: 'utf8' }).match(/\d+/) ??
    [];
  // The limit is on the number of a new descriptor, so those that are free below the highest one have to go too.
  const taken = new Set(readdirSync(`/proc/${pid}/fd`).map(Number));
  let limit = 0;
  for (let free = 0; free < left || taken.has(limit); limit += 1) if (!taken.has(limit)) free += 1;
  set(`${limit}:`);
  return () => set(`${soft}:`);
}

/** A regular expression is always tested by a process of its own before NGINX gets it. */
function patternRoute(name: string): Manifest {
  const made = route(name);
  const annotations = { 'nginx.ingress.kubernetes.io/use-regex': 'true' };
  return { ...made, metadata: { ...(made['metadata'] as object), annotations } };
}

interface Lack {
  /** How many descriptors there are still: some let the configuration be written, and are too few to start a program. */
  readonly left: number;
  readonly object: (name: string) => Manifest;
}

async function descriptorsGone(stage: Stage, { left, object }: Lack): Promise<readonly string[]> {
  const giveBack = limitDescriptors(stage.controller.pid, left);
  try {
    await stage.save('descriptors', [object('descriptors')]);
    await pause(3_000);
    if (!stage.controller.isRunning()) throw new Error('it did not go on');
    // What was open for a moment when the limit was set is free again, so with some that are left it may do.
    if (left === 0 && (await isServed(stage, 'descriptors')())) throw new Error('the limit has no effect');
  } finally {
    if (stage.controller.isRunning()) giveBack();
  }
  const live = await timeUntil('the route is live', isServed(stage, 'descriptors'), 15_000);
  await stage.remove('descriptors');
  await timeUntil('the route is gone', async () => !(await isServed(stage, 'descriptors')()));
  return [`${left} left; live ${live} ms after there are descriptors`];
}

const isRoot = process.getuid?.() === 0;

/** Which of these programs the machine lacks, as a reason; undefined when it has all. */
export function missing(...programs: readonly string[]): string | undefined {
  const absent = programs.filter((program) => {
    try {
      execFileSync(program, ['--version'], { stdio: 'ignore' });
      return false;
    } catch {
      return true;
    }
  });
  return absent.length === 0 ? undefined : `there is no ${absent.join(', no ')}`;
}

/** Whether a private file system can be mounted here; containers often may not. */
function whyNoMount(): string | undefined {
  if (!isRoot) return 'only root can mount a small file system';
  try {
    execFileSync('unshare', ['--mount', 'mount', '-t', 'tmpfs', 'gatehouse-faults', '/mnt'], { stdio: 'ignore' });
    return undefined;
  } catch {
    return 'this machine does not let root mount a file system in a namespace of its own';
  }
}

export const resourceScenarios: readonly Scenario[] = [
  { name: 'the disk of the run directory is full', skip: whyNoMount, act: diskFull },
  {
    name: 'the controller has no file descriptors left',
    skip: () => missing('prlimit'),
    act: (stage) => descriptorsGone(stage, { left: 0, object: route }),
  },
  {
    name: 'the controller has a few file descriptors left, which are not enough for all that it does',
    skip: () => missing('prlimit'),
    act: (stage, { random }) => descriptorsGone(stage, { left: Math.floor(random() * 7), object: patternRoute }),
  },
];
