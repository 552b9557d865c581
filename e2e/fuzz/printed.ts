import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type NginxModule, otelModule } from '../../src/apply/nginx-modules.ts';
import { ensureQuicHostKey } from '../../src/apply/quic-host-key.ts';
import { moduleSettings } from '../../src/commands/module-settings.ts';
import type { Built } from '../../src/model/built.ts';
import type { KubeObject } from '../../src/model/objects.ts';
import type { NginxSettings } from '../../src/model/settings.ts';
import { type Parsed, parseConfig } from '../../src/render/nginx-conf-testbed.ts';
import { createRender } from '../../src/render/render.ts';
import { settings } from '../../src/render/topology-testbed.ts';
import { build } from '../../src/routing/objects-testbed.ts';
import { defaultRoutingOptions, type RoutingOptions } from '../../src/routing/options.ts';
import { theNginx } from '../kit/machine.ts';
import { moduleOfNginx } from '../kit/modules.ts';
import { foreignFiles, unknownDirectives } from './known-directives.ts';
import { canary, surroundings } from './objects.ts';

/** What some objects lead to. */
export interface Printed {
  readonly built: Built;
  readonly text: string;
  readonly tree: readonly Parsed[];
}

/** The ConfigMap of the settings is `settings/settings`. */
export const options: RoutingOptions = { ...defaultRoutingOptions, configMap: { namespace: 'settings', name: 'settings' } };

/** Made once, as compiling the templates takes longer than everything else. */
const render = createRender(settings);

/** Prints what these objects and the surroundings lead to, and asserts what holds for every configuration whatsoever. */
export function printSafe(objects: readonly KubeObject[], more: Partial<RoutingOptions> = {}): Printed {
  const built = build([...surroundings, ...objects], { ...options, ...more });
  const text = render(built.topology).files.get('nginx.conf') ?? '';
  const tree = parseConfig(text);
  assert.deepEqual(unknownDirectives(tree), [], 'directives that nobody knows');
  assert.deepEqual(foreignFiles(tree), [], 'files outside of the run directory');
  assert.ok(!text.includes(canary), 'the configuration shows what is in a Secret');
  assert.ok(!JSON.stringify(built.diagnostics).includes(canary), 'a diagnostic shows what is in a Secret');
  return { built, text, tree };
}

let otel: Promise<NginxModule> | undefined;

/** What a real NGINX says to it: nothing, or the lines of its complaints. */
export async function nginxComplaints(objects: readonly KubeObject[]): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'gatehouse-'));
  try {
    otel ??= moduleOfNginx(otelModule);
    const built = build([...surroundings, ...objects], { ...options, canTrace: (await otel).kind !== 'absent' });
    const own = { ...settings, ...moduleSettings({ otel: await otel }), runDirectory: directory, ipv6: false, workerProcesses: 1 };
    await writeRun(directory, built, own);
    const tested = promisify(execFile)(theNginx(), ['-t', '-c', join(directory, 'nginx.conf'), '-e', 'stderr']);
    const { stderr } = await tested.catch((error: { readonly stderr: string }) => error);
    return stderr
      .split('\n')
      .filter((line) => /\[(?:warn|error|crit|alert|emerg)\](?!.*could not build optimal variables_hash)/.test(line))
      .join('\n')
      .replaceAll(directory, '');
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function writeRun(directory: string, { topology, runtime }: Built, own: NginxSettings): Promise<void> {
  for (const folder of ['tmp', 'files', 'auth-cache', 'certificates']) await mkdir(join(directory, folder));
  for (const [id, content] of runtime.files ?? []) {
    if (typeof content === 'string' || !('share' in content)) await writeFile(join(directory, 'files', id), content);
  }
  await ensureQuicHostKey(directory);
  for (const [name, text] of createRender(own)(topology).files) await writeFile(join(directory, name), text);
}

/** Those of many things that NGINX complains about, with its words: halves of what it refuses are tested again. */
export async function refusedOf<T>(all: readonly T[], complaintsOf: (some: readonly T[]) => Promise<string>): Promise<readonly string[]> {
  const complaints = await complaintsOf(all);
  if (complaints === '') return [];
  if (all.length === 1) return [`${complaints}: ${JSON.stringify(all[0])}`];
  const half = Math.ceil(all.length / 2);
  const parts = [...(await refusedOf(all.slice(0, half), complaintsOf)), ...(await refusedOf(all.slice(half), complaintsOf))];
  return parts.length > 0 ? parts : [`${complaints}, only together: ${JSON.stringify(await fewest(all, complaintsOf))}`];
}

/** Leaves out whatever is not needed for the complaint. */
async function fewest<T>(all: readonly T[], complaintsOf: (some: readonly T[]) => Promise<string>): Promise<readonly T[]> {
  let left = all;
  for (let size = Math.ceil(all.length / 4); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 4)) {
    for (let at = 0; at < left.length; ) {
      const without = [...left.slice(0, at), ...left.slice(at + size)];
      if ((await complaintsOf(without)) !== '') left = without;
      else at += size;
    }
  }
  return left;
}
