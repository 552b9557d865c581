import { setImmediate as afterPoll } from 'node:timers/promises';
import { type FileState, inspectFile } from './folder-files.ts';

/** Collects hints that files changed, and delivers each file once it rests. */
export interface FolderChanges {
  /** A file may have changed, come, or gone; `moved`: in one step, so that it rests unless `written` follows. */
  readonly notice: (path: string, how: 'moved' | 'written') => void;
  /** Ends when nothing is under way any more. */
  readonly stop: () => Promise<void>;
}

/** How a file looked when it rested, by its path; `any`: it never does, and has waited long enough. */
export type RestingFiles = ReadonlyMap<string, FileState | 'gone' | 'any'>;

interface FolderChangesOptions {
  /** Takes files that rest, sorted; gives back those that were found to be others meanwhile, which come again when they rest. */
  readonly deliver: (files: RestingFiles) => Promise<readonly string[]>;
  readonly onError: (error: Error) => void;
}

/** A file that looks the same for this long was not caught in the middle of being written. Milliseconds. */
const settleTime = 15;
/** A file that never rests is read all the same after this time. */
const patience = 1000;
/** Editors remove or empty a file for a moment while they save it. */
const absenceTime = 400;

interface Pending {
  readonly since: number;
  state?: FileState | undefined;
  /** When the file was first seen to be missing or empty. */
  absentSince?: number | undefined;
  /** Since when the file has looked the same, and nobody has said anything else; undefined before the first look. */
  sameSince?: number | undefined;
  /** Whether there was a hint since the last look. */
  noticed: boolean;
  moved: boolean;
}

/** Begins to collect. */
export function createFolderChanges(options: FolderChangesOptions): FolderChanges {
  const pending = new Map<string, Pending>();
  const clock = createClock(turn, options.onError);
  let stopped = false;

  async function turn(): Promise<void> {
    const looked = [...pending];
    await Promise.all(looked.map(([path, entry]) => look(path, entry)));
    // A file that is written after it was made has both reported by the time at which it is not empty any more: that is read here, if it was not yet.
    if (looked.some(([, entry]) => entry.moved)) await wholePoll();
    const ready = looked.filter(([, entry]) => isAtRest(entry)).sort(([one], [other]) => (one < other ? -1 : 1));
    for (const [path] of ready) pending.delete(path);
    if (ready.length > 0 && !stopped) await deliver(new Map(ready));
    if (pending.size > 0) clock.ring(settleTime);
  }
  async function deliver(ready: ReadonlyMap<string, Pending>): Promise<void> {
    const files = [...ready].map(([path, entry]) => [path, hasPatience(entry) ? (entry.state ?? 'gone') : 'any'] as const);
    for (const path of await options.deliver(new Map(files))) {
      const since = ready.get(path)?.since ?? performance.now();
      pending.set(path, { since, noticed: true, moved: false, ...pending.get(path) });
    }
  }
  return {
    notice: (path, how) => {
      const moved = how === 'moved';
      const entry = pending.get(path);
      if (entry) Object.assign(entry, { noticed: true, moved });
      else pending.set(path, { since: performance.now(), noticed: false, moved });
      if (!entry || moved) clock.ring(0);
    },
    stop: () => {
      stopped = true;
      return clock.stop();
    },
  };
}

/** An alarm for work that is never done twice at the same time; of several moments the first one counts. */
function createClock(work: () => Promise<void>, onError: (error: Error) => void) {
  let timer: NodeJS.Timeout | undefined;
  let due = Number.POSITIVE_INFINITY;
  let running: Promise<void> | undefined;
  let stopped = false;
  const run = (): void => {
    timer = undefined;
    due = Number.POSITIVE_INFINITY;
    running = work()
      .catch((error) => onError(error instanceof Error ? error : new Error(String(error))))
      .finally(() => {
        running = undefined;
        schedule();
      });
  };
  const schedule = (): void => {
    if (running || stopped || due === Number.POSITIVE_INFINITY) return;
    clearTimeout(timer);
    timer = setTimeout(run, Math.max(0, due - performance.now()));
  };
  return {
    ring: (delay: number): void => {
      const wanted = performance.now() + delay;
      if (wanted >= due) return;
      due = wanted;
      schedule();
    },
    stop: async (): Promise<void> => {
      stopped = true;
      clearTimeout(timer);
      await running;
    },
  };
}

/** Takes in every event that the system has reported so far: a round of the event loop that begins from now on has ended. */
async function wholePoll(): Promise<void> {
  await afterPoll();
  await afterPoll();
}

async function look(path: string, entry: Pending): Promise<void> {
  entry.noticed = false;
  const state = await inspectFile(path);
  const now = performance.now();
  const isSame = entry.sameSince !== undefined && entry.state?.signature === state?.signature && !entry.noticed;
  if (!isSame) entry.sameSince = now;
  entry.state = state;
  const isAbsent = state === undefined || state.isEmpty;
  entry.absentSince = isAbsent ? (entry.absentSince ?? now) : undefined;
}

function hasPatience({ since }: Pending): boolean {
  return performance.now() - since < patience;
}

function isAtRest(entry: Pending): boolean {
  const { sameSince = Number.POSITIVE_INFINITY, absentSince, noticed, moved } = entry;
  const now = performance.now();
  if (absentSince !== undefined) return now - absentSince >= absenceTime;
  if (moved && !noticed) return true;
  return (!noticed && now - sameSince >= settleTime) || !hasPatience(entry);
}
