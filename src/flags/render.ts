import type { Command } from 'commander';
import { type BackendOptions, type LocalOptions, localClass, withBackends, withLocal, withoutServing } from './local.ts';

/** What `gatehouse render` is asked for. */
export interface RenderOptions extends LocalOptions, BackendOptions {
  readonly output?: string;
}

/** Declares `gatehouse render`. */
export function declareRender(program: Command, choose: (options: RenderOptions) => void): void {
  const command = program.command('render').description('Print the nginx.conf that manifests lead to.');
  withoutServing(withBackends(withLocal(command)))
    .option('-o, --output <dir>', 'write the files into this folder instead of printing nginx.conf')
    .addHelpText('after', '\nExamples:\n  gatehouse render examples\n  gatehouse render manifests/ -o out && less out/nginx.conf')
    .action((paths: string[], values) => {
      const { backend, ...rest } = values;
      choose({ ...rest, paths, ...localClass(values), backends: new Map(backend) });
    });
}
