import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Command, Option } from 'commander';
import type { Endpoint } from '../model/runtime.ts';
import { type BackendOptions, type LocalOptions, localClass, withBackends, withLocal } from './local.ts';
import { addressAndPort, positive } from './values.ts';

/** What `gatehouse serve` is asked for. */
export interface ServeOptions extends LocalOptions, BackendOptions {
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

const examples = `
Examples:
  gatehouse serve examples --echo
  gatehouse serve manifests/ --http-port 9080 --backend default/web=127.0.0.1:3000
  curl -H "Host: hdls.me" http://127.0.0.1:8080/web`;

/** Declares `gatehouse serve`. */
export function declareServe(program: Command, environment: NodeJS.ProcessEnv, choose: (options: ServeOptions) => void): void {
  const command = program
    .command('serve')
    .description('Serve folders or files of manifests with a real NGINX, live on every save, without a cluster.');
  withProgram(withStandIns(withBackends(withLocal(command))), environment)
    .addHelpText('after', examples)
    .action((paths: string[], values) => {
      const runDirectory =
        values.runDirectory ?? join(tmpdir(), `gatehouse-${process.getuid?.() ?? 0}-${values.httpPort}-${values.httpsPort}`);
      const { backend, ...rest } = values;
      choose({ ...rest, paths, runDirectory, ...localClass(values), backends: new Map(backend) });
    });
}

function withStandIns(command: Command): Command {
  const at = 'let the stand-in also listen at this host:port, for endpoints written by hand; may be given more than once';
  return command
    .option('--echo', 'answer for Services without endpoints with a stand-in that says which Service it stands for', false)
    .addOption(
      new Option('--echo-at <address>', at)
        .default([], 'none')
        .argParser((text: string, earlier: readonly Endpoint[]) => [...earlier, addressAndPort(text)]),
    );
}

function withProgram(command: Command, environment: NodeJS.ProcessEnv): Command {
  const runDirectory =
    'where the configuration, certificates and sockets go (default: below the temporary directory, one for each pair of ports)';
  return command
    .option('--nginx <program>', 'the NGINX to run (1.30 or newer)', environment['NGINX'] ?? 'nginx')
    .option('--run-directory <dir>', runDirectory)
    .addOption(
      new Option('--worker-processes <number>', 'worker processes of NGINX')
        .default(Math.min(4, availableParallelism()))
        .argParser(positive),
    )
    .option('--access-log <file>', 'write access lines to this file', 'off')
    .addOption(new Option('--log-format <format>', 'how log lines look').choices(['text', 'json']).default('text'))
    .addOption(
      new Option('--log-level <level>', 'the least important lines to print').choices(['debug', 'info', 'warn', 'error']).default('info'),
    );
}
