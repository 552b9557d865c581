import type { Command } from 'commander';
import { type LocalOptions, localClass, withBackends, withClass, withPaths, withPorts } from './values.ts';

/** What `gatehouse render` is asked for. */
export interface RenderOptions extends LocalOptions {
  readonly output?: string;
}

/** Declares `gatehouse render`. */
export function declareRender(program: Command, choose: (options: RenderOptions) => void): void {
  const command = program.command('render').description('Print the nginx.conf that manifests lead to.');
  withClass(withBackends(withPorts(withPaths(command), 8080, 8443)))
    .option('-o, --output <dir>', 'write the files into this folder instead of printing nginx.conf')
    .addHelpText('after', '\nExamples:\n  gatehouse render examples\n  gatehouse render manifests/ -o out && less out/nginx.conf')
    .action((paths: string[], values) => {
      const { backend, ...rest } = values;
      choose({ ...rest, paths, ...localClass(values), backends: new Map(backend) });
    });
}
