import type { Outcome } from '../model/outcome.ts';
import type { Rendered } from '../model/rendered.ts';
import type { Runtime } from '../model/runtime.ts';
import { runPaths } from '../model/settings.ts';
import { type InstallDependencies, type InstallState, install, type Live, withFileName } from './install.ts';
import { createKnownForms } from './known-forms.ts';
import { createLiveValues, type LiveValues, type ValueStores, type Values } from './live-values.ts';
import type { TestResult } from './nginx-command.ts';
import { type Plan, type Published, planChange } from './plan.ts';
import { askGeneration } from './verify.ts';

export interface ApplyDependencies extends InstallDependencies, ValueStores {}

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

/** What apply remembers: what NGINX runs. */
interface State extends InstallState {
  readonly deps: ApplyDependencies;
  readonly values: LiveValues;
  live: Live | undefined;
}

const answerLimitMs = 3_000;

/** Makes the edge; NGINX is started or taken over by the first batch. */
export function createApply(deps: ApplyDependencies): Apply {
  const state: State = { deps, values: createLiveValues(deps), forms: createKnownForms(), live: undefined, isUncertain: false };
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
    const plan = planOf(state, rendered, published);
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

/** What NGINX may not run has to be loaded, also when it is what it ran before. */
function planOf({ live, isUncertain }: State, rendered: Rendered, published: Published): Plan {
  const plan = planChange(live, rendered, published);
  if (!isUncertain || plan.kind === 'reload') return plan;
  return { kind: 'reload', cause: 'takeover', reason: 'NGINX may run another generation, as the change before did not come to its end' };
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
