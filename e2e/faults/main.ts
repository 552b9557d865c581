import { setTimeout as pause } from 'node:timers/promises';
import { whyNotServed } from '../kit/served.ts';
import { type Leftovers, leftovers } from './leftovers.ts';
import { atRandom, randomFrom } from './order.ts';
import { runScenario, type Scenario, type Size, totalText, type Verdict } from './scenario.ts';
import { certificateScenarios } from './scenarios/certificates.ts';
import { clockScenarios } from './scenarios/clock.ts';
import { endpointScenarios } from './scenarios/endpoints.ts';
import { objectScenarios } from './scenarios/objects.ts';
import { processScenarios } from './scenarios/processes.ts';
import { resourceScenarios } from './scenarios/resources.ts';
import { routeScenarios } from './scenarios/routes.ts';
import { openStage, type Stage } from './stage.ts';

/**
 * `make faults`: one thing after the other goes wrong or changes while requests keep coming; nothing may be lost. Settings come by environment:
 * FAULTS=long for half an hour of everything at random and more of each, FAULTS_MINUTES for so many minutes at random, FAULTS_SEED for the order of an
 * earlier run, FAULTS_ONLY for the scenarios whose names match a regular expression.
 */
const isLong = process.env['FAULTS'] === 'long';
const settings = {
  long: isLong,
  only: new RegExp(process.env['FAULTS_ONLY'] ?? ''),
  minutes: Number(process.env['FAULTS_MINUTES'] ?? (isLong ? 30 : 0)),
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
  ...clockScenarios,
];

const say = (text: string) => process.stdout.write(`${text}\n`);

/** Each once, or any of them until the time is over. */
function order(scenarios: readonly Scenario[], random: () => number): Iterable<Scenario> {
  return settings.minutes === 0 ? scenarios : atRandom(scenarios, settings.minutes * 60_000, random);
}

async function runAll(stage: Stage, size: Size, watch: Leftovers): Promise<readonly Verdict[]> {
  const verdicts: Verdict[] = [];
  const scenarios = all.filter(({ name }) => settings.only.test(name));
  for (const scenario of order(scenarios, size.random)) {
    const verdict = await runScenario(scenario, stage, size);
    verdicts.push(verdict);
    say(`${verdict.passed ? 'ok  ' : 'FAIL'} ${verdict.name}\n     ${verdict.text}`);
    if (settings.minutes > 0) await watch.sample();
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
  const stage = await openStage({ downloadSeconds: 20 });
  try {
    const before = await leftovers(stage);
    const verdicts = await runAll(stage, { long: settings.long, random: randomFrom(settings.seed) }, before);
    const last = await before.compare();
    say(`${last.passed ? 'ok  ' : 'FAIL'} ${last.name}\n     ${last.text}`);
    say(totalText(verdicts));
    const bad = [...verdicts, last].filter(({ passed }) => !passed).length;
    say(`${verdicts.length + 1 - bad} of ${verdicts.length + 1} scenarios passed in ${Math.round((performance.now() - start) / 1000)} s`);
    return bad === 0 ? 0 : 1;
  } finally {
    await stage.close();
  }
}

process.exitCode = await main();
