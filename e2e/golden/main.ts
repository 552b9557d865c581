import { writeFileSync } from 'node:fs';
import { caseNames, installPyYaml, runCases, whyNotAsked } from './runner.ts';
import { complaint, judge, readExpected, score, scoreLine, settled } from './score.ts';

/** `make golden`: puts the recorded requests to Gatehouse, and prints the score. Arguments: names of cases (default: all). */
const folder = process.env['GATEHOUSE_GOLDEN'];
const report = process.env['GATEHOUSE_GOLDEN_REPORT'];
const say = (text: string) => void process.stdout.write(`${text}\n`);

if (installPyYaml()) say('golden: installed python3-yaml with apt-get');
const reason = whyNotAsked(folder);
if (folder === undefined || reason !== undefined) {
  process.stderr.write(`golden: ${reason}\n`);
  process.exit(2);
}

process.once('SIGINT', () => process.exit(130));
process.once('SIGTERM', () => process.exit(143));
const expected = readExpected();
const named = process.argv.slice(2);
const results = await runCases({
  folder,
  cases: named.length > 0 ? named : caseNames(folder),
  parallel: 2,
  onCase: (result) => {
    const verdicts = judge(result, expected);
    say(scoreLine(result.name, score(verdicts)));
    for (const flag of result.ignoredFlags) say(`   flag that serve does not have: ${flag}`);
    if (result.failure !== undefined) say(`   ${result.failure}`);
    else for (const verdict of verdicts.filter(({ kind }) => kind === 'wrong')) say(`   ${complaint(verdict)}`);
  },
});

const verdicts = results.flatMap((result) => judge(result, expected));
const total = score(verdicts);
for (const name of settled(verdicts, expected.pending)) say(`no longer pending: ${name}`);
say(scoreLine(`${results.length} cases`, total));
if (report) {
  const notSame = verdicts.filter(({ kind }) => kind !== 'same');
  writeFileSync(report, `${JSON.stringify({ score: total, verdicts: notSame, results }, null, 1)}\n`);
}
process.exitCode = total.wrong > 0 ? 1 : 0;
