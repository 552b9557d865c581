import { type Command, Option } from 'commander';
import { type LocalOptions, localClass, withLocal, withoutServing } from './local.ts';

/** What `gatehouse check` is asked for. */
export interface CheckOptions extends LocalOptions {
  readonly format: 'text' | 'json' | 'github';
  /** The program to run `nginx -t` with; absent: NGINX is not asked. */
  readonly nginx?: string;
}

const formats = 'text for people, json for programs, github for annotations in a workflow';

/** Declares `gatehouse check`. */
export function declareCheck(program: Command, environment: NodeJS.ProcessEnv, choose: (options: CheckOptions) => void): void {
  const command = program
    .command('check')
    .description('Print everything that is wrong with manifests. Exit code 1 when there are errors, 2 on misuse.');
  withoutServing(withLocal(command))
    .addOption(new Option('--format <format>', formats).choices(['text', 'json', 'github']).default('text'))
    .option('--nginx', 'also let NGINX test the configuration: the one that the variable NGINX names, or that on the PATH')
    .addHelpText('after', '\nExamples:\n  gatehouse check manifests/\n  gatehouse check --format github --nginx manifests/')
    .action((paths: string[], values) => {
      const { nginx, ...rest } = values;
      choose({ ...rest, paths, ...localClass(values), ...(nginx ? { nginx: environment['NGINX'] ?? 'nginx' } : {}) });
    });
}
