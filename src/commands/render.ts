import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RenderOptions } from '../flags/render.ts';
import type { NginxSettings } from '../model/settings.ts';
import { createRender } from '../render/render.ts';
import { diagnosticText, placeDiagnostics } from '../report/places.ts';
import { buildRouting } from '../routing/build.ts';
import { readManifests } from './manifests.ts';
import { routingOptions } from './routing.ts';

/** What stands in a printed configuration for the things that only a running controller knows. */
export function printedSettings(
  told: Pick<NginxSettings, 'httpPort' | 'httpsPort' | 'publicHttpPort' | 'publicHttpsPort' | 'enableSslPassthrough'>,
): NginxSettings {
  return {
    ...told,
    ipv6: true,
    runDirectory: '/run/gatehouse',
    workerProcesses: 2,
    resolverPorts: [10053],
    accessLog: 'off',
    // No package builds it in.
    otelModule: 'modules/ngx_otel_module.so',
  };
}

export interface CommandStreams {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
}

/** `gatehouse render`: prints nginx.conf, or writes it to a folder; complaints go to standard error. */
export async function renderCommand(options: RenderOptions, streams: CommandStreams): Promise<number> {
  const { snapshot, diagnostics: written, folder } = await readManifests(options);
  const built = buildRouting(snapshot, routingOptions(options, { backends: options.backends, assumeEndpoints: true }));
  const { files } = createRender(printedSettings(options))(built.topology);
  for (const one of placeDiagnostics([...written, ...built.diagnostics], folder.locate)) streams.err(`${diagnosticText(one)}\n`);
  if (options.output === undefined) streams.out(files.get('nginx.conf') ?? '');
  else await writeFiles(options.output, files);
  return 0;
}

async function writeFiles(folder: string, files: ReadonlyMap<string, string>): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const [name, text] of files) await writeFile(join(folder, name), text);
}
