import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createGenerations } from '../apply/generation.ts';
import { createLiveFiles } from '../apply/live-files.ts';
import { createNginx } from '../apply/nginx.ts';
import type { TestResult } from '../apply/nginx-command.ts';
import { findModule, otelModule, streamModule } from '../apply/nginx-modules.ts';
import { ensureQuicHostKey } from '../apply/quic-host-key.ts';
import { openRunDirectory } from '../apply/run-directory.ts';
import { bindFailure } from '../apply/stream-ports.ts';
import type { Built } from '../model/built.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import type { Outcome } from '../model/outcome.ts';
import type { Rendered } from '../model/rendered.ts';
import type { Runtime } from '../model/runtime.ts';
import type { Snapshot } from '../model/snapshot.ts';
import { createReconcile } from '../reconcile.ts';
import { originAt } from '../render/origin.ts';
import { createRender } from '../render/render.ts';
import type { RoutingOptions } from '../routing/options.ts';
import { moduleSettings } from './module-settings.ts';
import { printedSettings } from './render.ts';
import { noHttp3Module } from './streams.ts';

export interface CheckWithNginx {
  readonly nginx: string;
  readonly httpPort: number;
  readonly httpsPort: number;
  readonly snapshot: Snapshot;
  readonly build: (snapshot: Snapshot, nginx: Pick<RoutingOptions, 'canStream' | 'canTrace' | 'http3Obstacle'>) => Built;
}

/** Lets NGINX test what the facts lead to, in a run directory that is gone afterwards. What it refuses is traced as in a running controller. */
export async function checkWithNginx({ nginx, snapshot, build, ...ports }: CheckWithNginx): Promise<readonly Diagnostic[]> {
  const path = await mkdtemp(join(tmpdir(), 'gatehouse-check-'));
  const directory = await openRunDirectory(path);
  try {
    const program = createNginx({ program: nginx, runDirectory: path, log: () => {} });
    const generations = createGenerations(path);
    const module = await findModule(streamModule, program, path);
    const otel = await findModule(otelModule, program, path);
    const http3Obstacle = (await program.hasHttp3()) ? {} : { http3Obstacle: noHttp3Module };
    await ensureQuicHostKey(path);
    const test = async (rendered: Rendered): Promise<TestResult> => {
      const result = await generations.scratch(rendered, program.test);
      // Which ports this machine has to give says nothing about the manifests.
      return !result.ok && bindFailure(result.message) ? { ok: true } : result;
    };
    const files = createLiveFiles(path);
    const apply = async ({ rendered, runtime }: { readonly rendered: Rendered; readonly runtime: Runtime }): Promise<Outcome> => {
      // NGINX reads some of them when it loads its configuration.
      await files.publish(runtime.files);
      const result = await test(rendered);
      if (result.ok) return { kind: 'unchanged' };
      return { kind: 'rejected', stage: 'test', message: result.message, ...(result.line === undefined ? {} : { line: result.line }) };
    };
    const reconcile = createReconcile({
      build: (facts) => build(facts, { canStream: module.kind !== 'absent', canTrace: otel.kind !== 'absent', ...http3Obstacle }),
      render: createRender({ ...printedSettings(ports), ...moduleSettings({ stream: module, otel }), runDirectory: path }),
      apply,
      accepts: async (rendered) => (await test(rendered)).ok,
      originAt,
      report: async () => {},
    });
    const { diagnostics, outcome } = await reconcile(snapshot);
    if (outcome.kind === 'rejected') throw new Error(`NGINX refuses the configuration, and no Ingress is to blame: ${outcome.message}`);
    return diagnostics;
  } finally {
    await directory.close();
    await rm(path, { recursive: true, force: true });
  }
}
