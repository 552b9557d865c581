import type { Outcome } from '../model/outcome.ts';
import type { Rendered } from '../model/rendered.ts';
import type { UpstreamId } from '../model/routing.ts';
import { runPaths } from '../model/settings.ts';
import type { Generations } from './generation.ts';
import type { KnownForms } from './known-forms.ts';
import type { Nginx } from './nginx.ts';
import type { TestResult } from './nginx-command.ts';
import type { LiveGeneration } from './plan.ts';
import { askGeneration, type Verified, verifyGeneration } from './verify.ts';

/** Where a generation goes, and who is to run it. */
export interface InstallDependencies {
  readonly runDirectory: string;
  readonly nginx: Nginx;
  readonly generations: Generations;
  /** How long NGINX may take from a reload to its answer; 10 s, and more for a big configuration. */
  readonly verifyLimitMs?: number;
  /** Called when a new generation has passed `nginx -t` and is in its place: from then on a container may start NGINX with it. */
  readonly onTested?: (generation: string) => void;
}

/** Why a generation does not run. */
export type Rejected = Extract<Outcome, { kind: 'rejected' }>;
/** The generation that runs, with the upstreams that NGINX has been told of. */
export type Live = LiveGeneration & { readonly upstreams: readonly UpstreamId[] };

/** What was installed before. */
export interface InstallState {
  readonly deps: InstallDependencies;
  readonly forms: KnownForms;
  readonly live: Live | undefined;
  /** NGINX may run another generation than `live`: an installation has been begun, and it is not known how it ended. */
  isUncertain: boolean;
}

/** Added for each megabyte of configuration, which takes NGINX a few hundred milliseconds to read. */
const verifyMsPerMegabyte = 1_000;

/** Writes, tests, switches, loads and verifies. On failure what was before is in force again, and nothing of the new is left. */
export async function install(state: InstallState, rendered: Rendered): Promise<Rejected | undefined> {
  const { nginx, onTested } = state.deps;
  const { generation } = rendered;
  const before = state.live?.generation ?? (await state.deps.generations.current());
  const isTested = !mayTestItself(state, rendered);
  const refused = await putInPlace(state.deps, rendered, { before, isTested });
  if (refused) return refused;
  if (isTested) onTested?.(generation);
  state.isUncertain = true;
  const failure = await load(state, rendered);
  if (!isTested && !failure) onTested?.(generation);
  // Where a container has yet to start NGINX, what was tested has to stay for it.
  const isAwaited = nginx.mode === 'attach' && nginx.pid === undefined;
  state.isUncertain = failure !== undefined && !isAwaited;
  if (!failure || isAwaited) return failure;
  const cause = isTested ? failure : await causeOf(state.deps, failure);
  const lost = await goBack(state, { from: generation, to: before, isUntouched: cause.stage === 'test' });
  state.isUncertain = lost !== undefined || before === generation;
  return lost === undefined ? cause : { ...cause, message: `${cause.message}; ${lost}` };
}

/**
 * A start or a reload reads the configuration as `nginx -t` does, and one that is refused changes nothing. The test before it is left out where a refusal is
 * known at once: at the first start, as nothing serves yet, and for more of what NGINX has taken before. What is new to NGINX is still read by a process
 * of its own first, which may fail in any way.
 */
function mayTestItself({ deps, live, forms }: InstallState, rendered: Rendered): boolean {
  if (!deps.nginx.tellsRefusals) return false;
  if (!live) return deps.nginx.pid === undefined;
  const { generation, files } = live;
  return files !== undefined && logsReloads(files) && forms.covers({ generation, files }, rendered);
}

/** The refusal of a reload is told from other complaints by the notice that the reload has begun. The directive stands at the beginning. */
function logsReloads(files: ReadonlyMap<string, string>): boolean {
  return /^error_log stderr (?:debug|info|notice);$/m.test(files.get('nginx.conf')?.slice(0, 4096) ?? '');
}

/** What the test would have said, if it can be made. */
async function causeOf({ nginx, runDirectory }: InstallDependencies, failure: Rejected): Promise<Rejected> {
  const tested = await nginx.test(runPaths(runDirectory).config).then(withFileName, () => ({ ok: true }) as const);
  return tested.ok ? failure : rejection('test', tested);
}

interface Placement {
  readonly before: string | undefined;
  readonly isTested: boolean;
}

async function putInPlace(deps: InstallDependencies, rendered: Rendered, { before, isTested }: Placement): Promise<Rejected | undefined> {
  const { nginx, generations } = deps;
  let isInPlace = false;
  try {
    const path = await generations.write(rendered);
    const tested = isTested ? withFileName(await nginx.test(path)) : ({ ok: true } as const);
    if (!tested.ok) return rejection('test', tested);
    await generations.switchTo(rendered.generation);
    isInPlace = true;
    return undefined;
  } finally {
    if (!isInPlace && before !== rendered.generation) await generations.discard(rendered.generation);
  }
}

async function load(state: InstallState, rendered: Rendered): Promise<Rejected | undefined> {
  try {
    await startOrReload(state, rendered.generation);
  } catch (error) {
    return rejection('reload', { message: (error as Error).message });
  }
  const verified = await verify(state, rendered);
  if (verified.ok) return undefined;
  return rejection(verified.gaveUp ? 'reload' : 'verify', { message: verified.message });
}

async function startOrReload({ deps, live }: InstallState, generation: string): Promise<void> {
  const { nginx, runDirectory } = deps;
  if (live || nginx.pid !== undefined) return nginx.reload();
  if ((await nginx.start()) === 'started') return;
  // A container has started NGINX, most likely with what has just been put in its place.
  const running = await askGeneration(runPaths(runDirectory).generationSocket).catch(() => undefined);
  if (running !== generation) await nginx.reload();
}

function verify({ deps }: InstallState, rendered: Rendered): Promise<Verified> {
  const { nginx, runDirectory, verifyLimitMs = 10_000 } = deps;
  const megabytes = [...rendered.files.values()].reduce((sum, text) => sum + text.length, 0) / 1_000_000;
  return verifyGeneration({
    socketPath: runPaths(runDirectory).generationSocket,
    expected: rendered.generation,
    deadlineMs: verifyLimitMs + verifyMsPerMegabyte * Math.round(megabytes),
    // Who cannot look at processes, for lack of file descriptors, has more answers to wait for.
    isSettled: () =>
      nginx.hasOldWorkers().then(
        (has) => !has,
        () => false,
      ),
    giveUp: () => nginx.refusal,
  });
}

interface Return {
  readonly from: string;
  readonly to: string | undefined;
  /** NGINX has refused to read the configuration, so what it ran before it still runs. */
  readonly isUntouched: boolean;
}

/** Puts the generation before back in force; a sentence when that fails too. */
async function goBack(state: InstallState, { from, to, isUntouched }: Return): Promise<string | undefined> {
  const { nginx, generations, runDirectory } = state.deps;
  try {
    const files = to === undefined ? undefined : await generations.read(to);
    if (to === undefined || !files) {
      await generations.discard(from);
      return undefined;
    }
    if (to === from) return undefined;
    await generations.switchTo(to);
    const goesOn = isUntouched && (await askGeneration(runPaths(runDirectory).generationSocket).catch(() => undefined)) === to;
    if (!goesOn && (nginx.pid !== undefined || state.live)) {
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

/** Only lines of nginx.conf itself are reported as such; another file is named in the message. */
export function withFileName(result: TestResult): TestResult {
  if (result.ok || result.file === undefined || result.file.endsWith('/nginx.conf')) return result;
  const name = result.file.slice(result.file.lastIndexOf('/') + 1);
  return { ok: false, message: `${result.message} in line ${result.line} of ${name}`, file: result.file };
}

function rejection(stage: Rejected['stage'], { message, line }: { message: string; line?: number }): Rejected {
  return { kind: 'rejected', stage, message, ...(line !== undefined && { line }) };
}
