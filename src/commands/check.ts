import type { CheckOptions } from '../flags/check.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import { diagnosticText, placeDiagnostics } from '../report/places.ts';
import { buildRouting } from '../routing/build.ts';
import type { RoutingOptions } from '../routing/options.ts';
import { checkWithNginx } from './check-nginx.ts';
import { readManifests } from './manifests.ts';
import type { CommandStreams } from './render.ts';
import { routingOptions } from './routing.ts';

/** `gatehouse check`: prints every diagnostic; exit code 1 when one of them is an error. */
export async function checkCommand(options: CheckOptions, streams: CommandStreams): Promise<number> {
  const { snapshot, diagnostics: written, folder } = await readManifests(options);
  const build = (facts: typeof snapshot, nginx: Partial<RoutingOptions> = {}) =>
    buildRouting(facts, routingOptions(options, { assumeEndpoints: true, ...nginx }));
  const { nginx } = options;
  const found = nginx === undefined ? build(snapshot).diagnostics : await checkWithNginx({ ...options, nginx, snapshot, build });
  const diagnostics = placeDiagnostics([...written, ...found], folder.locate);
  streams.out(formats[options.format](diagnostics));
  const errors = diagnostics.filter((one) => one.severity === 'error').length;
  if (options.format === 'text') {
    const { files, documents } = folder.summary();
    streams.err(
      `${count(documents, 'object')} in ${count(files, 'file')}: ${count(errors, 'error')}, ${count(diagnostics.length - errors, 'warning')}\n`,
    );
  }
  return errors > 0 ? 1 : 0;
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

const formats: Readonly<Record<CheckOptions['format'], (diagnostics: readonly Diagnostic[]) => string>> = {
  text: (diagnostics) => diagnostics.map((one) => `${diagnosticText(one)}\n`).join(''),
  json: (diagnostics) => `${JSON.stringify(diagnostics, null, 2)}\n`,
  github: (diagnostics) => diagnostics.map(githubLine).join(''),
};

/** A workflow command (https://docs.github.com/actions: "Workflow commands"): `%`, CR and LF are escaped, in properties also `:` and `,`. */
function githubLine({ severity, at, code, ...one }: Diagnostic): string {
  const place = at ? `file=${property(at.file)},line=${at.line},col=${at.column},` : '';
  const text = diagnosticText({ severity, code, ...one }).replace(`${severity} `, '');
  return `::${severity} ${place}title=${property(code)}::${data(text)}\n`;
}

function data(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function property(text: string): string {
  return data(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
