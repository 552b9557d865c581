import { join, relative } from 'node:path';
import { readManifests } from '../../src/commands/manifests.ts';
import { printedSettings } from '../../src/commands/render.ts';
import { routingOptions } from '../../src/commands/routing.ts';
import { createRender } from '../../src/render/render.ts';
import { diagnosticText, placeDiagnostics } from '../../src/report/places.ts';
import { buildRouting } from '../../src/routing/build.ts';
import { type Case, serveOptions } from './cases.ts';

/** What a case leads to: the whole nginx.conf as `gatehouse render` prints it, and every diagnostic as `gatehouse serve` has it. */
export interface Printed {
  readonly config: string;
  readonly diagnostics: string;
}

/** Takes the manifests of a case through the whole pure path. */
export async function printCase({ folder, manifests, flags }: Case): Promise<Printed> {
  const options = serveOptions(flags);
  const paths = manifests.map((name) => join(folder, name));
  const { snapshot, diagnostics: written, folder: source } = await readManifests({ ...options, paths });
  const built = buildRouting(snapshot, routingOptions(options, { backends: options.backends, echo: options.echo }));
  const { files } = createRender(printedSettings(options))(built.topology);
  const diagnostics = placeDiagnostics([...written, ...built.diagnostics], source.locate);
  const text = diagnostics.map((one) => `${diagnosticText(one)}\n`).join('');
  const shown = [folder, relative(process.cwd(), folder)].reduce((rest, prefix) => rest.replaceAll(`${prefix}/`, ''), text);
  return { config: files.get('nginx.conf') ?? '', diagnostics: shown };
}
