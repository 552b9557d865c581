import type { Outcome } from '../model/outcome.ts';
import type { Rendered } from '../model/rendered.ts';
import type { UpstreamId } from '../model/routing.ts';
import type { Runtime } from '../model/runtime.ts';
import { runPaths } from '../model/settings.ts';
import type { Generations } from './generation.ts';
import { createLiveValues, type LiveValues, type ValueStores, type Values } from './live-values.ts';
import type { Nginx } from './nginx.ts';
import type { TestResult } from './nginx-command.ts';
import { type LiveGeneration, planChange } from './plan.ts';
import { askGeneration, type Verified, verifyGeneration } from './verify.ts';

export interface ApplyDependencies extends ValueStores {
  readonly runDirectory: string;
  readonly nginx: Nginx;
  readonly generations: Generations;
  /** How long NGINX may take from a reload to its answer; 10 s, and more for a big configuration. */
  readonly verifyLimitMs?: number;
  /** Called when a new generation has passed `nginx -t` and is in its place: from then on a container may start NGINX with it. */
  readonly onTested?: (generation: string) => void;
}

/** What one batch has led to: the printed configuration, and what NGINX is told while it runs. */
export interface ApplyInput {
  readonly rendered: Rendered;
  readonly runtime: Runtime;
  readonly endpoints: Values['endpoints'];
}

/** The edge towards NGINX. */
export interface Apply {
  /** Makes NGINX run a batch, or leaves it as it was and says why. Throws when it is called before the call before has ended. */
  apply(input: ApplyInput): Promise<Outcome>;
  /**
   * Publishes values of what is published already, of certificates all or none; may be called while `apply` is at work. What the disk does
   * not take is left to the next batch, which says so.
   */
  refresh(values: Values): Promise<void>;
  /** Whether NGINX would take a configuration, without any effect: to find out which part of a refused one is at fault. */
  test(rendered: Rendered): Promise<TestResult>;
  /** The generation that NGINX was last seen to run. */
  readonly generation: string | undefined;
}

type Rejected = Extract<Outcome, { kind: 'rejected' }>;
type Live = LiveGeneration & { readonly upstreams: readonly UpstreamId[] };

/** What apply remembers: what NGINX runs. */
interface State {
  readonly deps: ApplyDependencies;
  readonly values: LiveValues;
  live: Live | undefined;
}

const answerLimitMs = 3_000;
/** Added for each megabyte of configuration, which takes NGINX a few hundred milliseconds to read. */
const verifyMsPerMegabyte = 1_000;

/** Makes the edge; NGINX is started or taken over by the first batch. */
export function createApply(deps: ApplyDependencies): Apply {
  const state: State = { deps, values: createLiveValues(deps), live: undefined };
  let isBusy = false;
  return {
    async apply(input) {
      if (isBusy) throw new Error('apply was called while it was at work');
      isBusy = true;
      try {
        return await applyOnce(state, input);
      } finally {
        isBusy = false;
      }
    },
    refresh: async (values) => {
      try {
        await state.values.refresh(values);
      } catch (error) {
        if (!isDiskError(error)) throw error;
      }
    },
    test: (rendered) => deps.generations.scratch(rendered, (path) => deps.nginx.test(path).then(withFileName)),
    get generation() {
      return state.live?.generation;
    },
  };
}

async function applyOnce(state: State, input: ApplyInput): Promise<Outcome> {
  const start = performance.now();
  const { deps } = state;
  const { rendered, runtime } = input;
  try {
    const published = await state.values.publish({ ...runtime, endpoints: input.endpoints });
    state.live ??= await takeOver(deps);
    if (state.live?.generation === rendered.generation) state.live = rendered;
    const plan = planChange(state.live, rendered, published);
    if (plan.kind !== 'reload') await state.values.prune(runtime);
    if (plan.kind === 'nothing') return { kind: 'unchanged' };
    if (plan.kind === 'live') return { kind: 'live', ...published };
    const rejected = await install(state, rendered);
    if (rejected) return { ...rejected, cause: plan.cause };
    const note = await settle(state, input);
    const milliseconds = Math.round(performance.now() - start);
    return { kind: 'reloaded', generation: rendered.generation, cause: plan.cause, reason: plan.reason + note, milliseconds };
  } catch (error) {
    if (isDiskError(error)) return { kind: 'rejected', stage: 'write', message: error.message };
    throw error;
  }
}

/** Errors of the operating system name their system call; they may be wrapped in one that says what was being written. */
function isDiskError(error: unknown): error is Error {
  if (!(error instanceof Error)) return false;
  return 'syscall' in error || isDiskError(error.cause);
}

/** NGINX may run already, when only the controller was started again: then what it runs counts, and is not loaded twice. */
async function takeOver({ nginx, generations, runDirectory }: ApplyDependencies): Promise<Live | undefined> {
  if (!(await nginx.adopt())) return undefined;
  const generation = await askGeneration(runPaths(runDirectory).generationSocket).catch(() => undefined);
  if (generation === undefined || !/^[0-9a-f]{16}$/.test(generation)) return undefined;
  const files = await generations.read(generation);
  return { generation, upstreams: [], ...(files && { files }) };
}

/** Writes, tests, switches, loads and verifies. On failure what was before is in force again, and nothing of the new is left. */
async function install(state: State, rendered: Rendered): Promise<Rejected | undefined> {
  const { nginx, onTested } = state.deps;
  const { generation } = rendered;
  const before = state.live?.generation ?? (await state.deps.generations.current());
  const refused = await putInPlace(state.deps, rendered, before);
  if (refused) return refused;
  onTested?.(generation);
  const failure = await load(state, rendered);
  if (!failure) return undefined;
  // Where a container has yet to start NGINX, what was tested has to stay for it.
  const isAwaited = nginx.mode === 'attach' && nginx.pid === undefined;
  if (isAwaited) return failure;
  const lost = await goBack(state, { from: generation, to: before });
  return lost === undefined ? failure : { ...failure, message: `${failure.message}; ${lost}` };
}

async function putInPlace(deps: ApplyDependencies, rendered: Rendered, before: string | undefined): Promise<Rejected | undefined> {
  const { nginx, generations } = deps;
  let isInPlace = false;
  try {
    const tested = withFileName(await nginx.test(await generations.write(rendered)));
    if (!tested.ok) return rejection('test', tested);
    await generations.switchTo(rendered.generation);
    isInPlace = true;
    return undefined;
  } finally {
    if (!isInPlace && before !== rendered.generation) await generations.discard(rendered.generation);
  }
}

async function load(state: State, rendered: Rendered): Promise<Rejected | undefined> {
  try {
    await startOrReload(state, rendered.generation);
  } catch (error) {
    return rejection('reload', { message: (error as Error).message });
  }
  const verified = await verify(state, rendered);
  if (verified.ok) return undefined;
  return rejection(verified.gaveUp ? 'reload' : 'verify', { message: verified.message });
}

async function startOrReload({ deps, live }: State, generation: string): Promise<void> {
  const { nginx, runDirectory } = deps;
  if (live || nginx.pid !== undefined) return nginx.reload();
  if ((await nginx.start()) === 'started') return;
  // A container has started NGINX, most likely with what has just been put in its place.
  const running = await askGeneration(runPaths(runDirectory).generationSocket).catch(() => undefined);
  if (running !== generation) await nginx.reload();
}

function verify({ deps }: State, rendered: Rendered): Promise<Verified> {
  const { nginx, runDirectory, verifyLimitMs = 10_000 } = deps;
  const megabytes = [...rendered.files.values()].reduce((sum, text) => sum + text.length, 0) / 1_000_000;
  return verifyGeneration({
    socketPath: runPaths(runDirectory).generationSocket,
    expected: rendered.generation,
    deadlineMs: verifyLimitMs + verifyMsPerMegabyte * Math.round(megabytes),
    isSettled: async () => !(await nginx.hasOldWorkers()),
    giveUp: () => nginx.refusal,
  });
}

/** Puts the generation before back in force; a sentence when that fails too. */
async function goBack(state: State, { from, to }: { from: string; to: string | undefined }): Promise<string | undefined> {
  const { nginx, generations } = state.deps;
  try {
    const files = to === undefined ? undefined : await generations.read(to);
    if (to === undefined || !files) {
      await generations.discard(from);
      return undefined;
    }
    if (to === from) return undefined;
    await generations.switchTo(to);
    if (nginx.pid !== undefined || state.live) {
      await nginx.reload();
      const verified = await verify(state, { generation: to, files, upstreams: [] });
      if (!verified.ok) return `the generation before is not in force either: ${verified.message}`;
    }
    await generations.discard(from);
    return undefined;
  } catch (error) {
    return `the generation before could not be put back: ${(error as Error).message}`;
  }
}

/** Waits until the new upstreams have their endpoints, and removes what nothing names any more. */
async function settle(state: State, { rendered, runtime, endpoints }: ApplyInput): Promise<string> {
  const { deps, live } = state;
  state.live = rendered;
  const known = new Set(live?.upstreams);
  // What is not known yet, such as an external name, cannot be waited for; it must not hold up everybody else.
  const fresh = rendered.upstreams.filter((id) => !known.has(id) && endpoints.has(id));
  const missing = await deps.endpoints.whenAnswered(fresh, answerLimitMs);
  const late = missing.length === 0 ? '' : `; NGINX has not asked for the endpoints of ${missing.length} new upstreams yet`;
  try {
    await state.values.prune(runtime);
    await deps.generations.prune();
    return late;
  } catch (error) {
    // The generation runs, whatever may lie around.
    return `${late}; old files could not be removed: ${(error as Error).message}`;
  }
}

/** Only lines of nginx.conf itself are reported as such; another file is named in the message. */
function withFileName(result: TestResult): TestResult {
  if (result.ok || result.file === undefined || result.file.endsWith('/nginx.conf')) return result;
  const name = result.file.slice(result.file.lastIndexOf('/') + 1);
  return { ok: false, message: `${result.message} in line ${result.line} of ${name}`, file: result.file };
}

function rejection(stage: Rejected['stage'], { message, line }: { message: string; line?: number }): Rejected {
  return { kind: 'rejected', stage, message, ...(line !== undefined && { line }) };
}
