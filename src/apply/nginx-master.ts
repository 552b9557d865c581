import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, constants, readFile, rm } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { runPaths } from '../model/settings.ts';
import { type NginxLine, parseNginxLine, worstComplaint } from './nginx-log.ts';
import { openLogPipe, withErrorsToPipe } from './nginx-log-pipe.ts';
import { holdsUnixSocket, isLeaving, nginxFamily, processFacts, sendSignal, undefinedUnlessBlind, waitFor } from './nginx-processes.ts';
import { removeStaleSockets } from './nginx-sockets.ts';
import { askGeneration } from './verify.ts';

/** How a master ended; both are null for one that was not our child. */
export interface MasterEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A master process that has been seen to answer. */
export interface Master {
  readonly pid: number;
  readonly kind: 'child' | 'attached';
  /** Resolves when the process is gone. */
  readonly ended: Promise<MasterEnd>;
  /** Ends the watch, so that it does not keep this process alive. */
  leave(): void;
}

export interface SpawnOptions {
  readonly program: string;
  readonly runDirectory: string;
  readonly log: (line: NginxLine) => void;
  /** How long NGINX may take from its start to its first answer. */
  readonly limitMs: number;
}

/**
 * Starts NGINX as a child and resolves when it answers on the generation socket; rejects with NGINX's own words. The child leads
 * a process group: Ctrl-C in a terminal reaches only the controller, and the workers of a master that died can be found.
 */
export async function spawnMaster(options: SpawnOptions): Promise<Master> {
  const { runDirectory, limitMs } = options;
  await removeStaleSockets(runDirectory);
  // What an auth service has said to an NGINX before this one it need not say again.
  await rm(runPaths(runDirectory).authCache, { recursive: true, force: true });
  const early: NginxLine[] = [];
  let answered = false;
  const child = await openChild(options, (line) => {
    if (!answered) early.push(line);
    options.log(line);
  });
  let end: MasterEnd | undefined;
  child.ended.then((value) => {
    end = value;
  });
  await waitFor(async () => {
    answered = end === undefined && (await answers(runPaths(runDirectory).generationSocket));
    return answered || end !== undefined;
  }, limitMs);
  if (answered) return { pid: child.pid, kind: 'child', ended: child.ended, leave: child.leave };
  // The last lines may still be in the pipe, which a worker can hold open for longer than we want to wait.
  if (end !== undefined) await Promise.race([child.silent, pause(500)]);
  const message = worstComplaint(early)?.message ?? startFailure(end, limitMs);
  await killFamily(child.pid);
  throw new Error(message);
}

interface Child {
  readonly pid: number;
  readonly ended: Promise<MasterEnd>;
  /** Resolves when nobody can write to the error log any more. */
  readonly silent: Promise<void>;
  leave(): void;
}

async function openChild({ program, runDirectory }: SpawnOptions, onLine: (line: NginxLine) => void): Promise<Child> {
  const notStarted = (error: Error) => new Error(`${program} cannot be started: ${error.message}`);
  // Where the program is a path, the system says better than a shell why it cannot be started.
  if (program.includes('/')) await access(program, constants.X_OK).catch((error: Error) => Promise.reject(notStarted(error)));
  const args = ['-e', 'stderr', '-c', runPaths(runDirectory).config, '-g', 'daemon off;'];
  const pipe = await openLogPipe(runDirectory);
  const [shell, ...first] = withErrorsToPipe;
  const child = spawn(shell, [...first, program, ...args], { detached: true, stdio: ['ignore', 'ignore', 'ignore', pipe.writer] });
  pipe.closeWriter();
  const { pid } = child;
  if (pid === undefined) {
    pipe.reader.destroy();
    const [error] = await once(child, 'error');
    throw notStarted(error);
  }
  const reader = createInterface({ input: pipe.reader });
  reader.on('line', (text) => onLine(parseNginxLine(text)));
  return {
    pid,
    ended: new Promise((resolve) => child.once('exit', (code, signal) => resolve({ code, signal }))),
    silent: new Promise((resolve) => reader.once('close', resolve)),
    leave() {
      child.unref();
      pipe.reader.unref();
    },
  };
}

function startFailure(end: MasterEnd | undefined, limitMs: number): string {
  if (end === undefined) return `NGINX did not answer within ${limitMs / 1000} s of its start`;
  return `NGINX ended at once (${end.signal ?? `exit code ${end.code}`})`;
}

function answers(socketPath: string): Promise<boolean> {
  return askGeneration(socketPath).then(
    () => true,
    () => false,
  );
}

/** The number in the pid file, whoever it belongs to now. `nginx -t` leaves an empty file when there was none. */
export async function readPid(runDirectory: string): Promise<number | undefined> {
  const text = await readFile(runPaths(runDirectory).pid, 'utf8').catch(undefinedUnlessBlind);
  const pid = Number.parseInt(text ?? '', 10);
  return pid > 0 ? pid : undefined;
}

/**
 * The master of this run directory, if it runs. The number in the pid file may belong to another program by now: it has to hold our
 * private socket, or, where the system does not tell, its title has to name the run directory.
 */
export async function findMaster(runDirectory: string): Promise<number | undefined> {
  const pid = await readPid(runDirectory);
  const facts = pid === undefined ? undefined : await processFacts(pid);
  if (pid === undefined || !facts) return undefined;
  const isTitled = facts.command.startsWith('nginx: master process') && facts.command.includes(runDirectory);
  return isTitled || (await holdsUnixSocket(pid, runPaths(runDirectory).generationSocket)) ? pid : undefined;
}

/** Watches a master that somebody else started: nothing tells when it ends, so it is looked for twice a second. */
export function watchMaster(pid: number, runDirectory: string): Master {
  let timer: NodeJS.Timeout | undefined;
  const ended = new Promise<MasterEnd>((resolve) => {
    const look = async () => {
      // Who cannot look has not seen it end.
      const found = await findMaster(runDirectory).catch(() => pid);
      if (found !== pid) resolve({ code: null, signal: null });
      else if (timer) timer = setTimeout(look, 500);
    };
    timer = setTimeout(look, 500);
  });
  return {
    pid,
    kind: 'attached',
    ended,
    leave() {
      clearTimeout(timer);
      timer = undefined;
    },
  };
}

/**
 * Makes the workers of a dead master let go of the listening sockets, so that a new one can bind to them. They may finish the
 * requests that they have; who does not even begin to leave within two seconds is killed. Gives back who is still there.
 */
export async function retireOrphans(master: number): Promise<readonly number[]> {
  const orphans = await nginxFamily(master);
  for (const orphan of orphans) sendSignal(orphan.pid, 'SIGQUIT');
  const isFree = async () => (await nginxFamily(master)).every(isLeaving);
  if (orphans.length > 0 && !(await waitFor(isFree, 2_000))) {
    for (const orphan of await nginxFamily(master)) if (!isLeaving(orphan)) sendSignal(orphan.pid, 'SIGKILL');
    await waitFor(isFree, 2_000);
  }
  return (await nginxFamily(master)).map((orphan) => orphan.pid);
}

/** Ends a master and everything that it started, at once. */
export async function killFamily(master: number): Promise<void> {
  const family = await nginxFamily(master);
  if ((await processFacts(master)) !== undefined) sendSignal(master, 'SIGKILL');
  for (const one of family) sendSignal(one.pid, 'SIGKILL');
  await waitFor(() => isGone(master), 2_000);
}

/** Whether a master and everything that it started have ended. */
export async function isGone(master: number): Promise<boolean> {
  return (await processFacts(master)) === undefined && (await nginxFamily(master)).length === 0;
}
