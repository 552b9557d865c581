import { setTimeout as pause } from 'node:timers/promises';
import { whyNotServed } from '../kit/served.ts';
import { leftovers } from './leftovers.ts';
import { runScenario, type Scenario, type Size, type Verdict } from './scenario.ts';
import { certificateScenarios } from './scenarios/certificates.ts';
import { endpointScenarios } from './scenarios/endpoints.ts';
import { objectScenarios } from './scenarios/objects.ts';
import { processScenarios } from './scenarios/processes.ts';
import { resourceScenarios } from './scenarios/resources.ts';
import { routeScenarios } from './scenarios/routes.ts';
import { openStage, type Stage } from './stage.ts';

/**
 * `make faults`: one thing after the other goes wrong or changes while requests keep coming; nothing may be lost. Settings come by environment:
 * FAULTS=long for more of everything, FAULTS_ONLY for the scenarios whose names match a regular expression, FAULTS_MINUTES and FAULTS_SEED for all of them
 * at random for so long.
 */
const settings = {
  long: process.env['FAULTS'] === 'long',
  only: new RegExp(process.env['FAULTS_ONLY'] ?? ''),
  minutes: Number(process.env['FAULTS_MINUTES'] ?? 0),
  seed: Number(process.env['FAULTS_SEED'] ?? Date.now() % 1_000_000),
};

const all: readonly Scenario[] = [
  { name: 'nothing happens', act: () => pause(2_000, []) },
  ...endpointScenarios,
  ...routeScenarios,
  ...certificateScenarios,
  ...objectScenarios,
  ...processScenarios,
  ...resourceScenarios,
];

const say = (text: string) => process.stdout.write(`${text}\n`);

/** A small generator of random numbers, so that a seed replays a run (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Each once, or any of them until the time is over. */
function* order(scenarios: readonly Scenario[], random: () => number): Iterable<Scenario> {
  if (settings.minutes === 0) {
    yield* scenarios;
    return;
  }
  const end = performance.now() + settings.minutes * 60_000;
  while (performance.now() < end) {
    const scenario = scenarios[Math.floor(random() * scenarios.length)];
    if (scenario) yield scenario;
  }
}

async function runAll(stage: Stage, size: Size): Promise<readonly Verdict[]> {
  const verdicts: Verdict[] = [];
  const scenarios = all.filter(({ name }) => settings.only.test(name));
  for (const scenario of order(scenarios, size.random)) {
    const verdict = await runScenario(scenario, stage, size);
    verdicts.push(verdict);
    say(`${verdict.passed ? 'ok  ' : 'FAIL'} ${verdict.name}\n     ${verdict.text}`);
  }
  return verdicts;
}

async function main(): Promise<number> {
  const why = whyNotServed();
  if (why !== undefined) {
    say(`skipped: ${why}`);
    return 0;
  }
  const start = performance.now();
  say(`seed ${settings.seed}`);
  const stage = await openStage({ downloadSeconds: settings.long ? 20 : 4 });
  try {
    const before = await leftovers(stage);
    const verdicts = await runAll(stage, { long: settings.long, random: randomFrom(settings.seed) });
    const last = await before.compare();
    say(`${last.passed ? 'ok  ' : 'FAIL'} ${last.name}\n     ${last.text}`);
    const bad = [...verdicts, last].filter(({ passed }) => !passed).length;
    say(`${verdicts.length + 1 - bad} of ${verdicts.length + 1} scenarios passed in ${Math.round((performance.now() - start) / 1000)} s`);
    return bad === 0 ? 0 : 1;
  } finally {
    await stage.close();
  }
}

process.exitCode = await main();
