import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { type CheckOptions, declareCheck } from './flags/check.ts';
import { declareRender, type RenderOptions } from './flags/render.ts';
import { declareRun, type RunOptions } from './flags/run.ts';
import { declareServe, type ServeOptions } from './flags/serve.ts';
import { declareWithdraw, type WithdrawOptions } from './flags/withdraw.ts';

/** What the command line asks for; everything is checked and has its default. */
export type Options =
  | ({ readonly command: 'serve' } & ServeOptions)
  | ({ readonly command: 'run' } & RunOptions)
  | ({ readonly command: 'render' } & RenderOptions)
  | ({ readonly command: 'check' } & CheckOptions)
  | ({ readonly command: 'withdraw' } & WithdrawOptions)
  /** Help, the version, or a mistake that has been printed already. */
  | { readonly command: 'exit'; readonly code: number };

/** The version in package.json. */
export const version: string = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')).version;

/** Where errors and help go; the process's own streams outside of tests. */
export interface OptionStreams {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
}

/** Reads the command line (without program and script) and the environment. Mistakes are printed and lead to exit code 2. */
export function readOptions(argv: readonly string[], environment: NodeJS.ProcessEnv, streams: OptionStreams): Options {
  let chosen: Options = { command: 'exit', code: 2 };
  const program = createProgram(environment, streams, (options) => {
    chosen = options;
  });
  try {
    program.parse(withValues(program, argv), { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return { command: 'exit', code: error.exitCode === 0 ? 0 : 2 };
  }
  return chosen;
}

/** As with Go's flags a boolean has its value only after `=`, so that a path behind a bare one stays a path. */
function withValues(program: Command, argv: readonly string[]): string[] {
  const command = program.commands.find((one) => one.name() === argv[0]);
  const booleans = new Set(command?.options.filter(({ flags }) => flags.endsWith('[bool]')).map(({ long }) => long));
  const end = argv.includes('--') ? argv.indexOf('--') : argv.length;
  return argv.map((word, index) => (index < end && booleans.has(word) ? `${word}=true` : word));
}

/** Reads this process's own command line and environment. `NGINX` is taken out, as NGINX itself would read it as a list of inherited sockets. */
export function readProcessOptions(): Options {
  const { NGINX, ...rest } = process.env;
  delete process.env['NGINX'];
  return readOptions(process.argv.slice(2), NGINX === undefined ? rest : { ...rest, NGINX }, {
    out: (text) => process.stdout.write(text),
    err: (text) => process.stderr.write(text),
  });
}

const examples = `
Examples:
  gatehouse serve examples --echo
  gatehouse check manifests/

'gatehouse COMMAND --help' tells more.`;

function createProgram(environment: NodeJS.ProcessEnv, streams: OptionStreams, choose: (options: Options) => void): Command {
  const program = new Command('gatehouse')
    .description('An Ingress controller in front of stock NGINX.')
    .version(`gatehouse ${version}`, '--version', 'print the version and exit')
    .helpOption('--help', 'print this text and exit')
    .showSuggestionAfterError()
    .showHelpAfterError("(see 'gatehouse --help')")
    .exitOverride()
    .configureOutput({ writeOut: streams.out, writeErr: streams.err })
    .addHelpText('after', examples);
  declareServe(program, environment, (options) => choose({ command: 'serve', ...options }));
  declareRun(program, environment, (options) => choose({ command: 'run', ...options }));
  declareWithdraw(program, environment, (options) => choose({ command: 'withdraw', ...options }));
  declareRender(program, (options) => choose({ command: 'render', ...options }));
  declareCheck(program, environment, (options) => choose({ command: 'check', ...options }));
  return program;
}
