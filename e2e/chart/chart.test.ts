import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { parseAllDocuments } from 'yaml';
import { refusedFlags } from '../../src/flags/refused.ts';
import { controllerFlags } from '../../src/flags/run-flags.ts';
import { refusals } from './refusals.ts';

const here = import.meta.dirname;
const chart = join(here, '../../charts/gatehouse');
const helm = process.env['HELM'] ?? 'helm';
const run = promisify(execFile);
const valueSets = readdirSync(here, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? [entry.name] : []));

const found = await run(helm, ['version', '--short']).catch((error: Error) => error);
const skip = found instanceof Error ? `${helm} cannot be run; set HELM to Helm 3 (${found.message})` : false;

/** The chart with one more template that prints NOTES.txt, which helm shows only when there is a cluster. */
const noted = mkdtempSync(join(tmpdir(), 'gatehouse-chart-'));
after(() => rmSync(noted, { recursive: true }));
cpSync(chart, noted, { recursive: true });
writeFileSync(join(noted, 'templates/shown.yaml'), 'notes: |\n{{ include "gatehouse/templates/NOTES.txt" . | indent 2 }}\n');

/** What values lead to in a release named `edge` in the namespace `ingress`. */
async function template(folder: string, ...settings: readonly string[]): Promise<string> {
  const { stdout } = await run(helm, ['template', 'edge', folder, '-n', 'ingress', '--kube-version', 'v1.31.0', ...settings]);
  return stdout;
}

/** What helm prints after an install. */
async function notesOf(...settings: readonly string[]): Promise<string> {
  const text = await template(noted, '--show-only', 'templates/shown.yaml', ...settings);
  return text.slice(text.indexOf('notes: |\n') + 9).replaceAll(/^ {2}/gm, '');
}

/** The sentences with which a chart refuses values. */
async function refusal(...settings: readonly string[]): Promise<readonly string[]> {
  const error: { readonly stderr: string } = await template(chart, ...settings).then(
    () => assert.fail('the values are accepted'),
    (reason) => reason,
  );
  const sentences = [...error.stderr.matchAll(/^ {2}- (.*)$/gm)].map((match) => match[1] ?? '');
  const ofSchema = [...error.stderr.matchAll(/^- (.*)$/gm)].map((match) => match[1] ?? '');
  return [...sentences, ...ofSchema];
}

/** The numbers that Helm 3 merges ports by: those of each Service, and of each container. */
function portLists(object: unknown): readonly (readonly unknown[])[] {
  if (typeof object !== 'object' || object === null) return [];
  return Object.entries(object).flatMap(([key, value]): readonly (readonly unknown[])[] => {
    if (key !== 'ports' || !Array.isArray(value)) return portLists(value);
    const list = value.map((port) => port.containerPort ?? (port.name ? port.port : undefined)).filter((number) => number !== undefined);
    return list.length === 0 ? [] : [list];
  });
}

/** `UPDATE=1` writes what is instead of comparing; read the difference before committing it. */
function compare(file: string, actual: string): void {
  if (process.env['UPDATE'] === '1') writeFileSync(file, actual);
  assert.equal(actual, existsSync(file) ? readFileSync(file, 'utf8') : `no ${file}: make it with UPDATE=1`);
}

describe('the chart', { skip }, () => {
  test('passes helm lint without a warning', async () => {
    const { stdout } = await run(helm, ['lint', '--strict', chart]);
    assert.deepEqual(stdout.match(/\[(WARNING|ERROR)\].*/g), null);
  });

  for (const name of valueSets) {
    test(`renders ${name} as expected`, async () => {
      const values = ['-f', join(here, name, 'values.yaml')];
      compare(join(here, name, 'expected.yaml'), await template(chart, ...values));
      compare(join(here, name, 'notes.txt'), await notesOf(...values));
    });
  }

  for (const [setting, expected] of Object.entries(refusals)) {
    test(`refuses ${setting} with a sentence that names it`, async () => {
      assert.deepEqual(await refusal(...setting.split(' ').flatMap((one) => ['--set', one])), [expected]);
    });
  }

  test('takes the flags that the program takes, and no others', async () => {
    const flags = controllerFlags.map((option) => option().long?.slice(2) ?? '');
    const ofChart = [
      ...['http-port', 'https-port', 'http3-port', 'healthz-port', 'enable-metrics', 'watch-namespace', 'nginx-mode', 'status-port'],
      ...['tcp-services-configmap', 'udp-services-configmap'],
    ];
    const settings = (names: readonly string[]) => names.flatMap((name) => ['--set-string', `controller.extraArgs.${name}=1`]);
    await template(chart, ...settings(flags.filter((flag) => !ofChart.includes(flag))));
    const refused = [...Object.keys(refusedFlags), ...ofChart].sort();
    assert.deepEqual(
      (await refusal(...settings(refused))).map((sentence) => /^controller\.extraArgs\.(\S+) /.exec(sentence)?.[1]),
      refused,
    );
  });

  test('gives the controller only flags that it takes', () => {
    const taken = [...controllerFlags.map((option) => option().long), '--run-directory'];
    const given = valueSets.flatMap((name) => [...readFileSync(join(here, name, 'expected.yaml'), 'utf8').matchAll(/- "(--[a-z-]+)[="]/g)]);
    assert.deepEqual(
      [...new Set(given.map((match) => match[1]))].filter((flag) => !taken.includes(flag)),
      [],
    );
  });

  test('has no two ports of one number in one list, as an upgrade by Helm 3 would lose one of them', () => {
    const numbers = valueSets.flatMap((name) =>
      parseAllDocuments(readFileSync(join(here, name, 'expected.yaml'), 'utf8')).flatMap((one) => portLists(one.toJS())),
    );
    assert.ok(numbers.length > valueSets.length);
    assert.deepEqual(
      numbers.filter((list) => new Set(list).size < list.length),
      [],
    );
  });

  test('says everything that is wrong at once', async () => {
    const settings = ['--set', 'controller.allowSnippetAnnotations=true', '--set', 'dhParam=abc', '--set', 'rbac.scope=true'];
    assert.equal((await refusal(...settings)).length, 3);
  });

  test('takes its version from the program', () => {
    const version = JSON.parse(readFileSync(join(here, '../../package.json'), 'utf8')).version;
    const lines = readFileSync(join(chart, 'Chart.yaml'), 'utf8').split('\n');
    assert.ok(lines.includes(`appVersion: ${version}`), `appVersion in Chart.yaml is not ${version}`);
  });
});
