import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Command, Option } from 'commander';
import type { Endpoint } from '../model/runtime.ts';
import { type BackendOptions, type LocalOptions, localClass, withBackends, withLocal } from './local.ts';
import { logLevel, type ProcessFlags, processFlags, withProgram } from './process-flags.ts';
import { addressAndPort } from './values.ts';

/** What `gatehouse serve` is asked for. */
export interface ServeOptions extends LocalOptions, BackendOptions, ProcessFlags {
  readonly echo: boolean;
  /** Further addresses at which the stand-in listens. */
  readonly echoAt: readonly Endpoint[];
}

const runDirectoryText =
  'where the configuration, certificates and sockets go (default: below the temporary directory, one for each pair of ports)';

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
  withStandIns(withBackends(withLocal(command)));
  for (const flag of processFlags({ workerProcesses: Math.min(4, availableParallelism()), accessLog: 'off', logFormat: 'text' }))
    command.addOption(flag());
  withProgram(command, environment, [runDirectoryText])
    .addHelpText('after', examples)
    .action((paths: string[], values) => {
      const runDirectory =
        values.runDirectory ?? join(tmpdir(), `gatehouse-${process.getuid?.() ?? 0}-${values.httpPort}-${values.httpsPort}`);
      const { backend, ...rest } = values;
      choose({ ...rest, paths, runDirectory, logLevel: logLevel(values), ...localClass(values), backends: new Map(backend) });
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
