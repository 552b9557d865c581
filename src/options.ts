import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import type { Endpoint } from './model/runtime.ts';

/** What the command line asks for; everything is checked and has its default. */
export type Options =
  | ({ readonly command: 'serve' } & ServeOptions)
  | ({ readonly command: 'render' } & RenderOptions)
  | ({ readonly command: 'check' } & CheckOptions)
  /** Help, the version, or a mistake that has been printed already. */
  | { readonly command: 'exit'; readonly code: number };

/** Which Ingresses are ours: the flags of ingress-nginx. */
export interface ClassOptions {
  readonly ingressClass: string;
  readonly controllerClass: string;
  readonly ingressClassByName: boolean;
  readonly watchIngressWithoutClass: boolean;
}

export interface RenderOptions extends ClassOptions {
  readonly paths: readonly string[];
  readonly httpPort: number;
  readonly httpsPort: number;
  readonly backends: ReadonlyMap<string, Endpoint>;
  readonly output?: string;
}

export interface CheckOptions extends ClassOptions {
  readonly paths: readonly string[];
  readonly format: 'text' | 'json' | 'github';
  /** The program to run `nginx -t` with; absent: NGINX is not asked. */
  readonly nginx?: string;
}

export interface ServeOptions extends ClassOptions {
  readonly paths: readonly string[];
  readonly httpPort: number;
  readonly httpsPort: number;
  readonly backends: ReadonlyMap<string, Endpoint>;
  readonly echo: boolean;
  /** Further addresses at which the stand-in listens. */
  readonly echoAt: readonly Endpoint[];
  readonly nginx: string;
  readonly runDirectory: string;
  readonly workerProcesses: number;
  readonly accessLog: string;
  readonly logFormat: 'text' | 'json';
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error';
}

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
    program.parse([...argv], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return { command: 'exit', code: error.exitCode === 0 ? 0 : 2 };
  }
  return chosen;
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

function createProgram(environment: NodeJS.ProcessEnv, streams: OptionStreams, choose: (options: Options) => void): Command {
  const program = new Command('gatehouse')
    .description('An Ingress controller in front of stock NGINX.')
    .version(`gatehouse ${version}`, '--version', 'print the version and exit')
    .helpOption('--help', 'print this text and exit')
    .showSuggestionAfterError()
    .showHelpAfterError("(see 'gatehouse --help')")
    .exitOverride()
    .configureOutput({ writeOut: streams.out, writeErr: streams.err })
    .addHelpText(
      'after',
      "\nExamples:\n  gatehouse serve examples --echo\n  gatehouse check manifests/\n\n'gatehouse COMMAND --help' tells more.",
    );
  serveCommand(program, environment, choose);
  renderCommand(program, choose);
  checkCommand(program, environment, choose);
  return program;
}

function serveCommand(program: Command, environment: NodeJS.ProcessEnv, choose: (options: Options) => void): void {
  const command = program
    .command('serve')
    .description('Serve folders or files of manifests with a real NGINX, live on every save, without a cluster.');
  withClass(withPorts(withPaths(command)))
    .option('--echo', 'answer for Services without endpoints with a stand-in that says which Service it stands for', false)
    .addOption(
      new Option(
        '--echo-at <address>',
        'let the stand-in also listen at this host:port, for endpoints written by hand; may be given more than once',
      )
        .default([], 'none')
        .argParser((text: string, earlier: readonly Endpoint[]) => [...earlier, addressAndPort(text)]),
    )
    .option('--nginx <program>', 'the NGINX to run (1.30 or newer)', environment['NGINX'] ?? 'nginx')
    .option(
      '--run-directory <dir>',
      'where the configuration, certificates and sockets go (default: one for each pair of ports below the temporary directory)',
    )
    .addOption(
      new Option('--worker-processes <number>', 'worker processes of NGINX')
        .default(Math.min(4, availableParallelism()))
        .argParser(positive),
    )
    .option('--access-log <file>', 'write access lines to this file', 'off')
    .addOption(new Option('--log-format <format>', 'how log lines look').choices(['text', 'json']).default('text'))
    .addOption(
      new Option('--log-level <level>', 'the least important lines to print').choices(['debug', 'info', 'warn', 'error']).default('info'),
    )
    .addHelpText(
      'after',
      '\nExamples:\n  gatehouse serve examples --echo\n  gatehouse serve manifests/ --http-port 9080 --backend default/web=127.0.0.1:3000\n  curl -H "Host: hdls.me" http://127.0.0.1:8080/web',
    )
    .action((paths: string[], values) => {
      const runDirectory =
        values.runDirectory ?? join(tmpdir(), `gatehouse-${process.getuid?.() ?? 0}-${values.httpPort}-${values.httpsPort}`);
      choose({ command: 'serve', ...values, paths, runDirectory, ...classOf(values), backends: new Map(values.backend) });
    });
}

function renderCommand(program: Command, choose: (options: Options) => void): void {
  const command = program.command('render').description('Print the nginx.conf that manifests lead to.');
  withClass(withPorts(withPaths(command)))
    .option('-o, --output <dir>', 'write the files into this folder instead of printing nginx.conf')
    .addHelpText('after', '\nExamples:\n  gatehouse render examples\n  gatehouse render manifests/ -o out && less out/nginx.conf')
    .action((paths: string[], values) =>
      choose({ command: 'render', ...values, paths, ...classOf(values), backends: new Map(values.backend) }),
    );
}

function checkCommand(program: Command, environment: NodeJS.ProcessEnv, choose: (options: Options) => void): void {
  const command = program
    .command('check')
    .description('Print everything that is wrong with manifests. Exit code 1 when there are errors, 2 on misuse.');
  withClass(withPaths(command))
    .addOption(
      new Option('--format <format>', 'text for people, json for programs, github for annotations in a workflow')
        .choices(['text', 'json', 'github'])
        .default('text'),
    )
    .option('--nginx [program]', 'also let NGINX test the configuration')
    .addHelpText('after', '\nExamples:\n  gatehouse check manifests/\n  gatehouse check --format github --nginx manifests/')
    .action((paths: string[], values) => {
      const { nginx, ...rest } = values;
      const program = nginx === true ? (environment['NGINX'] ?? 'nginx') : nginx;
      choose({ command: 'check', ...rest, paths, ...classOf(values), ...(program === undefined ? {} : { nginx: program }) });
    });
}

function withPaths(command: Command): Command {
  return command.argument('<path...>', 'folders or files of manifests');
}

function withPorts(command: Command): Command {
  return command
    .addOption(new Option('--http-port <port>', 'where to listen for http').default(8080).argParser(port))
    .addOption(new Option('--https-port <port>', 'where to listen for https').default(8443).argParser(port))
    .addOption(
      new Option(
        '--backend <service=address>',
        'answer for a Service, written namespace/name[:port]=host:port, from this address; may be given more than once',
      )
        .default([], 'none')
        .argParser(backend),
    );
}

function withClass(command: Command): Command {
  return command
    .option('--ingress-class <name>', 'serve only Ingresses of this class (default: nginx, and Ingresses without a class)')
    .option('--controller-class <controller>', 'spec.controller of the IngressClasses to serve', 'k8s.io/ingress-nginx')
    .option('--ingress-class-by-name', 'also serve an IngressClass that is named like --ingress-class', false)
    .option('--watch-ingress-without-class', 'also serve Ingresses without a class when --ingress-class is given', false);
}

/** Without `--ingress-class` a folder is served whole; with it, only what names that class. */
function classOf(values: { readonly ingressClass?: string; readonly watchIngressWithoutClass: boolean }) {
  return {
    ingressClass: values.ingressClass ?? 'nginx',
    watchIngressWithoutClass: values.watchIngressWithoutClass || values.ingressClass === undefined,
  };
}

function port(text: string): number {
  const number = Number(text);
  if (/^\d{1,5}$/.test(text) && number >= 1 && number <= 65535) return number;
  throw new InvalidArgumentError('a port is a number from 1 to 65535.');
}

function positive(text: string): number {
  if (/^[1-9]\d{0,3}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('it is a number from 1 to 9999.');
}

function backend(text: string, earlier: readonly (readonly [string, Endpoint])[]): readonly (readonly [string, Endpoint])[] {
  const [, service, address] = /^([a-z0-9-]+\/[a-z0-9-]+(?::[a-z0-9-]+)?)=(.+)$/.exec(text) ?? [];
  if (service === undefined || address === undefined) {
    throw new InvalidArgumentError('write namespace/service=127.0.0.1:3000 or namespace/service:port=127.0.0.1:3000.');
  }
  return [...earlier, [service, addressAndPort(address)]];
}

function addressAndPort(text: string): Endpoint {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([0-9.]+)|(localhost)):(\d{1,5})$/.exec(text);
  const address = match?.[1] ?? match?.[2] ?? (match?.[3] && '127.0.0.1');
  if (!match || address === undefined || isIP(address) === 0) {
    throw new InvalidArgumentError('the address is an IP address or localhost, and a port, such as 127.0.0.1:3000 or [::1]:3000.');
  }
  return { address, port: port(match[4] ?? '') };
}
