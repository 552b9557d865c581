import { availableParallelism } from 'node:os';
import { type Command, Option } from 'commander';
import type { NamespacedName } from '../model/objects.ts';
import type { RoutingFlags } from './routing-flags.ts';
import { controllerFlags, type Flags } from './run-flags.ts';
import { refusedFlags } from './run-refused.ts';

/** What `gatehouse run` is asked for: the flags of ingress-nginx, where the feature exists here, and a few of our own. */
export interface RunOptions extends RoutingFlags {
  readonly apiserverHost?: string;
  readonly certificateAuthority?: string;
  readonly kubeconfig?: string;
  readonly updateStatus: boolean;
  readonly updateStatusOnShutdown: boolean;
  readonly publishService?: NamespacedName;
  readonly publishStatusAddress: readonly string[];
  readonly electionId: string;
  readonly electionTtlMs: number;
  readonly disableLeaderElection: boolean;
  readonly httpPort: number;
  readonly httpsPort: number;
  readonly statusPort: number;
  readonly healthzPort: number;
  readonly healthzHost: string;
  readonly enableMetrics: boolean;
  readonly shutdownGraceMs: number;
  readonly nginx: string;
  readonly nginxMode: 'attach' | 'child';
  readonly runDirectory: string;
  readonly workerProcesses: number;
  readonly accessLog: string;
  readonly logFormat: 'text' | 'json';
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error';
  /** This Pod, from `POD_NAMESPACE` and `POD_NAME`. */
  readonly pod?: NamespacedName;
}

const examples = `
Examples:
  gatehouse run --kubeconfig ~/.kube/config --nginx-mode child --run-directory /tmp/gatehouse
  gatehouse run --publish-service=ingress/gatehouse-controller --ingress-class=nginx`;

/** Declares `gatehouse run`. A flag of ingress-nginx that does not work here is refused by name, with the reason. */
export function declareRun(program: Command, environment: NodeJS.ProcessEnv, choose: (options: RunOptions) => void): void {
  const command = program.command('run').description('Serve the Ingresses of a cluster.');
  for (const flag of controllerFlags) command.addOption(flag());
  for (const [flag, reason] of Object.entries(refusedFlags)) {
    const option = new Option(`--${flag} [value]`).hideHelp().preset('true');
    command.addOption(
      option.argParser(() => command.error(`error: --${flag} is a flag of ingress-nginx that does not work here: ${reason}`)),
    );
  }
  command
    .addOption(new Option('-v, --v <level>', 'how much to log: 3 and more is debug').hideHelp())
    .option('--nginx <program>', 'the NGINX to run (1.30 or newer)', environment['NGINX'] ?? 'nginx')
    .option(
      '--run-directory <dir>',
      'what the controller shares with NGINX',
      environment['GATEHOUSE_RUN_DIRECTORY'] ?? '/run/gatehouse/live',
    )
    .addHelpText('after', examples)
    .action((values: Flags) => choose(runOptions(values, environment)));
}

function runOptions({ v, electionTtl, shutdownGracePeriod, ...values }: Flags, environment: NodeJS.ProcessEnv): RunOptions {
  const { POD_NAMESPACE: namespace, POD_NAME: name } = environment;
  return {
    ...values,
    electionTtlMs: electionTtl,
    shutdownGraceMs: shutdownGracePeriod * 1000,
    workerProcesses: values.workerProcesses ?? availableParallelism(),
    logLevel: v !== undefined && Number(v) >= 3 ? 'debug' : values.logLevel,
    ...(namespace && name ? { pod: { namespace, name } } : {}),
  };
}
