import { type FileState, inspectFile } from './folder-files.ts';

/** Collects hints that files changed, and delivers each file once it rests. */
export interface FolderChanges {
  /** A file may have changed, come, or gone. */
  readonly notice: (path: string) => void;
  /** Ends when nothing is under way any more. */
  readonly stop: () => Promise<void>;
}

interface FolderChangesOptions {
  /** Takes files that rest. */
  readonly deliver: (paths: readonly string[]) => Promise<void>;
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
  /** Whether there was a hint since the last look. */
  noticed: boolean;
  looked: boolean;
}

/** Begins to collect. */
export function createFolderChanges(options: FolderChangesOptions): FolderChanges {
  const pending = new Map<string, Pending>();
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> | undefined;
  let stopped = false;

  const turn = async (): Promise<void> => {
    const ready: string[] = [];
    for (const [path, entry] of pending) if (await isAtRest(path, entry)) ready.push(path);
    for (const path of ready) pending.delete(path);
    if (ready.length > 0 && !stopped) await options.deliver(ready.sort());
  };
  const schedule = (): void => {
    if (timer || running || stopped || pending.size === 0) return;
    timer = setTimeout(() => {
      timer = undefined;
      running = turn()
        .catch((error) => options.onError(error instanceof Error ? error : new Error(String(error))))
        .finally(() => {
          running = undefined;
          schedule();
        });
    }, settleTime);
  };
  return {
    notice: (path) => {
      const entry = pending.get(path);
      if (entry) entry.noticed = true;
      else pending.set(path, { since: performance.now(), noticed: false, looked: false });
      schedule();
    },
    stop: async () => {
      stopped = true;
      clearTimeout(timer);
      await running;
    },
  };
}

async function isAtRest(path: string, entry: Pending): Promise<boolean> {
  entry.noticed = false;
  const state = await inspectFile(path);
  const now = performance.now();
  const isSame = entry.looked && entry.state?.signature === state?.signature;
  entry.state = state;
  entry.looked = true;
  const isAbsent = state === undefined || state.isEmpty;
  entry.absentSince = isAbsent ? (entry.absentSince ?? now) : undefined;
  if (entry.absentSince !== undefined) return now - entry.absentSince >= absenceTime;
  return (isSame && !entry.noticed) || now - entry.since >= patience;
}
