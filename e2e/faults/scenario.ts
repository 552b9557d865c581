import { setTimeout as pause } from 'node:timers/promises';
import { tail } from './controller.ts';
import type { Counts } from './messages.ts';
import { probe, timeUntil } from './probe.ts';
import { hosts, type Stage } from './stage.ts';

/** How much of everything. */
export interface Size {
  readonly long: boolean;
  /** For choices that are random. */
  readonly random: () => number;
}

/** One thing that happens under load. */
export interface Scenario {
  readonly name: string;
  /** How many failed requests are right, and why; without it none. */
  readonly limit?: { readonly failed: number; readonly long?: number; readonly why: string };
  /** Why it cannot be done on this machine. */
  readonly skip?: () => string | undefined;
  /** Whether the controller or the master of NGINX is another process afterwards; what their memory does in the long run shows only without that. */
  readonly replaces?: boolean;
  /** Does it and puts the stage back as it was; resolves with figures for the report, throws when something did not happen. */
  readonly act: (stage: Stage, size: Size) => Promise<readonly string[]>;
}

/** What a scenario led to. */
export interface Verdict {
  readonly name: string;
  readonly passed: boolean;
  readonly text: string;
  /** What the load met meanwhile. */
  readonly counts?: Counts;
}

const settleMs = 300;

/** Runs one scenario under load. */
export async function runScenario(scenario: Scenario, stage: Stage, size: Size): Promise<Verdict> {
  const why = scenario.skip?.();
  if (why !== undefined) return { name: scenario.name, passed: true, text: `skipped: ${why}` };
  const start = performance.now();
  const before = { log: stage.controller.log, reloads: stage.controller.reloads() };
  await stage.run();
  await pause(settleMs);
  const figures: string[] = [];
  const problems: string[] = [];
  try {
    figures.push(...(await scenario.act(stage, size)));
    await pause(settleMs);
  } catch (error) {
    problems.push(error instanceof Error ? error.message : String(error));
  }
  const counts = await stage.take();
  const isSame = before.log === stage.controller.log;
  figures.push(
    `reloads ${stage.controller.reloads() - (isSame ? before.reloads : 0)}`,
    `slowest ${counts.slowest.ms} ms (${counts.slowest.what})`,
  );
  // One that has ended is replaced, and what it said last is why.
  const { log } = stage.controller;
  problems.push(...(await restore(stage, problems.length > 0)));
  const failed = Object.values(counts.failed).reduce((sum, one) => sum + one, 0);
  const limit = limitOf(scenario, size);
  if (failed > limit) problems.push('more failed than the limit', ...counts.samples);
  if (problems.length > 0) problems.push(tail(log));
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  return {
    name: scenario.name,
    passed: problems.length === 0,
    counts,
    text: textOf({ scenario, counts, limit, failed, figures, problems, seconds }),
  };
}

/** The long form of a scenario may do a thing more often. */
function limitOf({ limit }: Scenario, { long }: Size): number {
  return (long ? limit?.long : undefined) ?? limit?.failed ?? 0;
}

/** The next scenario begins where this one began: with a controller, and NGINX that answers. */
async function restore(stage: Stage, isDirty: boolean): Promise<readonly string[]> {
  try {
    await stage.load([]);
    const end = stage.controller.howEnded();
    if (isDirty || end !== undefined) await stage.reset();
    if (end !== undefined) {
      await stage.restart();
      return [`the controller has ended with ${end}`];
    }
    await stage.settled();
    await timeUntil('the usual hosts answer', async () => (await probe(stage.http, hosts.app)).status === 200);
    return [];
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)];
  }
}

interface Told {
  readonly scenario: Scenario;
  readonly counts: Counts;
  readonly limit: number;
  readonly failed: number;
  readonly figures: readonly string[];
  readonly problems: readonly string[];
  readonly seconds: string;
}

function textOf({ scenario, counts, limit: most, failed, figures, problems, seconds }: Told): string {
  const kinds = listed(counts.failed);
  const limit = scenario.limit ? `limit ${most}: ${scenario.limit.why}` : 'limit 0';
  const allowed = Object.keys(counts.allowed).length > 0 ? [`allowed ${listed(counts.allowed)}`] : [];
  const line = [`sent ${counts.sent}`, `failed ${failed}${kinds && ` (${kinds})`}`, limit, ...allowed, ...figures, `${seconds} s`].join(
    '; ',
  );
  return [line, ...problems.map((problem) => `    ! ${problem}`)].join('\n');
}

/** What the load met over all scenarios. */
export function totalText(verdicts: readonly Verdict[]): string {
  const failed: Record<string, number> = {};
  let sent = 0;
  for (const { counts } of verdicts) {
    sent += counts?.sent ?? 0;
    for (const [kind, count] of Object.entries(counts?.failed ?? {})) failed[kind] = (failed[kind] ?? 0) + count;
  }
  return `sent ${sent} in all; failed, all within limits unless said: ${listed(failed) || 'none'}`;
}

function listed(record: Readonly<Record<string, number>>): string {
  return Object.entries(record)
    .sort(([, a], [, b]) => b - a)
    .map(([name, count]) => `${name} ${count}`)
    .join(', ');
}
