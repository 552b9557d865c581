import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { Command, type Option } from 'commander';
import { declareCheck } from './check.ts';
import { acceptedFlags } from './process-flags.ts';
import { clusterFlags, refusedFlags, servingFlags } from './refused.ts';
import { declareRender } from './render.ts';
import { declareRun } from './run.ts';
import { declareServe } from './serve.ts';
import { declareWithdraw } from './withdraw.ts';

const page = new URL('../../docs/flags.md', import.meta.url);

/** These depend on the machine. */
const shownDefaults: Readonly<Record<string, string>> = {
  'run --worker-processes': 'one for each processor',
  'serve --worker-processes': 'one for each processor, at most 4',
  'serve --ingress-class': '`nginx`, and no class',
  'render --ingress-class': '`nginx`, and no class',
  'check --ingress-class': '`nginx`, and no class',
};

function commands(): readonly Command[] {
  const program = new Command();
  declareRun(program, {}, () => {});
  declareServe(program, {}, () => {});
  declareRender(program, () => {});
  declareCheck(program, {}, () => {});
  return program.commands;
}

function cell(command: Command, option: Option | undefined): string {
  if (!option) return '';
  const shown = shownDefaults[`${command.name()} ${option.long}`];
  if (shown !== undefined) return shown;
  const { defaultValue } = option;
  if (defaultValue === undefined || defaultValue === '' || Array.isArray(defaultValue)) return 'yes';
  return `\`${option.long === '--election-ttl' ? `${defaultValue / 1000}s` : defaultValue}\``;
}

function printTable(): string {
  const all = commands();
  const visible = all.map((command) => new Map(command.options.filter(({ hidden }) => !hidden).map((option) => [option.long, option])));
  const names = [...new Set(visible.flatMap((options) => [...options.keys()]))];
  const rows = names.map((name) => {
    const options = visible.map((one) => one.get(name));
    const what = options.find((one) => one !== undefined)?.description.replaceAll('|', '\\|');
    return `| \`${name}\` | ${what} | ${all.map((command, index) => cell(command, options[index])).join(' | ')} |`;
  });
  return `| flag | | ${all.map((command) => `\`${command.name()}\``).join(' | ')} |\n|---|---|---|---|---|---|\n${rows.join('\n')}`;
}

function printReasons(flags: Readonly<Record<string, string>>): string {
  const rows = Object.entries(flags).map(([name, why]) => `| \`--${name}\` | ${why} |`);
  return `| flag | why |\n|---|---|\n${rows.join('\n')}`;
}

/** Those of `gatehouse withdraw` by their names, as `run` says what they mean. */
function printWithdraw(): string {
  const program = new Command();
  declareWithdraw(program, {}, () => {});
  return program.commands.flatMap(({ options }) => options.map(({ long }) => `\`${long}\``)).join(', ');
}

function printPage(): string {
  const accepted = acceptedFlags.map((flag) => `\`${flag().short ?? flag().long}\``).join(', ');
  return `# Flags

The flags of ingress-nginx have their names and their meaning. What makes sense without a cluster is taken by all commands: \`serve\`, \`render\`
and \`check\` then lead to what \`run\` would lead to. The objects that flags name lie in the folder.

A boolean is true by its name alone; a value follows \`=\`, as in \`--ignore-snippets=false\`. Everything that is not on this page is refused.

A cell holds the default; "yes" stands where there is none; an empty cell means that the command does not take the flag.

${printTable()}

With \`--watch-namespace\` or \`--watch-namespace-selector\` what lies in other namespaces is left out, with the complaints about it. Objects that
flags name are followed wherever they are. In a folder every namespace has its name as the label \`kubernetes.io/metadata.name\`, as in a
cluster, and need not be among the manifests.

\`gatehouse withdraw\` takes the addresses of a \`run\` out of the status of Ingresses before an uninstall, and takes these flags as that \`run\` has
them: ${printWithdraw()}.

## Accepted

Old command lines go on working with these, as they ask for what is always done, or have nothing to act on: ${accepted}. \`-v\` from 3
on means \`--log-level debug\`.

## Refused: flags of ingress-nginx

Ignoring one could leave a door open, or a port closed, without a word. So they are refused by name.

${printReasons(refusedFlags)}

## Refused without a cluster

${printReasons(clusterFlags)}

\`render\` and \`check\` also refuse:

${printReasons(servingFlags)}
`;
}

test('the page of flags is printed from their declarations (UPDATE=1 prints it anew)', () => {
  if (process.env['UPDATE'] === '1') writeFileSync(page, printPage());
  assert.equal(readFileSync(page, 'utf8'), printPage());
});
